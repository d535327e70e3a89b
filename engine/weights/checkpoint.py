"""Model directories in the published format: `config.json` and safetensors, one file or shards.

Loading is loud. Every tensor that is missing, left over, of another shape or not finite is named;
nothing is filled in unless the caller names what may be fresh. The model is built without memory
(on torch's meta device) and takes its tensors one by one, quantized ones as they are stored.

Published names are translated by a table that stands at the end of each model file, KEYS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.errors import CheckpointError, MissingWeights, UnexpectedWeights, UnsupportedModel
from engine.weights import quantize
from engine.weights.header import Entry, read_header, read_object, refuse

DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8,
    "BOOL": torch.bool,
}
CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"


@dataclass(frozen=True)
class Names:
    """How one family's published names become ours.

    `keys` are (theirs, ours) beginnings, `{i}` for a layer's number, first match wins; a name
    that matches none is the same on both sides. `base` is the beginning that published heads put
    before the names of the bare model, and bare models leave out. `tied` are (copy, original):
    a published copy must equal its original and is dropped, or stands in for it where that is
    absent. `ignored` are patterns of names that carry nothing, `zero_if_absent` names of ours that
    old files leave out. All are without `base`.
    """

    keys: Sequence[tuple[str, str]]
    base: str = ""
    tied: Sequence[tuple[str, str]] = ()
    ignored: Sequence[str] = ()
    zero_if_absent: Sequence[str] = ()

    def to_ours(self, theirs: str) -> str:
        """A published name without its base, in our words."""
        return _translate(theirs, self.keys)

    def to_theirs(self, ours: str) -> str:
        """The reverse."""
        return _translate(ours, [(ours, theirs) for theirs, ours in self.keys])

    def bare(self, name: str) -> str:
        """The name without the base."""
        return name.removeprefix(self.base)


def _translate(name: str, keys: Sequence[tuple[str, str]]) -> str:
    for old, new in keys:
        match = re.match(re.escape(old).replace(r"\{i\}", r"(\d+)"), name)
        if match:
            number = match.group(1) if match.groups() else ""
            return new.replace("{i}", number) + name[match.end() :]
    return name


class StoredWeights:
    """The tensors of a model directory, checked but not yet read. Raises CheckpointError."""

    def __init__(self, directory: Path) -> None:
        self.metadata: dict[str, str] = {}
        self.entries: dict[str, Entry] = {}
        self._files: dict[str, Path] = {}
        for file in _weight_files(directory):
            header = read_header(file)
            twice = header.entries.keys() & self.entries.keys()
            if twice:
                refuse(file, f"{_listed(twice)} also stands in another file")
            self.metadata |= header.metadata
            self.entries |= header.entries
            self._files |= dict.fromkeys(header.entries, file)

    def tensors(self, names: Collection[str]) -> Iterator[tuple[str, Tensor]]:
        """Read these tensors, file by file. One that is not finite raises CheckpointError."""
        for file in dict.fromkeys(self._files.values()):
            with safe_open(file, framework="pt") as opened:
                for name in sorted(name for name in names if self._files[name] == file):
                    tensor = opened.get_tensor(name).clone()  # the file may go, or change, afterwards
                    if tensor.is_floating_point() and not all(
                        bool(torch.isfinite(extreme)) for extreme in torch.aminmax(tensor)
                    ):
                        refuse(file, f"{name} holds a number that is not finite")
                    yield name, tensor


def _weight_files(directory: Path) -> list[Path]:
    """The safetensors files of a directory: one, or those that its index names."""
    single, index = directory / WEIGHTS, directory / INDEX
    if single.is_file():
        return [single]
    if not index.is_file():
        if any(directory.glob("*.bin")):
            raise UnsupportedModel(
                "This model is stored as .bin, a format that can run code when it is opened. "
                "Fetch a revision of it that has safetensors files."
            )
        raise MissingWeights(f"There is no {WEIGHTS} in the model directory. Fetch the model again.")
    weight_map = read_object(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        refuse(index, "it names no files")
    shards = sorted({str(file) for file in weight_map.values()})
    for shard in shards:
        if not re.fullmatch(r"[\w.-]+\.safetensors", shard) or shard.startswith("."):
            refuse(index, "it names a file outside the model directory")
        if not (directory / shard).is_file():
            raise MissingWeights(f"{shard} is missing from the model directory. Fetch the model again.")
    found = {name for shard in shards for name in read_header(directory / shard).entries}
    if lacking := weight_map.keys() - found:
        raise MissingWeights(f"The model's files lack {_listed(lacking)}. Fetch the model again.")
    return [directory / shard for shard in shards]


def load_(
    model: nn.Module,
    stored: StoredWeights,
    names: Names,
    *,
    fresh: Sequence[str] = (),
    unused: Sequence[str] = (),
    dtype: torch.dtype = torch.float32,
) -> None:
    """Give a model on the meta device its stored tensors, and quantized layers where those are.

    `fresh` and `unused` are beginnings of names (ours without the base; theirs without the base)
    that may be missing and stay on the meta device, or may be left over. Floating-point tensors
    become `dtype`, except the scales of quantized layers. Raises MissingWeights, UnexpectedWeights
    or UnsupportedModel, naming the tensors.
    """
    sources = _sources(stored, names, tuple(unused))
    entries = {name: stored.entries[theirs] for name, theirs in sources.items()}
    quantize.prepare_(model, entries, names.bare, dtype)
    wanted = {names.bare(name): tensor for name, tensor in model.state_dict(keep_vars=True).items()}
    copies = _copies(wanted)
    missing = wanted.keys() - sources.keys() - copies.keys() - set(names.zero_if_absent)
    if lacking := [names.to_theirs(name) for name in missing if not name.startswith(tuple(fresh))]:
        raise MissingWeights(f"The model's files lack {_listed(lacking)}. Fetch the model again.")
    if surplus := sorted(theirs for name, theirs in sources.items() if name not in wanted):
        raise UnexpectedWeights(
            f"The model's files hold {_listed(surplus)}, for which this model has no place. "
            "Check its config.json, or choose the class that has them."
        )
    for name, entry in entries.items():
        _check(sources[name], entry, wanted[name], quantize.is_packed(name))
    _assign_(model, stored, sources, wanted, names, dtype)


def _check(theirs: str, entry: Entry, wanted: Tensor, exact: bool) -> None:
    """The stored tensor fits its place, in shape and in kind of number."""
    shape = tuple(wanted.shape)
    if entry.shape != shape:
        raise UnsupportedModel(f"{theirs} is of shape {entry.shape}; config.json makes it {shape}.")
    stored = DTYPES[entry.dtype]
    if stored != wanted.dtype and (exact or stored.is_floating_point != wanted.is_floating_point()):
        raise UnsupportedModel(f"{theirs} is stored as {entry.dtype}, which is no weight of its kind.")


def _assign_(
    model: nn.Module, stored: StoredWeights, sources: Mapping[str, str], wanted: Mapping[str, Tensor],
    names: Names, dtype: torch.dtype,
) -> None:
    ours = {theirs: name for name, theirs in sources.items()}
    whole = {names.bare(name): name for name in model.state_dict()}
    state = {}
    for theirs, tensor in stored.tensors(ours):
        name = ours[theirs]
        keep = quantize.is_packed(name) or not wanted[name].is_floating_point()
        state[whole[name]] = tensor if keep else tensor.to(dtype)
    for name in names.zero_if_absent:
        if name in wanted and name not in sources:
            state[whole[name]] = torch.zeros(wanted[name].shape, dtype=dtype)
    for copy, original in _copies(wanted).items():
        if whole[original] in state:
            state[whole[copy]] = state[whole[original]]
    model.load_state_dict(state, strict=False, assign=True)
    for copy, original in _copies(wanted).items():
        _share_(model, whole[copy], whole[original])


def _sources(stored: StoredWeights, names: Names, unused: tuple[str, ...]) -> dict[str, str]:
    """Our bare name -> the stored name, without what carries nothing and without equal copies."""
    bare = {names.bare(theirs): theirs for theirs in stored.entries}
    for copy, original in names.tied:
        if copy in bare and original in bare:
            pair = dict(stored.tensors([bare[copy], bare[original]]))
            if not torch.equal(pair[bare[copy]], pair[bare[original]]):
                raise UnsupportedModel(f"{copy} differs from {original}; this model has one for both.")
            del bare[copy]
        elif copy in bare:
            bare[original] = bare.pop(copy)
    sources: dict[str, str] = {}
    for name, theirs in bare.items():
        if any(re.fullmatch(pattern, name) for pattern in names.ignored):
            continue
        if unused and name.startswith(unused):
            continue
        sources[names.to_ours(name)] = theirs
    return sources


def _copies(state: Mapping[str, Tensor]) -> dict[str, str]:
    """Names of tensors that the model shares, each with the first name of the same tensor."""
    first: dict[int, str] = {}
    originals = {name: first.setdefault(id(tensor), name) for name, tensor in state.items()}
    return {name: original for name, original in originals.items() if name != original}


def _share_(model: nn.Module, copy: str, original: str) -> None:
    """Make two names mean one tensor again."""
    to, _, name = copy.rpartition(".")
    source, _, source_name = original.rpartition(".")
    setattr(model.get_submodule(to), name, getattr(model.get_submodule(source), source_name))


def _listed(names: Collection[str]) -> str:
    shown = sorted(names)[:5]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


class Pretrained(nn.Module):
    """A model that can be read from, and written to, a directory in the published format."""

    model_type: ClassVar[str]

    @classmethod
    def names(cls) -> Names:
        """How published names become ours."""
        raise TypeError(f"{cls.__name__} does not say how its weights are called")

    @classmethod
    def read_config(cls, published: Mapping[str, object], stored_names: Collection[str]) -> Any:
        """The configuration that a published one means. `stored_names` are the tensors' names."""
        raise TypeError(f"{cls.__name__} does not say how to read a configuration")

    @classmethod
    def write_config(cls, config: Any) -> dict[str, object]:
        """The published form of a configuration."""
        raise TypeError(f"{cls.__name__} does not say how to write a configuration")

    @classmethod
    def from_pretrained(
        cls,
        directory: str | Path,
        *,
        fresh: Sequence[str] = (),
        unused: Sequence[str] = (),
        dtype: torch.dtype = torch.float32,
    ) -> Self:
        """Load a model directory, ready to compute (in `eval` mode).

        A model that is to be trained further may name what it adds (`fresh=("classifier.",)`,
        initialised anew) and what it leaves (`unused=("lm_head.",)`); otherwise every tensor must
        be there and have a place. Raises CheckpointError and its subclasses.
        """
        directory = Path(directory)
        published = read_object(directory / CONFIG)
        if published.get("model_type") != cls.model_type:
            raise UnsupportedModel(f"{CONFIG} does not describe a model of the family {cls.model_type}.")
        stored = StoredWeights(directory)
        try:
            config = cls.read_config(published, stored.entries.keys())
        except ValueError as error:
            raise UnsupportedModel(f"{CONFIG} cannot be used: {error}.") from error
        with torch.device("meta"):
            model = cls(config)
        load_(model, stored, cls.names(), fresh=fresh, unused=unused, dtype=dtype)
        if fresh:
            _fill_(model, cls(config))
        return model.eval()

    def save_pretrained(self, directory: str | Path, *, metadata: Mapping[str, str] | None = None) -> None:
        """Write `config.json` and `model.safetensors`; quantized layers are stored quantized."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        config = self.write_config(self.config) | {
            "architectures": [type(self).__name__], "model_type": self.model_type,
        }
        state = self.state_dict(keep_vars=True)
        copies = _copies(state)
        tensors = {
            self._published(name): tensor.detach().contiguous()
            for name, tensor in state.items()
            if name not in copies
        }
        words = {"format": "pt"} | quantize.describe(self) | dict(metadata or {})
        save_file(tensors, directory / WEIGHTS, words)
        (directory / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", "utf-8")

    def _published(self, name: str) -> str:
        bare = self.names().bare(name)
        return name[: len(name) - len(bare)] + self.names().to_theirs(bare)


def _fill_(model: nn.Module, initialised: nn.Module) -> None:
    """Give whatever is still without memory the values of a freshly initialised model."""
    source = initialised.state_dict()
    fill = {name: source[name] for name, tensor in model.state_dict().items() if tensor.is_meta}
    model.load_state_dict(fill, strict=False, assign=True)


__all__ = ["CheckpointError", "Names", "Pretrained", "StoredWeights", "load_"]
