"""hepatica plan create and export: from contours to a deliverable plan, and out as DICOM."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hepatica.cli.output import (
    DoseBits,
    DoseBitsOption,
    ForceOption,
    JsonOption,
    call_words,
    document_text,
    print_document,
    progress,
    say,
    table,
    tell,
)
from hepatica.cli.plan import FailOn, fail_on_limits, named_answers, print_limits
from hepatica.errors import UsageError

if TYPE_CHECKING:
    from hepatica.engine.planning.records import TreatmentPlan
    from hepatica.engine.planning.request import BeamAngles, PlanRequest
    from hepatica.store.run import RunClock


class Way(StrEnum):
    """How the prescription is found."""

    OPTIMAL = "optimal"
    AS_PUBLISHED = "as_published"


class Position(StrEnum):
    """How the patient lies on the couch."""

    HFS = "HFS"
    HFP = "HFP"
    FFS = "FFS"
    FFP = "FFP"


def create(
    context: typer.Context,
    case_folder: Path = typer.Argument(..., metavar="CASE"),
    protocol: str = typer.Argument(..., help="Protocol name or file."),
    risk: float = typer.Option(..., "--risk", help="Risk level that is open, such as 0.10."),
    out: Path = typer.Option(..., "--out", help="Folder for the plan, its report and its dose."),
    treat: list[str] = typer.Option([], "--treat", help="Tumour to treat; default: all."),
    machine: str = typer.Option("synergy-6mv", help="Machine name or document."),
    beams: int = typer.Option(7, help="How many beams are chosen, 3 to 10."),
    noncoplanar: int = typer.Option(
        0, help="How many of them at most with a turned couch, 0 to 3."
    ),
    beam: list[str] = typer.Option(
        [], help="A given beam: gantry[,couch[,collimator]], degrees. Repeat for each."
    ),
    segments: int = typer.Option(4, help="Segments per beam, 1 to 4."),
    way: Way = typer.Option(
        Way.AS_PUBLISHED, help="Which plan is made deliverable; both are computed."
    ),
    ptv_margin_mm: str = typer.Option(
        "",
        help="Margin to the PTV: one number, or left,right,anterior,posterior,superior,inferior.",
    ),
    patient_position: Position | None = typer.Option(
        None, help="Where the files do not say how the patient lies."
    ),
    spacing_mm: float = typer.Option(2.5, help="Voxel of the dose grid, mm."),
    fact: list[str] = typer.Option([], help="Answer to a protocol's question: name=answer."),
    limit_reading: list[str] = typer.Option([], help="Another reading of a limit: limit=reading."),
    fail_on: FailOn | None = typer.Option(None, help="End with code 5 on such a verdict."),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Beams, individual dose, deliverable segments, dose, verdicts and report of a new plan."""
    from hepatica.cli.margins import margin_from
    from hepatica.engine.plan import create_plan
    from hepatica.engine.planning.document import plan_document
    from hepatica.engine.planning.folder import MANIFEST
    from hepatica.engine.planning.request import BeamChoice, PlanRequest
    from hepatica.io.manifest import remove_listed
    from hepatica.protocol import load_isotoxic_protocol
    from hepatica.store.case_folder import read_case
    from hepatica.store.run import RunClock

    clock = RunClock(call_words(context))
    request = PlanRequest(
        risk=risk,
        treated=tuple(treat),
        ptv_margin=margin_from(ptv_margin_mm),
        machine=machine,
        patient_position="" if patient_position is None else patient_position.value,
        beams=BeamChoice(tuple(_angles(text) for text in beam), beams, noncoplanar),
        way=way.value,
        segments_per_beam=segments,
        spacing_mm=spacing_mm,
        facts=named_answers("--fact", fact),
        limit_readings=named_answers("--limit-reading", limit_reading),
    )
    with room_for(out, force), progress("plan") as report:
        report("reading the case", 0, 0)
        case = read_case(case_folder)
        made = create_plan(case, load_isotoxic_protocol(protocol), request, report)
        report("writing the plan and its report", 0, 0)
        remove_listed(out, MANIFEST, "a plan")
        write_plan_folder(made, out, clock, (case_folder / "case.json",))
    if as_json:
        print_document("plan", plan_document(made))
    else:
        print_plan(made, request)
    tell(f"Report: {out / 'report.html'} and {out / 'report.pdf'}")
    tell(f"Next: hepatica plan export {out} --out DICOM")
    fail_on_limits(made.evaluation, fail_on)


def export(
    context: typer.Context,
    plan_folder: Path = typer.Argument(..., metavar="PLAN", help="What plan create wrote."),
    out: Path = typer.Option(..., "--out", help="Folder for the DICOM files."),
    accept_violations: bool = typer.Option(
        False, "--accept-violations", help="Export although a limit is not met or unknown."
    ),
    dose_bits: DoseBits = DoseBitsOption,
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """A plan as DICOM: CT, RTSTRUCT, RTPLAN and RTDOSE, never approved."""
    from hepatica.engine.planning.folder import planned, planned_case, unmet_limits
    from hepatica.errors import GoalNotMet
    from hepatica.io.dicom.export import export_plan
    from hepatica.io.dicom.write import MANIFEST, WriteOptions
    from hepatica.io.manifest import add_to_manifest
    from hepatica.store.run import FILE_NAME, RunClock

    clock = RunClock(call_words(context))
    case = planned_case(plan_folder)
    unmet = unmet_limits(plan_folder)
    if unmet and not accept_violations:
        raise GoalNotMet(
            f"The plan does not meet {len(unmet)} limit(s): {'; '.join(unmet)}. Change the plan, "
            "or export it all the same with --accept-violations."
        )
    with progress("export") as report:
        report("writing DICOM", 0, 0)
        options = WriteOptions(dose_bits=dose_bits.number, force=force)
        written = export_plan(case, *planned(case), out, options)
        clock.write(out, inputs=(plan_folder / "plan.json",), warnings=tuple(unmet))
        add_to_manifest(out, MANIFEST, [out / FILE_NAME])
    names = [str(path) for path in (*written.plans, *(d.path for d in written.doses))]
    if as_json:
        print_document(
            "plan-export",
            {
                "folder": str(out),
                "approval": "UNAPPROVED",
                "accepted_violations": list(unmet),
                "files": [str(written.structures), *names],
                "notes": [note.text for note in written.notes],
            },
        )
        return
    for name in names:
        say(f"Written: {name} (UNAPPROVED)")
    say(f"Beside them: {written.structures} and the image in {out / 'CT'}")
    for line in unmet:
        say(f"Exported although: {line}")
    say(f"Next: open {out} in a planning system, or hepatica case import {out} --out CASE2")


@contextmanager
def room_for(out: Path, force: bool) -> Iterator[None]:
    """A folder for a plan, looked at before the work begins, and gone again when that fails.

    With force, the earlier plan stays until the new one is there to take its place.
    """
    from hepatica.engine.planning.folder import MANIFEST
    from hepatica.io.manifest import require_listed

    was_there = out.exists()
    if was_there:
        if not force:
            raise UsageError(f"{out} exists. Choose another folder, or overwrite it with --force.")
        require_listed(out, MANIFEST, "a plan")
    out.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if not was_there and not any(out.iterdir()):
            out.rmdir()


def write_plan_folder(
    made: TreatmentPlan,
    out: Path,
    clock: RunClock,
    inputs: tuple[Path, ...],
    seed: int | None = None,
) -> None:
    """The planned case, the numbers, the report and the record of the run, in one folder."""
    from hepatica.engine.planning.document import plan_document
    from hepatica.engine.planning.folder import MANIFEST
    from hepatica.io.manifest import files_in, write_manifest
    from hepatica.report import write_plan_report
    from hepatica.store.case_folder import write_case

    try:
        write_case(made.case, out / "case")
        evaluation = made.evaluation
        run = clock.write(
            out,
            inputs=inputs,
            protocol_sha256=evaluation.protocol.sha256,
            seed=seed,
            warnings=(*made.warnings, *evaluation.warnings),
        )
        text = document_text("plan", plan_document(made))
        (out / "plan.json").write_text(text + "\n", encoding="utf-8")
        write_plan_report(made, out, run=run.as_document())
    finally:
        # A broken plan is listed as well, so that --force can replace it.
        write_manifest(out, MANIFEST, files_in(out, MANIFEST))


def print_plan(made: TreatmentPlan, request: PlanRequest) -> None:
    """The answer in words, then limits, beams and the doses of both ways."""
    from hepatica.report.plan_answer import plan_sentences

    for sentence in plan_sentences(made):
        say(sentence)
    print_limits(made.evaluation)
    rows = [
        [
            str(beam.number),
            f"{beam.gantry_deg:g}",
            f"{beam.couch_deg:g}",
            f"{beam.collimator_deg:g}",
            str(len(beam.segments)),
            f"{beam.meterset_mu:.1f}",
        ]
        for beam in made.plan.beams
    ]
    table("Beams", ["beam", "gantry", "couch", "collimator", "segments", "MU/fx"], rows)
    points = [
        [f"{p.risk:.0%}", f"{p.prescription_gy:.1f}", ", ".join(p.limited_by) or "-"]
        for p in made.tradeoff
    ]
    table("Ideal dose against risk, Gy", ["risk", "dose", "limited by"], points)


def _angles(text: str) -> BeamAngles:
    from hepatica.engine.planning.request import BeamAngles

    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3 or any(not -360 <= n <= 360 for n in numbers):
        raise UsageError(
            f"--beam {text} is not gantry[,couch[,collimator]] in degrees. Example: --beam 40,0,10"
        )
    return BeamAngles(*(number % 360 for number in numbers))
