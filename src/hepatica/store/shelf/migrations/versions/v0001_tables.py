"""Schema 0001: identity, audit trail, versions of cases, their documents and arrays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "shelf_identity",
        sa.Column("only_one", sa.Integer, primary_key=True, autoincrement=False),
        *_texts("lineage", "incarnation"),
        sa.CheckConstraint("only_one = 1", name="shelf_identity_only_one"),
    )
    op.create_table(
        "shelf_audit",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *_texts("at", "who", "action", "subject", "details"),
        *_texts("before", "after", "why", "previous", "hash"),
    )
    op.create_table(
        "shelf_version",
        _key("shelf_audit.number"),
        *_texts("case_id"),
        sa.Column("version", sa.Integer, nullable=False),
        *_texts("content"),
        sa.UniqueConstraint("case_id", "version", name="shelf_version_once"),
    )
    op.create_table(
        "shelf_document",
        _key("shelf_version.audit_number"),
        sa.Column("name", sa.Text, primary_key=True),
        *_texts("sha256", "text"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shelf_array",
        _key("shelf_version.audit_number"),
        sa.Column("path", sa.Text, primary_key=True),
        *_texts("sha256"),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("shelf_array_content", "shelf_array", ["sha256"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _key(target: str) -> sa.Column[int]:
    return sa.Column(
        "audit_number", sa.Integer, sa.ForeignKey(target), primary_key=True, autoincrement=False
    )
