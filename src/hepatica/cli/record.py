"""hepatica case new and case fields: fill in a patient's record, and what can stand in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hepatica.cli.identity import (
    ImagesOption,
    KeepWordsOption,
    PseudonymKeyOption,
    PseudonymOption,
    drop_stale_run,
    key_of,
    names_in,
    rule_of,
)
from hepatica.cli.output import (
    ForceOption,
    JsonOption,
    call_words,
    print_document,
    say,
    table,
    tell,
)
from hepatica.cli.record_form import filled, read_line
from hepatica.errors import HepaticaError, UsageError

if TYPE_CHECKING:
    from hepatica.case.record import Field, Record
    from hepatica.engine.form import Question
    from hepatica.engine.form.answers import Said
    from hepatica.engine.form.sources import Gathered
    from hepatica.io.pseudonym_key import PseudonymKey

AssumeOption = typer.Option(
    [], "--assume-unit", metavar="FIELD=UNIT", help="Unit of values that are given without one."
)
MappingOption = typer.Option(
    "", "--mapping", help="Name or YAML file: what the columns of a table mean."
)


def new(
    context: typer.Context,
    out: Path = typer.Option(..., "--out", help="The case folder; it may hold images already."),
    protocol: str = typer.Option("", "--protocol", help="Walk through what its criteria need."),
    blocks: list[str] = typer.Option([], "--block", help="Walk through a part of the record."),
    sources: list[Path] = typer.Option(
        [], "--from", help="Table, FHIR bundle, record.json or case folder to start from."
    ),
    answers: Path | None = typer.Option(
        None, "--answers", help="YAML file of answers; nothing is asked then."
    ),
    case_id: str = typer.Option(
        "", "--id", help="Pseudonym; default: that of the images in OUT, of --from, or OUT."
    ),
    mapping: str = MappingOption,
    on: str = typer.Option("", "--on", help="Day of the values that name none, 2024-05-31."),
    assume_unit: list[str] = AssumeOption,
    pseudonym: str = PseudonymOption,
    pseudonym_key: Path | None = PseudonymKeyOption,
    images: list[Path] = ImagesOption,
    keep_words: Path | None = KeepWordsOption,
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Fill in a patient's record: what files say, then what a protocol needs and nobody said."""
    from hepatica.engine.form import answered, answers_of, gathered
    from hepatica.engine.form.answers import Said
    from hepatica.engine.form.sources import Reading
    from hepatica.io.tables.spoken import date_in
    from hepatica.store.record_file import has_record, images_case_id, write_record
    from hepatica.store.run import FILE_NAME, RunClock

    if has_record(out) and not force:
        raise UsageError(
            f"The folder {out.name} holds a record already. Choose another --out, or pass --force "
            f"to replace it (start from it with --from {out.name})."
        )
    if not (protocol or blocks or sources or answers):
        raise UsageError(
            "There is nothing to fill in: name a --protocol or a --block to walk through, or give "
            "--from or --answers."
        )
    # Under a pseudonym, what the source calls the case and the true day stay out of run.json.
    hidden = {case_id, on} if pseudonym else set()
    clock = RunClock(["<hidden>" if word in hidden else word for word in call_words(context)])
    units, now = assumed_units(assume_unit), datetime.now(UTC).replace(microsecond=0)
    day = date_in(on) if on else None
    questions = _questions(protocol, blocks, day or now.date())
    key = key_of(pseudonym, "", pseudonym_key)
    # Under a pseudonym, --id says which case of a table is meant; the images go by the pseudonym.
    chosen = case_id or ("" if key else images_case_id(out))
    how = Reading(chosen, out.resolve().name, mapping, units, now, names_in(images))
    found = gathered(sources, how)
    record = found.record
    if answers is not None:
        record = answered(record, answers_of(answers, Said(_called(answers), day, units, now)))
    elif not as_json:
        record, day = _asked(record, questions, Said("form", day, units, now), now.date())
    if not record.facts:
        raise UsageError("Nothing was answered and no file says anything; no record was written.")
    if key is not None:
        found = _moved(replace(found, record=record), key, keep_words)
        record = found.record
    file = write_record(record, out, force)
    if key is not None:
        drop_stale_run(out)
    if not (out / FILE_NAME).exists():
        clock.write(out, [*sources, *([answers] if answers else [])])
    still_open = _open(questions, record, day or now.date())
    _print_result(replace(found, record=record), still_open, as_json)
    tell(f"Record written to {file}.")


def fields(
    block: str = typer.Option("", "--block", help="Only this part of the record."),
    out: Path | None = typer.Option(
        None, "--out", help="Write the data dictionary as .csv or .xlsx."
    ),
    redcap: bool = typer.Option(
        False, "--redcap", help="Write --out as a REDCap data dictionary (.csv)."
    ),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Every field of the record: its kind, unit, answers and bounds."""
    from hepatica.engine.form import block_questions
    from hepatica.io.tables import data_dictionary, redcap_dictionary

    if redcap and out is None:
        raise UsageError("--redcap says how a file is written; say which one with --out.")
    if out is not None:
        if out.exists() and not force:
            raise UsageError(f"{out.name} exists. Choose another --out, or pass --force.")
        (redcap_dictionary if redcap else data_dictionary)(out)
        tell(f"Data dictionary written to {out}.")
    chosen = [q.field for q in block_questions([block] if block else _all_blocks())]
    if as_json:
        print_document("record-fields", {"fields": [_field_row(field) for field in chosen]})
    elif out is None:
        rows = [[f.name, f.label, f.kind, f.unit, _allowed(f)] for f in chosen]
        table("Fields of the record", ["field", "what", "kind", "unit", "allowed"], rows)


def _asked(
    record: Record, questions: tuple[Question, ...], said: Said, today: date
) -> tuple[Record, date | None]:
    """The record with what was typed, and the day of what was typed."""
    if not _open(questions, record, said.on or today):
        return record, said.on
    day = said.on or _asked_day()
    return filled(record, questions, replace(said, on=day), day or today), day


def _moved(found: Gathered, key: PseudonymKey, keep_words: Path | None) -> Gathered:
    """The record under a pseudonym; what the files called the case stands in no text of it."""
    from hepatica.io.identity_words import identity_words
    from hepatica.io.record_pseudonym import under_pseudonym

    called = found.record.case_id
    names = found.names | identity_words([called] if called != key.pseudonym else [])
    moved = under_pseudonym(found.record, key, rule_of(names, keep_words))
    return replace(found, record=moved.record, notes=(*found.notes, *moved.left_out.notes()))


def _called(answers: Path) -> str:
    """How facts name the file: its own name may be that of the patient."""
    from hepatica.io.tables.sheet import mark_of

    return f"answers {mark_of(answers)}" if answers.is_file() else "answers"


def assumed_units(words: list[str]) -> dict[str, str]:
    """The units of ``--assume-unit FIELD=UNIT``.

    Raises
    ------
    UsageError
        If a word is not of that form.
    InvalidInput
        If the record has no such field, or the field no such unit.
    """
    from hepatica.case.record import converted

    found: dict[str, str] = {}
    for word in words:
        name, equals, unit = word.partition("=")
        if not (name and equals and unit):
            raise UsageError(
                f"--assume-unit {word}: write FIELD=UNIT, such as lab.bilirubin=mg/dL."
            )
        converted(name.strip(), 1.0, unit)
        found[name.strip()] = unit.strip()
    return found


def _questions(protocol: str, blocks: list[str], on: date) -> tuple[Question, ...]:
    """Those of the protocol and of the blocks, each field once."""
    from hepatica.engine.form import block_questions, questions_of
    from hepatica.protocol import load_protocol

    asked = questions_of(load_protocol(protocol), on) if protocol else ()
    known = {question.field.name for question in asked}
    return (*asked, *(q for q in block_questions(blocks) if q.field.name not in known))


def _asked_day() -> date | None:
    """The day of the values, asked once; None leaves them without one."""
    from hepatica.io.tables.spoken import date_in

    while (
        line := read_line("Day of the values that name none (2024-05-31; Enter: not known)")
    ) not in ("", ".", None):
        try:
            return date_in(line)
        except HepaticaError as error:
            tell(f"  {error}")
    return None


def _open(questions: tuple[Question, ...], record: Record, on: date) -> list[str]:
    """What was asked for and is still not known."""
    from hepatica.engine.form import open_items

    found = []
    for question in questions:
        field = question.field
        if field.group and not record.items(field.group):
            found.append(field.name)
        items = open_items(question, record, on)
        found += [f"{field.name}#{item}" if item else field.name for item in items]
    return found


def _print_result(found: Gathered, still_open: list[str], as_json: bool) -> None:
    record = found.record
    if as_json:
        content = {"case_id": record.case_id, "facts": len(record.facts), "open": still_open}
        notes = [{"kind": n.kind, "subject": n.subject, "text": n.text} for n in found.notes]
        print_document("record-form", {**content, "notes": notes})
        return
    if found.notes:
        rows = [[note.kind, note.subject, note.text] for note in found.notes]
        table("Import report", ["", "what", "why"], rows)
    say(f"Case {record.case_id}: {len(record.facts)} fact(s).")
    if still_open:
        say(f"Still open: {', '.join(still_open)}")


def _all_blocks() -> list[str]:
    from hepatica.case.record import fields as known

    return list(dict.fromkeys(field.block for field in known().values()))


def _allowed(field: Field) -> str:
    if field.answers:
        return ", ".join(field.answers)
    ends = ["" if end is None else f"{end:g}" for end in (field.low, field.high)]
    return " to ".join(ends) if any(ends) else ""


def _field_row(field: Field) -> dict[str, object]:
    return {
        "name": field.name,
        "label": field.label,
        "kind": field.kind,
        "unit": field.unit,
        "answers": list(field.answers),
        "low": field.low,
        "high": field.high,
        "repeats": bool(field.group),
        "help": field.help,
    }
