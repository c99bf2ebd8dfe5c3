"""hepatica screen: which protocols take a patient, or each patient of a cohort."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hepatica.cli.output import JsonOption, print_document, say, table
from hepatica.cli.plan import FailOn
from hepatica.errors import GoalNotMet, InvalidInput, UsageError

if TYPE_CHECKING:
    from hepatica.case.record import Record
    from hepatica.engine.computed_facts import ComputedFact
    from hepatica.engine.screen import Screening
    from hepatica.protocol import Protocol

ALL = "all"


def screen(
    source: Path = typer.Argument(
        ..., metavar="CASE", help="A case folder, a record.json, or a cohort folder."
    ),
    protocols: list[str] = typer.Argument(
        ..., metavar="PROTOCOL...", help="Names or files of protocols, or: all."
    ),
    on: datetime | None = typer.Option(
        None, "--on", formats=["%Y-%m-%d"], help="Day of judgement; default: today."
    ),
    fail_on: FailOn | None = typer.Option(
        None, help="End with code 5 if somebody is not eligible, or (unknown) undetermined."
    ),
    as_json: bool = JsonOption,
) -> None:
    """Eligible, not eligible because of what, or which facts would decide."""
    from hepatica.engine.screen import known_on
    from hepatica.engine.screen import screen as held_against

    day = date.today() if on is None else on.date()
    chosen = _protocols(protocols)
    found = []
    for record, computed in _patients(source):
        known = known_on(record, day, computed)
        found += [held_against(known, protocol) for protocol in chosen]
    if as_json:
        print_document("screening", _document(found, chosen, day))
    else:
        _print(found, day)
    _fail(found, fail_on)


def _protocols(words: list[str]) -> list[Protocol]:
    from hepatica.protocol import load_protocol, protocol_names

    if ALL in words and len(words) > 1:
        raise UsageError("Give the names of protocols, or all alone.")
    names = protocol_names() if words == [ALL] else words
    loaded = [load_protocol(name) for name in dict.fromkeys(names)]
    if words == [ALL]:
        return [protocol for protocol in loaded if protocol.eligibility is not None]
    return loaded


def _patients(source: Path) -> Iterator[tuple[Record, tuple[ComputedFact, ...]]]:
    """Every record with what its images say, where there are images beside it."""
    from hepatica.store.cohort_folder import case_folders, is_cohort_folder, read_cohort
    from hepatica.store.record_file import has_record, read_record

    if source.is_file() and source.name == "record.json":
        source = source.parent
    if is_cohort_folder(source):
        folders = case_folders(source)
        for record in read_cohort(source):
            yield record, _computed(folders[record.case_id])
    elif has_record(source):
        yield read_record(source), _computed(source)
    else:
        yield _without_record(source)


def _without_record(source: Path) -> tuple[Record, tuple[ComputedFact, ...]]:
    """A case of which only the images are known: everything else is missing."""
    from hepatica.case.record import Record
    from hepatica.store.case_folder import is_case_folder, read_case

    if not is_case_folder(source):
        raise InvalidInput(
            f"{source.name} is neither a case folder, a record.json nor a cohort folder. Make a "
            "record with hepatica case new, or import a table with hepatica cohort import."
        )
    return Record(read_case(source).case_id), _computed(source)


def _computed(folder: Path) -> tuple[ComputedFact, ...]:
    from hepatica.engine.computed_facts import computed_from
    from hepatica.store.case_folder import is_case_folder, read_case

    return computed_from(read_case(folder)) if is_case_folder(folder) else ()


def _document(found: list[Screening], protocols: list[Protocol], day: date) -> dict[str, Any]:
    from hepatica.engine.screen import criteria_document

    about = {
        one.name: {"title": one.title, "criteria": criteria_document(one)} for one in protocols
    }
    screenings = [one.as_document() for one in found]
    return {"on": day.isoformat(), "protocols": about, "screenings": screenings}


def _print(found: list[Screening], day: date) -> None:
    from hepatica.report.screen_table import cohort_table, outcome_counts, screening_tables

    say(f"Judged on {day}. Research use only; not a medical device.")
    patients = {one.case_id for one in found}
    if len(patients) == 1:
        for one in found:
            say(f"\n{one.title}\n{one.case_id} is {one.sentence}")
            if len(found) == 1:
                for shown in screening_tables(one):
                    table(shown.title, shown.columns, shown.rows)
    elif found:
        for shown in (cohort_table(found), outcome_counts(found)):
            table(shown.title, shown.columns, shown.rows)
    for note in dict.fromkeys(f"{one.case_id}: {note}" for one in found for note in one.notes):
        say(f"Note: {note}")


def _fail(found: list[Screening], fail_on: FailOn | None) -> None:
    """End with the code for a goal that is not met, where that was asked for."""
    if fail_on is None:
        return
    bad = {"not_eligible"} if fail_on is FailOn.NOT_MET else {"not_eligible", "undetermined"}
    failed = [one for one in found if one.outcome in bad]
    if failed:
        shown = ", ".join(f"{one.case_id} for {one.protocol}" for one in failed[:5])
        more = f" and {len(failed) - 5} more" if len(failed) > 5 else ""
        raise GoalNotMet(f"{len(failed)} not eligible or undetermined: {shown}{more}.")
