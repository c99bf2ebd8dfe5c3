"""hepatica case: import, show, check and export a patient."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hepatica.cli.identity import PseudonymKeyOption, PseudonymOption, key_of
from hepatica.cli.output import (
    DoseBits,
    DoseBitsOption,
    ForceOption,
    JsonOption,
    Progress,
    call_words,
    print_document,
    progress,
    say,
    table,
    tell,
)

if TYPE_CHECKING:
    from hepatica.case import Case
    from hepatica.io.importer import ImportRequest
    from hepatica.io.pseudonym_key import PseudonymKey

PositionOption = typer.Option(
    "", "--patient-position", help="How the patient lies (HFS ...), where the files do not say."
)

app = typer.Typer(no_args_is_help=True, help="A patient: import, look at, check, export.")


@app.command("import")
def import_(
    context: typer.Context,
    sources: list[Path] = typer.Argument(..., help="Folders and files, in any order."),
    out: Path = typer.Option(..., "--out", help="The case folder to write."),
    case_id: str = typer.Option("", "--id", help="Pseudonym of the patient; default: OUT's name."),
    names: Path | None = typer.Option(
        None, "--names", help="YAML file: name in the data: our name."
    ),
    labels: list[Path] = typer.Option([], "--labels", help="NIfTI file of organ labels."),
    label_map: str = typer.Option("", "--label-map", help="Shipped map or YAML file for --labels."),
    series: str = typer.Option("", "--series", help="SeriesInstanceUID of the image to use."),
    structure_set: str = typer.Option("", "--structure-set", help="SOPInstanceUID to use."),
    resample_missing: bool = typer.Option(
        False, "--resample-missing", help="Fill gaps between slices by interpolation."
    ),
    sum_beam_doses: bool = typer.Option(
        False, "--sum-beam-doses", help="Add up the beam doses of one plan."
    ),
    fraction_dose_is_one_fraction: bool = typer.Option(
        False,
        "--fraction-dose-is-one-fraction",
        help="A dose marked FRACTION is of one fraction: multiply it by their number.",
    ),
    resample_structures: bool = typer.Option(
        False, "--resample-structures", help="Bring labels on other voxels onto the image's."
    ),
    assume_axes: str = typer.Option(
        "", "--assume-axes", help="Axes of a NIfTI file that states none: RAS or LPS."
    ),
    accept_high_dose: bool = typer.Option(
        False,
        "--accept-high-dose",
        help="A dose beyond 200 Gy is that of sources inside the body (Y-90), not one in cGy.",
    ),
    patient_position: str = PositionOption,
    accept_identity_mismatch: bool = typer.Option(
        False, "--accept-identity-mismatch", help="Files of several identities are one patient."
    ),
    pseudonym: str = PseudonymOption,
    pseudonym_key: Path | None = PseudonymKeyOption,
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Read DICOM, NIfTI and mask series into one case, and say what was linked and why."""
    from hepatica.io.importer import ImportRequest, import_case
    from hepatica.store.case_folder import case_summary, write_case
    from hepatica.store.run import RunClock

    request = ImportRequest(
        sources=tuple(sources),
        case_id=pseudonym or case_id or out.name,
        names_file=names,
        label_files=tuple(labels),
        label_map=label_map or None,
        series_uid=series or None,
        structure_set_uid=structure_set or None,
        resample_missing=resample_missing,
        sum_beam_doses=sum_beam_doses,
        fraction_dose_is_one_fraction=fraction_dose_is_one_fraction,
        resample_structures=resample_structures,
        assume_axes=assume_axes or None,
        accept_identity_mismatch=accept_identity_mismatch,
        accept_high_dose=accept_high_dose,
        patient_position=patient_position.upper(),
    )
    clock = RunClock(call_words(context))
    key = key_of(pseudonym, case_id, pseudonym_key)
    with progress("import") as report:
        case = _without_identity(request, key, report) if key else import_case(request, report)
        write_case(case, out, force=force)
    clock.write(out, inputs=_inputs(request), warnings=_warnings(case))
    if as_json:
        print_document("case", case_summary(case))
        return
    _print_case(case)
    tell(f"Case written to {out}. Next: hepatica case show {out}")


def _without_identity(request: ImportRequest, key: PseudonymKey, report: Progress) -> Case:
    from tempfile import TemporaryDirectory

    from hepatica.io.pseudonym import import_under_pseudonym

    with TemporaryDirectory() as folder:
        return import_under_pseudonym(request, key.secret, Path(folder), report)


@app.command()
def show(
    case_folder: Path = typer.Argument(..., metavar="CASE"),
    as_json: bool = JsonOption,
) -> None:
    """The structures, plans and doses of a case, and its import report."""
    from hepatica.store.case_folder import case_summary, read_case

    case = read_case(case_folder)
    if as_json:
        print_document("case", case_summary(case))
        return
    _print_case(case)


@app.command()
def check(
    case_folder: Path = typer.Argument(..., metavar="CASE"),
    protocol: str = typer.Argument("sbrt-six-fraction"),
    as_json: bool = JsonOption,
) -> None:
    """What a protocol needs and the case does not have, and what looks wrong."""
    from hepatica.engine.readiness import readiness
    from hepatica.protocol import load_isotoxic_protocol
    from hepatica.store.case_folder import read_case

    found = readiness(read_case(case_folder), load_isotoxic_protocol(protocol))
    if as_json:
        print_document("case-check", found.as_document())
        return
    for line in found.sentences():
        say(line)


@app.command()
def export(
    context: typer.Context,
    case_folder: Path = typer.Argument(..., metavar="CASE"),
    out: Path = typer.Option(..., "--out", help="Folder for the DICOM files."),
    dose_bits: DoseBits = DoseBitsOption,
    patient_position: str = PositionOption,
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Write the case as DICOM: CT, RTSTRUCT, RTPLAN and RTDOSE, under the case's pseudonym."""
    from hepatica.io.dicom.write import MANIFEST, WriteOptions, write_case
    from hepatica.io.manifest import add_to_manifest
    from hepatica.store.case_folder import read_case
    from hepatica.store.run import FILE_NAME, RunClock

    clock = RunClock(call_words(context))
    with progress("export") as report:
        report("reading the case", 0, 0)
        case = read_case(case_folder)
        report("writing DICOM", 0, 0)
        options = WriteOptions(
            dose_bits=dose_bits.number, patient_position=patient_position.upper(), force=force
        )
        made = write_case(case, out, options)
    clock.write(out, (case_folder / "case.json",), warnings=[note.text for note in made.notes])
    add_to_manifest(out, MANIFEST, [out / FILE_NAME])
    files = {
        "ct": len(made.ct),
        "structures": made.structures.name if made.structures else None,
        "plans": [path.name for path in made.plans],
        "doses": [dose.path.name for dose in made.doses],
        "notes": [note.text for note in made.notes],
    }
    if as_json:
        print_document("export", files)
        return
    say(f"{out}: {files}")
    for note in made.notes:
        say(f"{note.kind}: {note.subject}: {note.text}")


def _inputs(request: ImportRequest) -> tuple[Path, ...]:
    """Every file that decides what the case is."""
    inputs = [*request.sources, *request.label_files]
    if request.names_file is not None:
        inputs.append(request.names_file)
    if request.label_map and Path(request.label_map).is_file():
        inputs.append(Path(request.label_map))
    return tuple(inputs)


def _warnings(case: Case) -> list[str]:
    return [f"{note.subject}: {note.text}" for note in case.notes if note.kind == "warning"]


def _print_case(case: Case) -> None:
    from hepatica.store.case_folder import case_summary

    summary = case_summary(case)
    image = summary["image"]
    say(f"Case {case.case_id}: image {image['shape']} at {image['spacing_mm']} mm")
    say(f"Patient position: {case.patient_position or 'not stated'}")
    rows = [
        [name, row["role"], f"{row['volume_cc']:.1f}", row["origin"]]
        for name, row in summary["structures"].items()
    ]
    table("Structures", ["name", "role", "cc", "from"], rows)
    if case.plans:
        plans = [
            [p.label, str(p.fractions), _gy(p.prescription_gy), str(len(p.beams))]
            for p in case.plans
        ]
        table("Plans", ["label", "fractions", "Gy", "beams"], plans)
    if case.doses:
        doses = [[d.label, d.summation, f"{float(d.volume.values.max()):.2f}"] for d in case.doses]
        table("Doses", ["label", "summation", "max Gy"], doses)
    table("Import report", ["", "what", "why"], [[n.kind, n.subject, n.text] for n in case.notes])


def _gy(value: float | None) -> str:
    return "not stated" if value is None else f"{value:g}"
