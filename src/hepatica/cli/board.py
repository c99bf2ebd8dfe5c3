"""hepatica board: every therapy on one patient, or on each patient of a cohort."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hepatica.cli.output import ForceOption, JsonOption, print_document, say, table, tell
from hepatica.errors import InvalidInput, UsageError

if TYPE_CHECKING:
    from hepatica.case import Case
    from hepatica.case.record import Record
    from hepatica.engine.board.records import Board


def board(
    source: Path = typer.Argument(
        ..., metavar="CASE", help="A case folder, a record.json, or a cohort folder."
    ),
    on: datetime | None = typer.Option(
        None, "--on", formats=["%Y-%m-%d"], help="Day of the board; default: today."
    ),
    pack: str = typer.Option(
        "review", "--pack", help="Rules: review, infusion, collision, or a YAML file."
    ),
    cards: bool = typer.Option(False, "--cards", help="Print the cards of a CDS Hooks response."),
    pdf: Path | None = typer.Option(None, "--pdf", help="One page for the meeting, as PDF."),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Which therapies are open to a patient, why, and what is missing to decide."""
    from hepatica.engine.board import board as convened
    from hepatica.protocol.rules import load_pack
    from hepatica.store.cohort_folder import is_cohort_folder

    day = date.today() if on is None else on.date()
    rules = load_pack(pack)
    _require_sense(source, pdf, cards=cards, as_json=as_json, force=force)
    if is_cohort_folder(source):
        boards = [
            convened(record, case, on=day, pack=rules, detail=False)
            for record, case in _patients(source)
        ]
        _print_cohort(boards, as_json)
        return
    record, case = _patient(source)
    found = convened(record, case, on=day, pack=rules)
    if pdf is not None:
        from hepatica.report.board_sheet import board_pdf

        pdf.write_bytes(board_pdf(found))
        tell(f"Page written to {pdf}")
    _print_board(found, cards=cards, as_json=as_json)


def _require_sense(
    source: Path, pdf: Path | None, *, cards: bool, as_json: bool, force: bool
) -> None:
    from hepatica.store.cohort_folder import is_cohort_folder

    if cards and as_json:
        raise UsageError("Give --json or --cards, not both; each prints one document.")
    if is_cohort_folder(source) and (cards or pdf is not None):
        raise UsageError("--cards and --pdf are of one patient; give the folder of one case.")
    if pdf is not None and pdf.exists() and not force:
        raise UsageError(f"{pdf} exists. Choose another name, or overwrite it with --force.")


def _patients(source: Path) -> Iterator[tuple[Record, Case | None]]:
    """Every record of a cohort with its images, where there are any beside it."""
    from hepatica.store.cohort_folder import case_folders, read_cohort

    folders = case_folders(source)
    for record in read_cohort(source):
        yield record, _images(folders[record.case_id])


def _patient(source: Path) -> tuple[Record, Case | None]:
    from hepatica.case.record import Record
    from hepatica.store.record_file import has_record, read_record

    if source.is_file() and source.name == "record.json":
        source = source.parent
    case = _images(source)
    if has_record(source):
        return read_record(source), case
    if case is None:
        raise InvalidInput(
            f"{source.name} is neither a case folder, a record.json nor a cohort folder. Make a "
            "record with hepatica case new, or import a table with hepatica cohort import."
        )
    tell("There is no record beside the images: everything but volumes counts as unknown.")
    return Record(case.case_id), case


def _images(folder: Path) -> Case | None:
    from hepatica.store.case_folder import is_case_folder, read_case

    return read_case(folder) if is_case_folder(folder) else None


def _print_board(found: Board, *, cards: bool, as_json: bool) -> None:
    if as_json:
        from hepatica.engine.board.document import board_document

        print_document("board", board_document(found))
        return
    if cards:
        from hepatica.report.board_cards import board_cards

        say(json.dumps(board_cards(found), indent=2, ensure_ascii=False))
        return
    from hepatica.report.board_table import board_lines, board_tables

    say(f"Tumour board, case {found.case_id}, {found.on}. Research use only; not a medical device.")
    for shown in board_tables(found):
        if shown.rows:
            table(shown.title, shown.columns, shown.rows)
    for line in board_lines(found):
        say(line)
    say("The order is that of the source, not a ranking of this patient's options.")


def _print_cohort(boards: list[Board], as_json: bool) -> None:
    if as_json:
        from hepatica.engine.board.document import boards_document

        print_document("board-cohort", boards_document(boards))
        return
    from hepatica.report.board_table import cohort_lines, cohort_tables

    say("Tumour board. Research use only; not a medical device.")
    for line in cohort_lines(boards):
        say(line)
    for shown in cohort_tables(boards):
        table(shown.title, shown.columns, shown.rows)
