"""Read single values of a published `config.json`, each with its type and its bounds.

A configuration is data from the network: only the keys that a model asks for are looked at, and a
value of the wrong kind is refused by name. Nothing in it can name code, a file or an address.

A model's plain values stand in one table, `(published name, our name, published default)`, which
`read_table` and `write_table` follow in the two directions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from engine.errors import UnsupportedModel

MOST = 2**24  # no width, count or table of a real model is larger
Table = Sequence[tuple[str, str, int | float]]


class Fields:
    """The values of one configuration. `fields.integer("d_model", 512)` takes the default where
    the key is absent or null; without a default the key must be there."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = values

    def has(self, name: str) -> bool:
        """Whether the key is there and not null."""
        return self.values.get(name) is not None

    def integer(self, name: str, default: int | None = None, least: int = 1, most: int = MOST) -> int:
        """A whole number between `least` and `most`."""
        value = self._value(name, default)
        if type(value) is not int or not least <= value <= most:
            raise UnsupportedModel(f"config.json: {name} must be a whole number from {least} to {most}.")
        return value

    def number(self, name: str, default: float | None = None, most: float = 1e9) -> float:
        """A finite number from 0 to `most`."""
        value = self._value(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise UnsupportedModel(f"config.json: {name} must be a number from 0 to {most:g}.")
        return float(value)

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        value = self._value(name, default)
        if type(value) is not bool:
            raise UnsupportedModel(f"config.json: {name} must be true or false.")
        return value

    def word(self, name: str, known: Collection[str], default: str | None = None) -> str:
        """One of the words that Precis knows."""
        value = self._value(name, default)
        if not isinstance(value, str) or value not in known:
            raise UnsupportedModel(f"config.json: {name} must be one of {', '.join(sorted(known))}.")
        return value

    def integers(
        self, name: str, count: int, default: int | None = None, most: int = MOST
    ) -> tuple[int, ...]:
        """`count` whole numbers from 1, given as a list of that length or as one number for all."""
        value = self._value(name, default)
        numbers = value if isinstance(value, list) else [value] * count
        if len(numbers) != count or any(type(one) is not int or not 1 <= one <= most for one in numbers):
            raise UnsupportedModel(f"config.json: {name} must be a number, or a list of {count}.")
        return tuple(numbers)

    def _value(self, name: str, default: object) -> object:
        value = self.values.get(name)
        if value is None:
            value = default
        if value is None:
            raise UnsupportedModel(f"config.json lacks {name}.")
        return value


def read_table(published: Mapping[str, object], table: Table) -> dict[str, Any]:
    """Our names and their values. Whole numbers are sizes, from 1, except ids, from 0, whose
    published names end in `_token_id`; others are numbers from 0."""
    fields = Fields(published)
    return {
        ours: fields.integer(theirs, default, least=0 if theirs.endswith("_token_id") else 1)
        if isinstance(default, int)
        else fields.number(theirs, default)
        for theirs, ours, default in table
    }


def read_radii(published: Mapping[str, object], layers: str) -> tuple[int, ...]:
    """The one-sided window of each layer. The published `attention_window` counts both sides, is
    even, and stands for all layers, whose number the key `layers` gives, or is a list of them."""
    fields = Fields(published)
    windows = fields.integers("attention_window", fields.integer(layers, 12, most=1000), 512)
    if any(window % 2 for window in windows):
        raise UnsupportedModel("config.json: attention_window must be even.")
    return tuple(window // 2 for window in windows)


def read_n_labels(published: Mapping[str, object]) -> int:
    """How many labels `id2label` names; 2 where it is absent."""
    labels = published.get("id2label")
    return len(labels) if isinstance(labels, dict) and labels else 2


def write_table(config: object, table: Table) -> dict[str, object]:
    """The reverse of `read_table`, with the windows and labels that the configuration may have."""
    published = {theirs: getattr(config, ours) for theirs, ours, _ in table}
    if (radii := getattr(config, "radii", None)) is not None:
        published["attention_window"] = [2 * radius for radius in radii]
    if (n_labels := getattr(config, "n_labels", None)) is not None:
        published["id2label"] = {str(label): f"LABEL_{label}" for label in range(n_labels)}
    return published
