"""Brings the tables of an older shelf up to date, and refuses those of a newer one."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from hepatica.errors import InvalidInput

if TYPE_CHECKING:
    from sqlalchemy import Connection

SCHEMAS = ("0001", "0002")
"""Every schema that a shelf ever had, oldest first; the last one is that of this Hepatica."""

SCHEMA_TABLE = "shelf_schema"

# Alembic works on one connection per process at a time.
_ALONE = Lock()


def schema_of(connection: Connection) -> str | None:
    """The schema of the tables; None where there is no shelf yet."""
    from sqlalchemy import inspect, text

    if not inspect(connection).has_table(SCHEMA_TABLE):
        return None
    found: str | None = connection.execute(
        text(f"SELECT version_num FROM {SCHEMA_TABLE}")
    ).scalar_one_or_none()
    return found


def require_known(schema: str | None, place: str) -> None:
    """Refuse a schema that a newer Hepatica wrote.

    Raises
    ------
    InvalidInput
        If this Hepatica does not know the schema.
    """
    if schema is not None and schema not in SCHEMAS:
        raise InvalidInput(
            f"Shelf {place} has schema {schema}; this Hepatica reads schemas up to "
            f"{SCHEMAS[-1]}. It was written by a newer Hepatica: use that one, or update this."
        )


def bring_up_to_date(connection: Connection, until: str = SCHEMAS[-1]) -> None:
    """Run the steps that the tables still need, within the connection's transaction."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", _config_text(Path(__file__).parent / "migrations"))
    script = ScriptDirectory.from_config(config)

    def steps(revision: Any, _context: Any) -> Any:
        return script._upgrade_revs(until, revision)

    with _ALONE, EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(connection=connection, version_table=SCHEMA_TABLE)
        environment.run_migrations()


def _config_text(path: Path) -> str:
    return str(path).replace("%", "%%")
