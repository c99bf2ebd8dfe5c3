"""hepatica protocol calendar: the days of a treatment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hepatica.cli.output import ForceOption, JsonOption, print_document, table, tell
from hepatica.errors import InvalidInput, UsageError

if TYPE_CHECKING:
    from datetime import date

    from hepatica.engine.open_days import OpenDays


def calendar(
    protocol: str = typer.Argument(..., help="Name in the library, or a YAML file."),
    start: str = typer.Option(..., "--start", help="Day of the first dose, such as 2027-03-01."),
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
    """Doses, visits, examinations and tasks of a protocol, moved off days that are closed."""
    from hepatica.engine.calendar import treatment_calendar
    from hepatica.protocol import load_protocol

    if ics is not None and ics.exists() and not force:
        raise UsageError(f"{ics} exists. Choose another name, or overwrite it with --force.")
    days = _open_days(holidays, weekends)
    made = treatment_calendar(load_protocol(protocol), _day(start), days, cycles, months)
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
    rows = [
        [f"{one.day:%a} {one.day}", one.kind, one.what, one.note or _until(one.day, one.last_day)]
        for one in made.entries
    ]
    table(f"{made.protocol} from {made.start}", ["day", "kind", "what", "note"], rows)


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
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--start is {text!r}; write a day as year-month-day, such as 2027-03-01."
        ) from None
