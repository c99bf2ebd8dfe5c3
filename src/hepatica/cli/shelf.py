"""hepatica shelf: keep cases with all their versions, take them back, back them up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hepatica.cli.output import JsonOption, print_document, say, table, tell

if TYPE_CHECKING:
    from hepatica.store.shelf.shelf import Shelf

ShelfOption = typer.Option(
    "",
    "--shelf",
    help="A folder, or postgresql://...; default: HEPATICA_SHELF, then the user's data folder.",
)
ArraysOption = typer.Option(
    None,
    "--arrays",
    help="Folder of the array files of a shelf in PostgreSQL; default: HEPATICA_SHELF_ARRAYS.",
)
WhoOption = typer.Option(
    "", "--who", help="Name for the audit trail; default: HEPATICA_USER, then the login name."
)
WhyOption = typer.Option("", "--why", help="The reason, for the audit trail.")

app = typer.Typer(no_args_is_help=True, help="Cases in a database, with every version of each.")


@app.command("put")
def put(
    cases: list[Path] = typer.Argument(..., metavar="CASE...", help="Case or cohort folders."),
    why: str = typer.Option("", "--why", help="The reason; needed when a case changes."),
    onto: int | None = typer.Option(
        None, "--onto", min=0, help="Refuse if another version than this is the newest."
    ),
    shelf: str = ShelfOption,
    arrays: Path | None = ArraysOption,
    who: str = WhoOption,
    as_json: bool = JsonOption,
) -> None:
    """Keep case folders as the newest versions of their cases; nothing is overwritten."""
    folders = [folder for path in cases for folder in _case_folders(path)]
    with opened(shelf, arrays, who, make=True) as open_:
        stored = [open_.put(folder, why, onto) for folder in folders]
    if as_json:
        print_document("shelf-put", {"cases": [asdict(one) for one in stored]})
        return
    for one in stored:
        mended = f"; {one.repaired} damaged array files mended" if one.repaired else ""
        say(f"{one.case_id}: version {one.version}, {one.status}{mended}")


@app.command("get")
def get(
    case_id: str = typer.Argument(..., metavar="CASE_ID"),
    out: Path = typer.Option(..., "--out", help="The case folder to write; must be new."),
    version: int | None = typer.Option(None, "--version", min=1, help="Default: the newest."),
    shelf: str = ShelfOption,
    arrays: Path | None = ArraysOption,
    as_json: bool = JsonOption,
) -> None:
    """Write a version of a case into a new folder, as it was put, byte by byte."""
    with opened(shelf, arrays) as open_:
        case = open_.get(case_id, out, version)
    if as_json:
        print_document("shelf-get", {"case": asdict(case)})
        return
    say(f"{out}: case {case.case_id}, version {case.version}")


@app.command("list")
def list_(
    case_id: str = typer.Argument("", metavar="[CASE_ID]", help="All versions of this case."),
    shelf: str = ShelfOption,
    arrays: Path | None = ArraysOption,
    as_json: bool = JsonOption,
) -> None:
    """The newest version of every case on the shelf, or all versions of one."""
    with opened(shelf, arrays) as open_:
        found = open_.versions(case_id) if case_id else open_.cases()
    if as_json:
        print_document("shelf-list", {"cases": [asdict(case) for case in found]})
        return
    rows = [
        [c.case_id, str(c.version), c.at[:19], c.who, ", ".join(c.documents), str(c.arrays), c.why]
        for c in found
    ]
    table("Shelf", ["case", "version", "when (UTC)", "who", "documents", "arrays", "why"], rows)


@app.command("tidy")
def tidy(
    shelf: str = ShelfOption,
    arrays: Path | None = ArraysOption,
    who: str = WhoOption,
    as_json: bool = JsonOption,
) -> None:
    """Remove array files that no version needs, as a program that was killed leaves them."""
    with opened(shelf, arrays, who) as open_:
        tidied = open_.tidy()
    if as_json:
        print_document("shelf-tidy", asdict(tidied))
        return
    say(f"{tidied.removed} files removed, {tidied.size_bytes} bytes")
    for name in tidied.foreign:
        tell(f"not of the shelf, left alone: {name}")


@app.command("backup")
def backup(
    out: Path = typer.Option(..., "--out", help="The folder to write; must be new."),
    why: str = WhyOption,
    shelf: str = ShelfOption,
    arrays: Path | None = ArraysOption,
    who: str = WhoOption,
    as_json: bool = JsonOption,
) -> None:
    """Write all of the shelf, as it is at one moment, into a new folder."""
    with opened(shelf, arrays, who) as open_:
        made = open_.backup(out, why)
    if as_json:
        print_document("shelf-backup", _plain(made))
        return
    say(f"{out}: {made.versions} versions, {made.arrays} arrays; head {made.head}")


@app.command("restore")
def restore(
    folder: Path = typer.Argument(..., metavar="BACKUP", help="What 'shelf backup' wrote."),
    why: str = WhyOption,
    shelf: str = ShelfOption,
    arrays: Path | None = ArraysOption,
    who: str = WhoOption,
    as_json: bool = JsonOption,
) -> None:
    """Bring a backup back, into SQLite or PostgreSQL, where no shelf stands yet."""
    from hepatica.store.shelf import place_of, restore_shelf

    made = restore_shelf(folder, place_of(shelf, arrays), who, why)
    if as_json:
        print_document("shelf-restore", _plain(made))
        return
    say(f"Restored: {made.versions} versions, {made.arrays} arrays; head {made.head}")


@contextmanager
def opened(shelf: str, arrays: Path | None, who: str = "", make: bool = False) -> Iterator[Shelf]:
    """The shelf that the options of a command mean."""
    from hepatica.store.shelf import open_shelf, place_of

    with open_shelf(place_of(shelf, arrays), who, make) as found:
        yield found


def _case_folders(path: Path) -> list[Path]:
    from hepatica.store.cohort_folder import case_folders, is_cohort_folder

    return list(case_folders(path).values()) if is_cohort_folder(path) else [path]


def _plain(made: Any) -> dict[str, Any]:
    return {**asdict(made), "folder": made.folder.name}
