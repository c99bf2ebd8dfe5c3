"""hepatica protocol calendar: the days of a treatment."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hepatica.cli.output import ForceOption, JsonOption, print_document, say, table, tell
from hepatica.errors import InvalidInput, UsageError

if TYPE_CHECKING:
    from hepatica.case.record import Record
    from hepatica.engine.calendar import TreatmentCalendar
    from hepatica.engine.open_days import OpenDays
    from hepatica.engine.screen import Known


def calendar(
    protocol: str = typer.Argument(..., help="Name in the library, or a YAML file."),
    start: str = typer.Option(..., "--start", help="Day of the first dose, such as 2027-03-01."),
    case: Path | None = typer.Option(
        None, "--case", help="Case folder or record.json: amounts in mg, dose rules judged."
    ),
    on: datetime | None = typer.Option(
        None, "--on", formats=["%Y-%m-%d"], help="Day on which the case is judged; default: today."
    ),
    ics: Path | None = typer.Option(None, "--ics", help="Calendar file to write (.ics)."),
    holidays: Path | None = typer.Option(
        None, "--holidays", help="Text file, one closed day a line: 2026-12-25 Christmas."
    ),
    weekends: bool = typer.Option(
        True, "--weekends/--open-weekends", help="Whether the centre is closed at weekends."
    ),
    cycles: int | None = typer.Option(None, min=1, max=60, help="Default: the protocol's."),
    months: int = typer.Option(
        60, min=1, max=240, help="How far visits without a published end go on."
    ),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Doses, heat, visits, examinations and tasks of a protocol, moved off days that are closed."""
    from hepatica.engine.calendar import treatment_calendar
    from hepatica.protocol import load_protocol

    if ics is not None and ics.exists() and not force:
        raise UsageError(f"{ics} exists. Choose another name, or overwrite it with --force.")
    if on is not None and case is None:
        raise UsageError("--on says when a patient is judged; give the patient with --case.")
    days = _open_days(holidays, weekends)
    patient = None if case is None else _known(case, date.today() if on is None else on.date())
    made = treatment_calendar(load_protocol(protocol), _day(start), days, cycles, months, patient)
    if ics is not None:
        from hepatica import __version__
        from hepatica.report.calendar_file import calendar_text

        ics.write_bytes(calendar_text(made, __version__).encode("utf-8"))
        tell(f"Calendar written to {ics}")
    for warning in made.warnings:
        tell(f"Note: {warning}")
    if as_json:
        print_document("protocol-calendar", made.as_document())
        return
    _print(made)


def _print(made: TreatmentCalendar) -> None:
    rows = [
        [f"{one.day:%a} {one.day}", one.kind, one.what, one.note or _until(one.day, one.last_day)]
        for one in made.entries
    ]
    table(f"{made.protocol} from {made.start}", ["day", "kind", "what", "note"], rows)
    if made.rules:
        columns = ["rule", "if", "then", "drugs"]
        told = [[r.rule.name, r.condition, r.then, ", ".join(r.rule.drugs)] for r in made.rules]
        if made.size is not None:
            columns += ["for this patient"]
            told = [[*row, f"{r.holds}: {r.why}"] for row, r in zip(told, made.rules, strict=True)]
        table("Rules of dose changes", columns, told)
    if made.size is not None:
        say("Amounts are computed, not ordered. Research use only; not a medical device.")


def _known(source: Path, on: date) -> Known:
    from hepatica.engine.screen import known_on

    return known_on(_record(source), on)


def _record(source: Path) -> Record:
    """The record of one patient; without one, a case of which nothing is known but its images."""
    from hepatica.case.record import Record
    from hepatica.store.case_folder import is_case_folder, read_case
    from hepatica.store.record_file import has_record, read_record

    if source.is_file() and source.name == "record.json":
        source = source.parent
    if has_record(source):
        return read_record(source)
    if is_case_folder(source):
        return Record(read_case(source).case_id)
    raise InvalidInput(
        f"--case {source} is neither a case folder nor a record.json. Make a record with "
        "hepatica case new, or import a case with hepatica case import."
    )


def _until(day: date, last_day: date) -> str:
    return "" if last_day == day else f"until {last_day}"


def _open_days(holidays: Path | None, weekends: bool) -> OpenDays:
    from hepatica.engine.open_days import OpenDays, parse_holidays

    if holidays is None:
        return OpenDays({}, weekends)
    try:
        text = holidays.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"The holidays {holidays} cannot be read: {error}. Give a text file in UTF-8."
        ) from error
    return OpenDays(parse_holidays(text, holidays.name), weekends)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--start is {text!r}; write a day as year-month-day, such as 2027-03-01."
        ) from None
