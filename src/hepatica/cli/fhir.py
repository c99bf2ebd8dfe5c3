"""hepatica record: the clinical record of a case to and from FHIR, and on the screen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
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
from hepatica.cli.output import ForceOption, JsonOption, print_document, say, table, tell
from hepatica.cli.record import AssumeOption, assumed_units
from hepatica.errors import Inconsistent, UsageError

if TYPE_CHECKING:
    from hepatica.case.record import Fact, Record
    from hepatica.io.fhir import FhirReading
    from hepatica.io.pseudonym_key import PseudonymKey

app = typer.Typer(no_args_is_help=True, help="A patient's clinical record: FHIR in and out, show.")


@app.command()
def export(
    case_folder: Path = typer.Argument(..., metavar="CASE"),
    fhir: Path = typer.Option(..., "--fhir", help="The FHIR R4 bundle (JSON) to write."),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Write the record as a FHIR R4 bundle with mCODE and CodeX profiles."""
    from hepatica.io.fhir import write_bundle
    from hepatica.store.record_file import read_record

    if fhir.exists() and not force:
        raise UsageError(f"{fhir.name} is there already. Choose another --fhir, or pass --force.")
    record = read_record(case_folder)
    bundle = write_bundle(record)
    text = json.dumps(bundle, indent=1, ensure_ascii=False, allow_nan=False)
    fhir.parent.mkdir(parents=True, exist_ok=True)
    fhir.write_text(text + "\n", encoding="utf-8")
    counts = {"facts": len(record.facts), "resources": len(bundle["entry"])}
    if as_json:
        print_document("record-export", {"case_id": record.case_id, **counts})
        return
    say(f"{fhir}: {counts['resources']} resources hold {counts['facts']} facts.")


@app.command("import")
def import_(
    bundle: Path = typer.Argument(..., metavar="FILE", help="A FHIR R4 bundle as JSON."),
    out: Path = typer.Option(..., "--out", help="The case folder that gets the record."),
    case_id: str = typer.Option(
        "", "--id", help="Pseudonym; default: that of the images in OUT, or OUT's name."
    ),
    assume_unit: list[str] = AssumeOption,
    pseudonym: str = PseudonymOption,
    pseudonym_key: Path | None = PseudonymKeyOption,
    images: list[Path] = ImagesOption,
    keep_words: Path | None = KeepWordsOption,
    add: bool = typer.Option(False, "--add", help="Keep the facts of a record that is there."),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Read a FHIR R4 bundle of any system into a record, and say what was left out."""
    from hepatica.engine.form import answered
    from hepatica.io.fhir import read_bundle
    from hepatica.store.record_file import (
        has_record,
        images_case_id,
        read_record,
        require_one_calendar,
        write_record,
    )

    if has_record(out) and not (add or force):
        raise UsageError(
            f"{out.name} holds a record already. Pass --add to add to it, --force to replace it, "
            "or choose another --out."
        )
    name = pseudonym or case_id or images_case_id(out) or out.resolve().name
    key = key_of(pseudonym, case_id, pseudonym_key)
    reading = read_bundle(bundle, name, assumed_units(assume_unit), names_in(images))
    if key is not None:
        reading = _moved(reading, key, keep_words)
    record = reading.record
    if add and has_record(out):
        before = read_record(out)
        if (said := case_id or pseudonym) and said != before.case_id:
            raise Inconsistent(
                f"--id {said}: {out.name} holds the record of case {before.case_id}. Leave out "
                "--id to add to that one, or choose another --out."
            )
        require_one_calendar(before.with_facts(record), None, out.name)
        record = answered(before, record)
        if key is not None:
            joined = _moved(replace(reading, record=record, notes=()), key, keep_words)
            told = [note for note in joined.notes if note not in reading.notes]
            reading, record = replace(joined, notes=(*reading.notes, *told)), joined.record
    write_record(record, out, force=force)
    if key is not None:
        drop_stale_run(out)
    _print_reading(reading, record, as_json)
    tell(f"Record written to {out}. Next: hepatica record show {out}")


@app.command()
def show(
    case_folder: Path = typer.Argument(..., metavar="CASE"),
    as_json: bool = JsonOption,
) -> None:
    """Every fact of the record: value, unit, day and where it was read."""
    from hepatica.case.record import field_named
    from hepatica.store.record_file import read_record

    record = read_record(case_folder)
    if as_json:
        print_document("record", _document(record))
        return
    rows = [
        [f"{field_named(f.field).label} {f.item}".strip(), _value(f), _day(f), f.source]
        for f in record
    ]
    table(f"Record of {record.case_id}", ["field", "value", "day", "source"], rows)


def _moved(reading: FhirReading, key: PseudonymKey, keep_words: Path | None) -> FhirReading:
    from hepatica.io.record_pseudonym import under_pseudonym

    moved = under_pseudonym(reading.record, key, rule_of(reading.names, keep_words))
    notes = (*reading.notes, *moved.left_out.notes())
    return replace(reading, record=moved.record, notes=notes)


def _print_reading(reading: FhirReading, record: Record, as_json: bool) -> None:
    notes = [{"kind": n.kind, "subject": n.subject, "text": n.text} for n in reading.notes]
    if as_json:
        print_document("record-import", {**_document(record), "notes": notes})
        return
    for note in reading.notes:
        say(f"{note.kind}: {note.subject}: {note.text}")
    say(f"{len(reading.record.facts)} facts were read; {len(notes)} remarks.")


def _document(record: Record) -> dict[str, object]:
    facts = [
        {
            "field": f.field,
            "item": f.item,
            "value": f.value.isoformat() if isinstance(f.value, date) else f.value,
            "unit": f.unit,
            "comparator": f.comparator,
            "on": f.on.isoformat() if f.on else None,
            "absent": f.absent,
            "stated": f.stated,
            "reference": [f.reference.low, f.reference.high] if f.reference else None,
            "source": f.source,
        }
        for f in record
    ]
    return {"case_id": record.case_id, "facts": facts}


def _value(fact: Fact) -> str:
    if fact.absent is not None:
        return f"none ({fact.absent.replace('_', ' ')})"
    if isinstance(fact.value, bool):
        return "yes" if fact.value else "no"
    unit = "" if fact.unit == "1" else fact.unit
    return f"{fact.comparator or ''} {fact.value} {unit}".strip()


def _day(fact: Fact) -> str:
    return fact.on.isoformat() if fact.on else "?"
