"""hepatica demo: a synthetic patient from DICOM to a deliverable plan with its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hepatica.cli.output import (
    ForceOption,
    JsonOption,
    Progress,
    call_words,
    print_document,
    progress,
    say,
)
from hepatica.errors import UsageError

if TYPE_CHECKING:
    from hepatica.case import Case
    from hepatica.case.record import Record
    from hepatica.engine.planning.records import TreatmentPlan
    from hepatica.protocol import IsotoxicProtocol
    from hepatica.store.run import RunClock

PROTOCOL = "sbrt-six-fraction"
MANIFEST = "demo"
STEPS = (
    "draw a synthetic patient",
    "write it as DICOM",
    "import the DICOM as if it were a clinic's",
    "write a record and ask the tumour board",
)


def demo(
    context: typer.Context,
    out: Path = typer.Option(Path("out/demo"), "--out", help="Folder for everything."),
    seed: int = typer.Option(3, help="Which synthetic patient."),
    risk: float = typer.Option(0.10, help="Risk level that is open."),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Make a patient, import it, plan its treatment, and write report and DICOM."""
    from hepatica.engine.planning.document import plan_document
    from hepatica.io.manifest import files_in, write_manifest
    from hepatica.protocol import load_isotoxic_protocol
    from hepatica.store.run import RunClock

    call = _Call(out, seed, risk, load_isotoxic_protocol(PROTOCOL), RunClock(call_words(context)))
    _require_level(call)
    _make_room(out, force)

    def remember() -> None:
        write_manifest(out, MANIFEST, files_in(out, MANIFEST), {"seed": seed})

    remember()
    try:
        with progress("demo") as report:
            made = _run(call, report, remember)
    finally:
        # A broken demonstration is listed as well, so that --force can replace it.
        remember()
    report_path = out / "plan/report.html"
    if as_json:
        print_document("plan", {**plan_document(made), "report": str(report_path)})
        return
    from hepatica.report.plan_answer import plan_sentences

    for sentence in plan_sentences(made):
        say(sentence)
    say(f"Report: {report_path} and {report_path.with_suffix('.pdf')}")
    say(f"Plan as DICOM: {out / 'plan-dicom'}")
    say(f"For the tumour board: {out / 'board.pdf'}")
    say(f"Next: hepatica case show {out / 'case'}, or the same job on your own DICOM folder.")


@dataclass(frozen=True)
class _Call:
    """What was asked for."""

    out: Path
    seed: int
    risk: float
    protocol: IsotoxicProtocol
    clock: RunClock


def _require_level(call: _Call) -> None:
    levels = call.protocol.prescription.risk_levels
    if call.risk not in levels:
        allowed = ", ".join(f"{level:g}" for level in levels)
        raise UsageError(f"--risk is {call.risk:g}; protocol {PROTOCOL} has the levels {allowed}.")


def _make_room(out: Path, force: bool) -> None:
    """An empty folder; of an earlier demonstration only what it wrote is deleted."""
    from hepatica.io.manifest import remove_listed

    if out.exists():
        if not force:
            raise UsageError(f"{out} exists. Choose another folder, or overwrite it with --force.")
        remove_listed(out, MANIFEST, "a demonstration")
    out.mkdir(parents=True, exist_ok=True)


def _stepping(report: Progress, remember: Callable[[], None]) -> Callable[[], None]:
    """A function that says which step begins, and lists what is there by then."""
    steps = iter(enumerate(STEPS))

    def begin() -> None:
        done, step = next(steps)
        report(step, done, len(STEPS))
        remember()

    return begin


def _run(call: _Call, report: Progress, remember: Callable[[], None]) -> TreatmentPlan:
    from hepatica.cli.plan_create import write_plan_folder
    from hepatica.engine.plan import create_plan
    from hepatica.engine.planning.folder import planned
    from hepatica.engine.planning.request import BeamChoice, PlanRequest
    from hepatica.io.dicom.export import export_plan

    case = _patient(call, _stepping(report, remember))
    remember()
    # Five beams and voxels of 3 mm, so that nobody waits long for a first impression.
    asked = PlanRequest(risk=call.risk, beams=BeamChoice(count=5), spacing_mm=3.0)
    made = create_plan(case, call.protocol, asked, report)
    report("writing the plan and its report", 0, 0)
    (call.out / "plan").mkdir()
    write_plan_folder(
        made, call.out / "plan", call.clock, (call.out / "case/case.json",), call.seed
    )
    remember()
    report("writing the plan as DICOM", 0, 0)
    export_plan(made.case, *planned(made.case), call.out / "plan-dicom")
    return made


def _patient(call: _Call, begin: Callable[[], None]) -> Case:
    """Drawn, written as DICOM, and read back as if a clinic had sent it."""
    from hepatica.io.dicom.write import WriteOptions, write_case
    from hepatica.io.importer import ImportRequest, import_case
    from hepatica.store.case_folder import write_case as shelve_case
    from hepatica.synthetic import synthetic_patient
    from hepatica.synthetic.record import synthetic_record

    dicom = call.out / "dicom"
    begin()
    patient = synthetic_patient(call.seed)
    begin()
    write_case(patient.case, dicom, WriteOptions())
    begin()
    case = import_case(ImportRequest(sources=(dicom,), case_id=f"demo-{call.seed}"))
    shelve_case(case, call.out / "case")
    call.clock.write(call.out / "case", inputs=(dicom,), seed=call.seed)
    begin()
    _board(call, case, synthetic_record(patient, date.today()))
    return case


def _board(call: _Call, case: Case, drawn: Record) -> None:
    """The other half of the case, and what a tumour board would see of both."""
    from hepatica.engine.board import board
    from hepatica.report.board_sheet import board_pdf
    from hepatica.store.record_file import write_record

    record = replace(drawn, case_id=case.case_id)
    write_record(record, call.out / "case")
    found = board(record, case, on=date.today())
    (call.out / "board.pdf").write_bytes(board_pdf(found))
