"""The tables of the shelf, the same in SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Root of the tables."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {str: Text()}


class IdentityRow(Base):
    """Which shelf this is: the lineage goes into backups, the incarnation is of this place only."""

    __tablename__ = "shelf_identity"
    __table_args__ = (CheckConstraint("only_one = 1", name="shelf_identity_only_one"),)

    only_one: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    lineage: Mapped[str]
    incarnation: Mapped[str]


class AuditEntry(Base):
    """One row of the audit trail; see `hepatica.store.shelf.records.AuditRow`."""

    __tablename__ = "shelf_audit"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str]
    who: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    details: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    why: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]


class VersionRow(Base):
    """One version of a case; its key is the row of the audit trail that tells of it."""

    __tablename__ = "shelf_version"
    __table_args__ = (UniqueConstraint("case_id", "version", name="shelf_version_once"),)

    audit_number: Mapped[int] = mapped_column(
        ForeignKey("shelf_audit.number"), primary_key=True, autoincrement=False
    )
    case_id: Mapped[str]
    version: Mapped[int]
    content: Mapped[str]


class DocumentRow(Base):
    """One document of a version, to the last character."""

    __tablename__ = "shelf_document"
    __table_args__ = ({"sqlite_with_rowid": False},)

    audit_number: Mapped[int] = mapped_column(
        ForeignKey("shelf_version.audit_number"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    text: Mapped[str]


class ArrayRow(Base):
    """One array file of a version: where it lies in the case folder, and which content it has."""

    __tablename__ = "shelf_array"
    __table_args__ = (Index("shelf_array_content", "sha256"), {"sqlite_with_rowid": False})

    audit_number: Mapped[int] = mapped_column(
        ForeignKey("shelf_version.audit_number"), primary_key=True, autoincrement=False
    )
    path: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)


KEPT = (AuditEntry, VersionRow, DocumentRow, ArrayRow)
"""What a backup holds, each after the tables that it points to."""
