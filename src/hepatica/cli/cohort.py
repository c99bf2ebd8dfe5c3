"""hepatica cohort: import, look at and export the records of many patients."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from hepatica.cli.identity import (
    KeepWordsOption,
    PseudonymKeyOption,
    key_of,
    require_key_list,
    rule_of,
    write_key_list,
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
from hepatica.cli.record import AssumeOption, MappingOption, assumed_units
from hepatica.errors import UsageError

if TYPE_CHECKING:
    from hepatica.case.cohort import Cohort
    from hepatica.io.pseudonym_key import PseudonymKey
    from hepatica.io.tables import TableReading

app = typer.Typer(no_args_is_help=True, help="Many patients: import, look at, export.")


@app.command("import")
def import_(
    context: typer.Context,
    source: Path = typer.Argument(..., metavar="TABLE", help="CSV or XLSX file."),
    out: Path = typer.Option(..., "--out", help="The cohort folder to write."),
    mapping: str = MappingOption,
    name: str = typer.Option("", "--name", help="Of the cohort; default: that of OUT."),
    assume_unit: list[str] = AssumeOption,
    pseudonym: str = typer.Option(
        "", "--pseudonym", help="Take identities out: cases are called PSEUDONYM-..., dates move."
    ),
    pseudonym_key: Path | None = PseudonymKeyOption,
    key_list: Path | None = typer.Option(
        None, "--key-list", help="CSV to write for the clinic: which case is which pseudonym."
    ),
    keep_words: Path | None = KeepWordsOption,
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Read a table into one record for each patient, and say what of it was not read."""
    from hepatica.case.cohort import Cohort
    from hepatica.io.tables import load_mapping, read_table
    from hepatica.store.cohort_folder import write_cohort
    from hepatica.store.run import RunClock

    if key_list is not None:
        if not pseudonym:
            raise UsageError("--key-list needs --pseudonym: it says who got which pseudonym.")
        require_key_list(key_list, out)
    clock = RunClock(call_words(context))
    meaning = load_mapping(mapping) if mapping else None
    now = datetime.now(UTC).replace(microsecond=0)
    reading = read_table(source, meaning, assumed_units(assume_unit), now)
    origin = meaning.source if meaning else ""
    cohort = Cohort(name or out.resolve().name, reading.records, reading.notes, origin)
    key = key_of(pseudonym, "", pseudonym_key)
    if key is not None:
        cohort = _moved(cohort, reading, key, keep_words)
    write_cohort(cohort, out, force)
    if key_list is not None:
        called = (record.case_id for record in reading.records)
        write_key_list(key_list, dict(zip(called, cohort.case_ids, strict=True)))
    inputs = [source, *([Path(mapping)] if Path(mapping).is_file() else [])]
    warnings = [f"{note.subject}: {note.text}" for note in cohort.notes if note.kind == "warning"]
    clock.write(out, inputs, warnings=warnings)
    _print(cohort, as_json)
    tell(f"Cohort written to {out}. Next: hepatica cohort show {out}")


@app.command()
def show(folder: Path = typer.Argument(..., metavar="COHORT"), as_json: bool = JsonOption) -> None:
    """How many patients there are, and what is known of how many of them."""
    from hepatica.store.cohort_folder import read_cohort

    cohort = read_cohort(folder)
    _print(cohort, as_json)
    if not as_json:
        rows = [_field_texts(row) for row in _known(cohort)]
        table("Known facts", ["field", "known", "absent", "not said", "values"], rows)


@app.command()
def export(
    folder: Path = typer.Argument(..., metavar="COHORT"),
    out: Path = typer.Option(..., "--out", help="File to write: .csv, .tsv or .xlsx."),
    layout: str = typer.Option(
        "long", "--layout", help="long: a row for each fact; wide: a column for each field."
    ),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Write the records as a table from which they can be read back unchanged."""
    from hepatica.io.tables import write_record_table
    from hepatica.store.cohort_folder import read_cohort

    if layout not in ("long", "wide"):
        raise UsageError(f"--layout {layout}: it is long or wide.")
    if out.exists() and not force:
        raise UsageError(f"{out.name} exists. Choose another --out, or pass --force.")
    chosen: Literal["long", "wide"] = "wide" if layout == "wide" else "long"
    records = read_cohort(folder).records
    write_record_table(records, out, chosen)
    if as_json:
        facts = sum(len(record.facts) for record in records)
        print_document("cohort-export", {"cases": len(records), "facts": facts, "layout": chosen})
        return
    say(f"{len(records)} case(s) written to {out}")


def _moved(
    cohort: Cohort, reading: TableReading, key: PseudonymKey, keep_words: Path | None
) -> Cohort:
    """The cohort under pseudonyms; remarks that quote the table are told, not kept."""
    from hepatica.case.provenance import Note
    from hepatica.io.identity_words import identity_words
    from hepatica.io.pseudonym_key import PseudonymKey, pseudonym_of
    from hepatica.io.record_pseudonym import LeftOut, under_pseudonym

    records, left = [], LeftOut()
    for record in cohort:
        called = pseudonym_of(key.pseudonym, record.case_id, key.secret)
        names = reading.names[record.case_id] | identity_words([record.case_id])
        own = PseudonymKey(called, key.secret)
        moved = under_pseudonym(record, own, rule_of(names, keep_words))
        records.append(moved.record)
        left += moved.left_out
    for note in cohort.notes:
        tell(f"{note.kind}: {note.subject}: {note.text}")
    text = f"{len(cohort.notes)} remark(s) on the table were told at its import; they quote it."
    quoted = (Note("ignored", "table", text),) if cohort.notes else ()
    return replace(cohort, records=tuple(records), notes=(*quoted, *left.notes()))


def _print(cohort: Cohort, as_json: bool) -> None:
    facts = sum(len(record.facts) for record in cohort)
    if as_json:
        content = {
            "name": cohort.name,
            "source": cohort.source,
            "cases": len(cohort),
            "facts": facts,
            "case_ids": list(cohort.case_ids),
            "fields": _known(cohort),
            "notes": [{"kind": n.kind, "subject": n.subject, "text": n.text} for n in cohort.notes],
        }
        print_document("cohort", content)
        return
    say(f"Cohort {cohort.name}: {len(cohort)} case(s), {facts} fact(s)")
    if cohort.source:
        say(f"Source: {cohort.source}")
    if cohort.notes:
        rows = [[note.kind, note.subject, note.text] for note in cohort.notes]
        table("Import report", ["", "what", "why"], rows)


def _known(cohort: Cohort) -> list[dict[str, object]]:
    """Of every field that anybody has: in how many cases there is a value, and which."""
    from hepatica.engine.cohort_summary import field_summaries

    return [row.as_document() for row in field_summaries(cohort)]


def _field_texts(row: dict[str, object]) -> list[str]:
    return [str(row[key]) for key in ("field", "known", "absent", "not_said", "values")]
