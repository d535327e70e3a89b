"""How alembic runs here: on a connection that storage/migrate.py hands over, in one transaction."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from storage.search import is_part_of_index
from storage.tables import metadata


def render_type(kind: str, value: object, autogen_context: Any) -> str | Literal[False]:
    """Write the plain type of a column: a migration must not change when tables.py does."""
    if kind == "type" and isinstance(value, sa.types.TypeDecorator):
        return f"sa.{type(value.impl_instance).__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
    transactional_ddl=True,  # the whole upgrade or nothing of it
    include_name=lambda name, kind, parents: not (kind == "table" and is_part_of_index(name)),
    render_item=render_type,
)
context.run_migrations()
