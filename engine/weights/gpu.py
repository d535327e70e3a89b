"""On a graphics card: the layers of bitsandbytes, whose kernels multiply quantized weights there.

On a processor the layers of `quantize.py` compute; nothing here is imported then. A model is loaded
as it was stored, in full, moved to the card, and converted in place; a converted model is not stored.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Literal

import torch
from torch import nn

from engine.errors import UnsupportedModel
from engine.weights.quantize import KEEP, LEAST

# Few global tokens are folded into these matrices, which must therefore be at hand in full.
FOLDED = ("key_global", "value_global")


def to_bitsandbytes_(
    model: nn.Module, scheme: Literal["int8", "nf4"], keep: Sequence[str] = KEEP, least: int = LEAST
) -> None:
    """Replace the `nn.Linear` layers of a model on a CUDA device by those of bitsandbytes: LLM.int8
    (arXiv 2208.07339) or 4-bit NormalFloat (arXiv 2305.14314, section 3).

    Layers whose name contains a fragment of `keep`, or of fewer than `least` weights, stay, and so
    do embeddings. Raises UnsupportedModel for a model that is not on a CUDA device.
    """
    if any(parameter.device.type != "cuda" for parameter in model.parameters()):
        raise UnsupportedModel("bitsandbytes computes on a CUDA device; use int8 or int4 on a processor.")
    convert_(model, scheme, keep, least)


def convert_(model: nn.Module, scheme: str, keep: Sequence[str], least: int) -> None:
    """The same on whatever device the model is: on a processor it works, slowly, for tests."""
    import bitsandbytes  # imported here: it looks for devices and libraries when it is

    logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)  # a line at every call
    for name, layer in list(model.named_modules()):
        kept = any(fragment in name for fragment in (*keep, *FOLDED))
        if not isinstance(layer, nn.Linear) or kept or layer.weight.numel() < least:
            continue
        sizes = (layer.in_features, layer.out_features, layer.bias is not None)
        weight = layer.weight.detach()
        if scheme == "int8":
            new = bitsandbytes.nn.Linear8bitLt(*sizes, has_fp16_weights=False, device="meta")
            new.weight = bitsandbytes.nn.Int8Params(weight.cpu(), requires_grad=False, has_fp16_weights=False)
        else:
            new = bitsandbytes.nn.Linear4bit(
                *sizes, compute_dtype=_compute_dtype(weight), quant_type="nf4", device="meta"
            )
            new.weight = bitsandbytes.nn.Params4bit(weight.cpu(), requires_grad=False, quant_type="nf4")
        new.bias = layer.bias
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, new.to(weight.device).train(layer.training))


def _compute_dtype(weight: torch.Tensor) -> torch.dtype:
    return weight.dtype if weight.is_floating_point() else torch.bfloat16
