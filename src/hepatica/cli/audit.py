"""hepatica audit: who changed which case, when and why; and whether anybody touched the trail."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hepatica.cli.output import JsonOption, print_document, say, table
from hepatica.cli.shelf import ArraysOption, ShelfOption, opened
from hepatica.errors import Inconsistent

if TYPE_CHECKING:
    from hepatica.store.shelf import Verification

app = typer.Typer(no_args_is_help=True, help="The audit trail of the shelf: read it, verify it.")


@app.command("log")
def log(
    case_id: str = typer.Argument("", metavar="[CASE_ID]", help="Only rows about this case."),
    shelf: str = ShelfOption,
    arrays: Path | None = ArraysOption,
    as_json: bool = JsonOption,
) -> None:
    """Who did what, when and why."""
    with opened(shelf, arrays) as open_:
        rows = open_.log(case_id or None)
    if as_json:
        print_document("audit-log", {"rows": [asdict(row) for row in rows]})
        return
    lines = [[str(r.number), r.at[:19], r.who, r.action, r.subject, r.details, r.why] for r in rows]
    table("Audit trail", ["row", "when (UTC)", "who", "did", "case", "what", "why"], lines)


@app.command("verify")
def verify(
    expect: str = typer.Option(
        "", "--expect", metavar="ROW:HASH", help="A head that was noted earlier, elsewhere."
    ),
    shelf: str = ShelfOption,
    arrays: Path | None = ArraysOption,
    as_json: bool = JsonOption,
) -> None:
    """Recompute the trail, every version and every array; exit code 4 if one was tampered with."""
    with opened(shelf, arrays) as open_:
        found = open_.verify(expect)
    if as_json:
        print_document("audit-verify", _document(found))
    elif found.ok:
        say(
            f"As written: {found.rows} rows, {found.versions} versions, {found.arrays} arrays. "
            f"Head {found.head}"
        )
    else:
        rows = [["" if f.row is None else str(f.row), f.kind, f.text] for f in found.faults]
        table("Not as written", ["row", "kind", "what"], rows)
    if not found.ok:
        raise Inconsistent(_sentence(found))


def _document(found: Verification) -> dict[str, Any]:
    return {"ok": found.ok, "first_tampered_row": found.first_tampered_row, **asdict(found)}


def _sentence(found: Verification) -> str:
    row = found.first_tampered_row
    what = "no row was changed" if row is None else f"the first row that is not right is {row}"
    return (
        f"The shelf is not as it was written: {what}; {len(found.faults)} faults in all. Keep the "
        "shelf as it is, find out who could write there, and restore a backup."
    )
