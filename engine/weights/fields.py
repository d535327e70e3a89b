"""Read single values of a published `config.json`, each with its type and its bounds.

A configuration is data from the network: only the keys that a model asks for are looked at, and a
value of the wrong kind is refused by name. Nothing in it can name code, a file or an address.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.errors import UnsupportedModel

MOST = 2**24  # no width, count or table of a real model is larger


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
