"""hepatica demo: a synthetic patient from DICOM to the individual dose and its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    from hepatica.case import Case, Dose
    from hepatica.engine.evaluation import Evaluation
    from hepatica.protocol import Protocol
    from hepatica.store.run import RunClock

PROTOCOL = "sbrt-six-fraction"
MANIFEST = "demo"
STEPS = (
    "draw a synthetic patient",
    "write it as DICOM",
    "import the DICOM as if it were a clinic's",
    "place an idealised dose around the tumours",
    "find the dose that the liver and the organs allow",
    "write that dose as RTDOSE and read it back",
    "evaluate it under the protocol",
    "write the report",
)


def demo(
    context: typer.Context,
    out: Path = typer.Option(Path("out/demo"), "--out", help="Folder for everything."),
    seed: int = typer.Option(3, help="Which synthetic patient."),
    risk: float = typer.Option(0.10, help="Risk level that is open."),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Make a patient, import it, find its individual dose, evaluate it and write the report."""
    from hepatica.engine.document import evaluation_document
    from hepatica.io.manifest import files_in, write_manifest
    from hepatica.protocol import load_protocol
    from hepatica.store.run import RunClock

    call = _Call(out, seed, risk, load_protocol(PROTOCOL), RunClock(call_words(context)))
    _require_level(call)
    _make_room(out, force)

    def remember() -> None:
        write_manifest(out, MANIFEST, files_in(out, MANIFEST), {"seed": seed})

    remember()
    try:
        with progress("demo") as report:
            result = _run(call, _stepping(report, remember))
    finally:
        # A broken demonstration is listed as well, so that --force can replace it.
        remember()
    document = evaluation_document(result)
    if as_json:
        print_document("plan-evaluation", {**document, "report": str(out / "report/report.html")})
        return
    from hepatica.report.answer import answer_sentences

    for sentence in answer_sentences(result):
        say(sentence)
    say(f"Report: {out / 'report/report.html'} and {out / 'report/report.pdf'}")
    say(f"Next: hepatica case show {out / 'case'}, or the same job on your own DICOM folder.")


@dataclass(frozen=True)
class _Call:
    """What was asked for."""

    out: Path
    seed: int
    risk: float
    protocol: Protocol
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


def _run(call: _Call, begin: Callable[[], None]) -> Evaluation:
    from hepatica.cli.plan import write_evaluation
    from hepatica.engine.evaluate import EvaluationRequest, evaluate_dose
    from hepatica.io.dicom.read import read_dose
    from hepatica.io.dicom.write import WriteOptions, write_dose

    case = _patient(call, begin)
    begin()
    nominal_gy = call.protocol.prescription.cap_gy
    dose = _placed(case, nominal_gy)
    begin()
    asked = EvaluationRequest(risk=call.risk, prescription_gy=nominal_gy)
    chosen = evaluate_dose(case, call.protocol, dose, asked).allocation.chosen
    prescribed_gy = nominal_gy if chosen is None else chosen.deliverable_gy
    begin()
    path = call.out / "dose.dcm"
    write_dose(_placed(case, prescribed_gy), path, case, WriteOptions())
    dose = read_dose(path, case)
    begin()
    asked = EvaluationRequest(risk=call.risk, prescription_gy=prescribed_gy)
    result = evaluate_dose(case, call.protocol, dose, asked)
    begin()
    inputs = (path, call.out / "case/case.json")
    write_evaluation(result, call.out / "report", call.clock, inputs, call.seed)
    return result


def _patient(call: _Call, begin: Callable[[], None]) -> Case:
    """Drawn, written as DICOM, and read back as if a clinic had sent it."""
    from hepatica.io.dicom.write import WriteOptions, write_case
    from hepatica.io.importer import ImportRequest, import_case
    from hepatica.store.case_folder import write_case as shelve_case
    from hepatica.synthetic import synthetic_patient

    dicom = call.out / "dicom"
    begin()
    drawn = synthetic_patient(call.seed).case
    begin()
    write_case(drawn, dicom, WriteOptions())
    begin()
    case = import_case(ImportRequest(sources=(dicom,), case_id=f"demo-{call.seed}"))
    shelve_case(case, call.out / "case")
    call.clock.write(call.out / "case", inputs=(dicom,), seed=call.seed)
    return case


def _placed(case: Case, prescription_gy: float) -> Dose:
    from hepatica.case import Margin
    from hepatica.engine.place import Placement, place_dose

    targets = tuple(gtv.name for gtv in case.gtvs)
    return place_dose(case, Placement(targets, prescription_gy, Margin.uniform(5.0)))
