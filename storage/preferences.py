"""Settings that a reader changes on the screen: small JSON values, each under a name."""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa

from engine.types import JsonScalar
from storage.part import Part
from storage.tables import settings


class Preferences(Part):
    """Get and set."""

    def get_setting(self, owner: str, name: str) -> JsonScalar:
        """The value under a name; None if it was never set."""
        query = sa.select(settings.c.value).where(settings.c.owner == owner, settings.c.name == name)
        with self._database.read() as connection:
            return cast(JsonScalar, connection.scalar(query))

    def set_setting(self, owner: str, name: str, value: JsonScalar) -> None:
        """Put a value under a name. Raises ReadOnlyLibrary."""
        with self._database.write() as connection:
            connection.execute(
                sa.insert(settings).prefix_with("OR REPLACE").values(owner=owner, name=name, value=value)
            )
