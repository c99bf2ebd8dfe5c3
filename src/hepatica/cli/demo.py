"""hepatica demo: a synthetic patient from DICOM to the individual dose and its report."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hepatica.cli.output import ForceOption, JsonOption, Progress, print_document, progress, say
from hepatica.errors import UsageError

if TYPE_CHECKING:
    from hepatica.engine.evaluation import Evaluation

PROTOCOL = "sbrt-six-fraction"
PARTS = frozenset({"dicom", "case", "dose.dcm", "dose.plan.dcm", "report"})
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
    out: Path = typer.Option(Path("out/demo"), "--out", help="Folder for everything."),
    seed: int = typer.Option(3, help="Which synthetic patient."),
    risk: float = typer.Option(0.10, help="Risk level that is open."),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Make a patient, import it, find its individual dose, evaluate it and write the report."""
    if out.exists():
        if not force:
            raise UsageError(f"{out} exists. Choose another folder, or overwrite it with --force.")
        _remove_demo(out)
    with progress("demo") as report:
        from hepatica.engine.document import evaluation_document

        result = _run(out, seed, risk, report)
    document = evaluation_document(result)
    if as_json:
        print_document("plan-evaluation", {**document, "report": str(out / "report/report.html")})
        return
    from hepatica.report.answer import answer_sentences

    for sentence in answer_sentences(result):
        say(sentence)
    say(f"Report: {out / 'report/report.html'} and {out / 'report/report.pdf'}")
    say(f"Next: hepatica case show {out / 'case'}, or the same job on your own DICOM folder.")


def _run(out: Path, seed: int, risk: float, report: Progress) -> Evaluation:
    from hepatica.case import Margin
    from hepatica.cli.plan import write_evaluation
    from hepatica.engine.evaluate import EvaluationRequest, evaluate_dose
    from hepatica.engine.place import Placement, place_dose
    from hepatica.io.dicom.read import read_dose
    from hepatica.io.dicom.write import WriteOptions, write_case, write_dose
    from hepatica.io.importer import ImportRequest, import_case
    from hepatica.protocol import load_protocol
    from hepatica.store.case_folder import write_case as shelve_case
    from hepatica.store.run import RunClock
    from hepatica.synthetic import synthetic_patient

    clock = RunClock()
    steps = iter(range(len(STEPS)))

    def begin() -> None:
        done = next(steps)
        report(STEPS[done], done, len(STEPS))

    begin()
    drawn = synthetic_patient(seed).case
    begin()
    write_case(drawn, out / "dicom", WriteOptions(patient_position="HFS"))
    begin()
    case = import_case(ImportRequest(sources=(out / "dicom",), case_id=f"demo-{seed}"))
    shelve_case(case, out / "case")
    begin()
    protocol = load_protocol(PROTOCOL)
    targets = tuple(gtv.name for gtv in case.gtvs)
    nominal_gy = protocol.prescription.cap_gy
    dose = place_dose(case, Placement(targets, nominal_gy, Margin.uniform(5.0)))
    begin()
    found = evaluate_dose(
        case, protocol, dose, EvaluationRequest(risk=risk, prescription_gy=nominal_gy)
    )
    chosen = found.allocation.chosen
    prescribed_gy = nominal_gy if chosen is None else chosen.deliverable_gy
    begin()
    path = out / "dose.dcm"
    dose = place_dose(case, Placement(targets, prescribed_gy, Margin.uniform(5.0)))
    write_dose(dose, path, case, WriteOptions())
    dose = read_dose(path, case)
    begin()
    result = evaluate_dose(
        case, protocol, dose, EvaluationRequest(risk=risk, prescription_gy=prescribed_gy)
    )
    begin()
    write_evaluation(result, out / "report", clock, inputs=(path,))
    return result


def _remove_demo(out: Path) -> None:
    """Delete an earlier demonstration, and nothing that is not one."""
    foreign = sorted(entry.name for entry in out.iterdir() if entry.name not in PARTS)
    if foreign:
        raise UsageError(
            f"{out} holds more than a demonstration ({', '.join(foreign[:3])}), so --force does "
            "not delete it. Choose another folder with --out."
        )
    shutil.rmtree(out)
