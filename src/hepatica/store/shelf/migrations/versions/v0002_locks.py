"""Schema 0002: the database itself refuses to change or delete what was written."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# SQLite's INSERT OR REPLACE deletes a row without asking the trigger on DELETE: a third one guards
# each key that it could go by.
_TAKEN = {
    "shelf_identity": "only_one = NEW.only_one",
    "shelf_audit": "number = NEW.number",
    "shelf_version": (
        "audit_number = NEW.audit_number OR (case_id = NEW.case_id AND version = NEW.version)"
    ),
    "shelf_document": "audit_number = NEW.audit_number AND name = NEW.name",
    "shelf_array": "audit_number = NEW.audit_number AND path = NEW.path",
}


def upgrade() -> None:
    """Lock every table."""
    if op.get_bind().dialect.name == "sqlite":
        _lock_sqlite()
    else:
        _lock_postgres()


def _lock_sqlite() -> None:
    for table, taken in _TAKEN.items():
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("update", "delete"):
            op.execute(f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} {refuse}")
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) {refuse}"
        )


def _lock_postgres() -> None:
    op.execute(
        "CREATE FUNCTION shelf_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in _TAKEN:
        for verb, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION shelf_refuse()"
            )
