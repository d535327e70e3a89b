"""Store weights small: int8 with a scale for each row, or 4 bits with a scale for each group.

No model file knows about this. `quantize_` walks a finished model and puts quantized layers in the
place of `nn.Linear` and `nn.Embedding`; a checkpoint of such a model stores what the layers hold,
and `prepare_` puts empty quantized layers where a stored checkpoint has them.

    int8   weight = q x scale of its row           q in -127..127        8 bits a weight
    int4   weight = (q - 8) x scale of its group   q in 0..15, group 32  4.5 bits a weight

Both keep biases, norms and activations as they are. `int8_linear` and `int4_linear` are the whole
arithmetic: a faster kernel takes their place and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.errors import UnsupportedModel
from engine.weights.header import Entry

Scheme = Literal["fp32", "bf16", "int8", "int4"]
GROUP = 32  # weights that share a scale in int4
LEAST = 2**14  # layers with fewer weights stay: there is nothing to gain
KEEP = ("relative",)  # relative position biases are a table of scores, not of vectors
PACKED = ("weight_int8", "weight_int4", "weight_scale")


def int8_linear(states: Tensor, weight: Tensor, scale: Tensor, bias: Tensor | None) -> Tensor:
    """states (.., in) x weight (out, in) int8, times the scale (out,) of each row, plus bias."""
    result = functional.linear(states, weight.to(states.dtype)) * scale.to(states.dtype)
    return result if bias is None else result + bias.to(states.dtype)


def int4_linear(states: Tensor, weight: Tensor, scale: Tensor, bias: Tensor | None) -> Tensor:
    """states (.., in) x weight (out, in / 2) packed, scale (out, in / group), plus bias."""
    result = functional.linear(states, unpack_int4(weight, scale, states.dtype))
    return result if bias is None else result + bias.to(states.dtype)


class Quantized(nn.Module):
    """A layer whose weights are stored small. `weight` gives them back in full, for whoever
    needs the matrix itself; it is computed anew at each use and has no gradient."""

    weight_scale: Tensor

    @property
    def weight(self) -> Tensor:
        """The weights that the layer computes with, in float32."""
        return self.dequantized(torch.float32)

    def dequantized(self, dtype: torch.dtype) -> Tensor:
        """The same in any format."""
        raise TypeError(f"{type(self).__name__} does not say how its weights are stored")

    def share_(self, other: Quantized) -> None:
        """Hold the very tensors of `other`, whose weights are the same."""
        for name, tensor in other.named_buffers(recurse=False):
            setattr(self, name, tensor)


class Int8Rows(Quantized):
    """Rows of int8, each with its scale."""

    weight_int8: Tensor

    def _allocate(self, n_rows: int, width: int, device: torch.device) -> None:
        self.register_buffer("weight_int8", torch.zeros(n_rows, width, dtype=torch.int8, device=device))
        self.register_buffer("weight_scale", torch.zeros(n_rows, dtype=torch.float32, device=device))

    def dequantized(self, dtype: torch.dtype) -> Tensor:
        """(rows, width), q x scale."""
        return (self.weight_int8 * self.weight_scale[:, None]).to(dtype)

    def _fill(self, weight: Tensor) -> Self:
        self.weight_int8, self.weight_scale = quantize_rows(weight)
        return self


class Int8Linear(Int8Rows):
    """`nn.Linear` with int8 rows."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = layer.in_features, layer.out_features
        self._allocate(layer.out_features, layer.in_features, layer.weight.device)
        self.bias = layer.bias

    @classmethod
    def of(cls, layer: nn.Linear) -> Self:
        """Quantize a layer."""
        return cls(layer)._fill(layer.weight)

    def forward(self, states: Tensor) -> Tensor:
        """(.., in) to (.., out)."""
        return int8_linear(states, self.weight_int8, self.weight_scale, self.bias)


class Int8Embedding(Int8Rows):
    """`nn.Embedding` with int8 rows. `dtype` is the format of the vectors it gives."""

    def __init__(self, layer: nn.Embedding, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.num_embeddings, self.embedding_dim = layer.num_embeddings, layer.embedding_dim
        self.padding_idx, self.dtype = layer.padding_idx, dtype
        self._allocate(layer.num_embeddings, layer.embedding_dim, layer.weight.device)

    @classmethod
    def of(cls, layer: nn.Embedding) -> Self:
        """Quantize a table."""
        return cls(layer, layer.weight.dtype)._fill(layer.weight)

    def forward(self, ids: Tensor) -> Tensor:
        """(..) ids to (.., width) vectors."""
        rows = functional.embedding(ids, self.weight_int8)
        return (rows * self.weight_scale[ids][..., None]).to(self.dtype)


class Int4Linear(Quantized):
    """`nn.Linear` with 4-bit weights, two to a byte: even columns low, odd columns high."""

    weight_int4: Tensor

    def __init__(self, layer: nn.Linear, n_groups: int) -> None:
        super().__init__()
        self.in_features, self.out_features = layer.in_features, layer.out_features
        n_rows, width, device = layer.out_features, layer.in_features, layer.weight.device
        self.register_buffer("weight_int4", torch.zeros(n_rows, width // 2, dtype=torch.uint8, device=device))
        scale = torch.zeros(n_rows, n_groups, dtype=torch.float16, device=device)
        self.register_buffer("weight_scale", scale)
        self.bias = layer.bias

    @classmethod
    def of(cls, layer: nn.Linear) -> Self:
        """Quantize a layer whose input width is a multiple of the group."""
        packed = cls(layer, layer.in_features // GROUP)
        packed.weight_int4, packed.weight_scale = pack_int4(layer.weight)
        return packed

    def dequantized(self, dtype: torch.dtype) -> Tensor:
        """(out, in), (q - 8) x scale."""
        return unpack_int4(self.weight_int4, self.weight_scale, dtype)

    def forward(self, states: Tensor) -> Tensor:
        """(.., in) to (.., out)."""
        return int4_linear(states, self.weight_int4, self.weight_scale, self.bias)


# ---------------------------------------------------------------- numbers


@torch.no_grad()
def quantize_rows(weight: Tensor) -> tuple[Tensor, Tensor]:
    """(rows, width) to int8 and the scale of each row, (rows,) float32; the largest becomes 127."""
    weight = weight.float()
    scale = (weight.abs().amax(1) / 127).clamp_min(torch.finfo(torch.float32).tiny)
    return torch.round(weight / scale[:, None]).clamp_(-127, 127).to(torch.int8), scale


@torch.no_grad()
def pack_int4(weight: Tensor, group: int = GROUP) -> tuple[Tensor, Tensor]:
    """(rows, width) to packed bytes (rows, width / 2) and scales (rows, width / group) float16.

    The scale carries the sign that puts the group's largest value at -8, the longer end of the
    range; of a few shorter ranges the one with the least squared error is taken.
    """
    groups = weight.float().unflatten(1, (-1, group))  # type: ignore[no-untyped-call]  # (rows, n, group)
    extreme = groups.gather(2, groups.abs().argmax(2, keepdim=True))
    best_error = torch.full_like(extreme, torch.inf)
    best_scale, best_code = torch.zeros_like(extreme), torch.zeros_like(groups)
    for share in (1.0, 0.95, 0.9, 0.85, 0.8, 0.75):
        scale = (extreme * share / -8).half().float()
        code = torch.round(groups / torch.where(scale == 0, 1.0, scale)).clamp_(-8, 7)
        error = (code * scale - groups).square().sum(2, keepdim=True)
        better = error < best_error
        best_error = torch.where(better, error, best_error)
        best_scale, best_code = torch.where(better, scale, best_scale), torch.where(better, code, best_code)
    code = (best_code.flatten(1) + 8).to(torch.uint8)
    return code[:, 0::2] | (code[:, 1::2] << 4), best_scale[..., 0].half()


def unpack_int4(packed: Tensor, scale: Tensor, dtype: torch.dtype) -> Tensor:
    """The reverse: (rows, width) in `dtype`."""
    code = torch.stack((packed & 15, packed >> 4), dim=2).view(*scale.shape, -1)  # (rows, n, group)
    return ((code.to(dtype) - 8) * scale[..., None].to(dtype)).flatten(1)


# ----------------------------------------------------------------- models

Layer = nn.Linear | nn.Embedding


def quantize_(model: nn.Module, scheme: Scheme, keep: Sequence[str] = KEEP, least: int = LEAST) -> None:
    """Store the model's weights by `scheme`, in place.

    Layers whose name contains a fragment of `keep`, and layers of fewer than `least` weights, stay
    as they are. In "int4", embeddings and layers whose width is no multiple of the group take
    int8. Layers that shared their weights share the quantized ones.
    """
    if scheme in ("fp32", "bf16"):
        model.to(torch.float32 if scheme == "fp32" else torch.bfloat16)
        return

    def build(name: str, layer: Layer) -> Quantized | None:
        if any(fragment in name for fragment in keep) or layer.weight.numel() < least:
            return None
        if isinstance(layer, nn.Embedding):
            return Int8Embedding.of(layer)
        narrow = scheme == "int4" and layer.in_features % GROUP == 0
        return Int4Linear.of(layer) if narrow else Int8Linear.of(layer)

    _replace_(model, build)


def prepare_(
    model: nn.Module, stored: Mapping[str, Entry], bare: Callable[[str], str], dtype: torch.dtype
) -> None:
    """Put empty quantized layers where `stored` (our names without the base) has quantized ones.
    Embeddings give vectors of `dtype`."""

    def build(name: str, layer: Layer) -> Quantized | None:
        name = bare(name)
        if f"{name}.weight_int8" in stored:
            return Int8Linear(layer) if isinstance(layer, nn.Linear) else Int8Embedding(layer, dtype)
        scale = stored.get(f"{name}.weight_scale")
        if f"{name}.weight_int4" not in stored or scale is None or not isinstance(layer, nn.Linear):
            return None
        if layer.in_features % (2 * scale.shape[-1]):
            raise UnsupportedModel(f"{name} has {scale.shape[-1]} scales for {layer.in_features} columns.")
        return Int4Linear(layer, scale.shape[-1])

    _replace_(model, build)


def _replace_(model: nn.Module, build: Callable[[str, Layer], Quantized | None]) -> None:
    """Replace layers by what `build` gives for them; those that share weights go on sharing."""
    done: dict[Tensor, Quantized] = {}  # tensors are told apart by identity
    for name, layer in list(model.named_modules()):
        if not isinstance(layer, nn.Linear | nn.Embedding):
            continue
        twin = done.get(layer.weight)
        new = build(name, layer) if twin is None else _like(twin, layer)
        if new is None:
            continue
        done[layer.weight] = new
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, new.train(layer.training))


def _like(twin: Quantized, layer: Layer) -> Quantized:
    """A quantized layer for `layer` that holds the tensors of `twin`."""
    new: Quantized
    if isinstance(twin, Int4Linear):
        assert isinstance(layer, nn.Linear), "an embedding is never stored in 4 bits"
        new = Int4Linear(layer, twin.weight_scale.shape[1])
    else:
        new = Int8Linear(layer) if isinstance(layer, nn.Linear) else Int8Embedding(layer, layer.weight.dtype)
    new.share_(twin)
    return new


def is_packed(name: str) -> bool:
    """Whether a tensor of this name is part of a quantized layer and must be kept bit for bit."""
    return name.rpartition(".")[2] in PACKED


def describe(model: nn.Module) -> dict[str, str]:
    """What to write into the metadata of a stored model: its scheme, where it has one."""
    kinds = {type(module) for module in model.modules()}
    if Int4Linear in kinds:
        return {"quantization": "int4"}
    return {"quantization": "int8"} if kinds & {Int8Linear, Int8Embedding} else {}
