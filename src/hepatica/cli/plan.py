"""hepatica plan: judge a dose distribution under a protocol."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hepatica.cli.output import (
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
from hepatica.errors import GoalNotMet, UsageError

if TYPE_CHECKING:
    from hepatica.case import Case, Dose
    from hepatica.engine.evaluation import Evaluation
    from hepatica.store.run import RunClock

app = typer.Typer(no_args_is_help=True, help="Treatment plans: create, evaluate, export.")


class FailOn(StrEnum):
    """Which verdicts make the command end with exit code 5."""

    NOT_MET = "not-met"
    UNKNOWN = "unknown"


class ReadingWord(StrEnum):
    """How the individual dose is allocated."""

    TWO_STEP = "two_step"
    BINWISE = "binwise"


@app.command()
def evaluate(
    context: typer.Context,
    case_folder: Path = typer.Argument(..., metavar="CASE"),
    protocol: str = typer.Argument(..., help="Protocol name or file."),
    dose: str = typer.Option("", "--dose", help="RTDOSE file, or the label of a dose of the case."),
    risk: float = typer.Option(..., "--risk", help="Risk level that is open, such as 0.10."),
    prescription_gy: float | None = typer.Option(
        None, help="Total dose prescribed; default: the RTPLAN's, else as the protocol reads it."
    ),
    fractions: int | None = typer.Option(None, help="Default: the RTPLAN's, else the protocol's."),
    treat: list[str] = typer.Option([], "--treat", help="Tumour the plan treats; default: all."),
    ptv_margin_mm: str = typer.Option(
        "",
        help="Margin to the PTV: one number, or left,right,anterior,posterior,superior,inferior.",
    ),
    reading: ReadingWord | None = typer.Option(None, help="Default: the protocol's."),
    registration: list[Path] = typer.Option([], help="REG file that links the dose to the case."),
    accept_identity_mismatch: bool = typer.Option(
        False,
        "--accept-identity-mismatch",
        help="The dose names another patient, and that is right.",
    ),
    fact: list[str] = typer.Option([], help="Answer to a protocol's question: name=answer."),
    limit_reading: list[str] = typer.Option([], help="Another reading of a limit: limit=reading."),
    out: Path | None = typer.Option(None, "--out", help="Folder for the report, HTML and PDF."),
    fail_on: FailOn | None = typer.Option(None, help="End with code 5 on such a verdict."),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Dose-volume numbers, liver risk, the dose allowed, and a verdict on every limit."""
    from hepatica.cli.margins import margin_from
    from hepatica.engine.document import evaluation_document
    from hepatica.engine.evaluate import EvaluationRequest, evaluate_dose
    from hepatica.protocol import load_isotoxic_protocol
    from hepatica.store.case_folder import read_case
    from hepatica.store.run import RunClock

    clock = RunClock(call_words(context))
    if out is not None and out.exists() and not force:
        raise UsageError(f"{out} exists. Choose another folder, or overwrite it with --force.")
    document = load_isotoxic_protocol(protocol)
    request = EvaluationRequest(
        risk=risk,
        prescription_gy=prescription_gy,
        fractions=fractions,
        ptv_margin=margin_from(ptv_margin_mm),
        treated=tuple(treat),
        reading=None if reading is None else reading.value,
        facts=named_answers("--fact", fact),
        limit_readings=named_answers("--limit-reading", limit_reading),
    )
    with progress("evaluate") as report:
        report("reading the case", 0, 0)
        case = read_case(case_folder)
        chosen = _chosen_dose(case, dose, registration, accept_identity_mismatch)
        result = evaluate_dose(case, document, chosen, request, report)
        if out is not None:
            report("writing the report", 0, 0)
            files = (Path(dose), *registration) if dose and Path(dose).is_file() else ()
            write_evaluation(result, out, clock, (*files, case_folder / "case.json"))
    if as_json:
        print_document("plan-evaluation", evaluation_document(result))
    else:
        _print_evaluation(result)
    if out is not None:
        tell(f"Report: {out / 'report.html'} and {out / 'report.pdf'}")
    fail_on_limits(result, fail_on)


def write_evaluation(
    result: Evaluation,
    out: Path,
    clock: RunClock,
    inputs: tuple[Path, ...],
    seed: int | None = None,
) -> None:
    """The report, the evaluation as JSON and the record of the run, in one folder."""
    from hepatica.engine.document import evaluation_document
    from hepatica.report import write_report

    run = clock.write(
        out,
        inputs=inputs,
        protocol_sha256=result.protocol.sha256,
        seed=seed,
        warnings=result.warnings,
    )
    write_report(result, out, run=run.as_document())
    text = document_text("plan-evaluation", evaluation_document(result))
    (out / "evaluation.json").write_text(text + "\n", encoding="utf-8")


def _chosen_dose(case: Case, dose: str, registration: list[Path], accept: bool) -> Dose:
    from hepatica.io.dicom.read import read_dose

    if dose and Path(dose).is_file():
        return read_dose(
            Path(dose),
            case,
            registrations=tuple(registration),
            accept_identity_mismatch=accept,
        )
    matching = [d for d in case.doses if dose in ("", d.label)]
    if len(matching) == 1:
        return matching[0]
    labels = ", ".join(d.label for d in case.doses) or "none"
    raise UsageError(
        f"--dose {dose or '(not given)'} is neither a file nor the one dose of case "
        f"{case.case_id}. Its doses: {labels}. Give an RTDOSE file or one of these labels."
    )


def named_answers(option: str, texts: list[str]) -> dict[str, str]:
    """What ``name=value`` texts of an option say.

    Raises
    ------
    UsageError
        If a text is not of that form.
    """
    pairs = {}
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if not (name and value):
            raise UsageError(f"{option} {text} is not name=value.")
        pairs[name] = value
    return pairs


def _print_evaluation(result: Evaluation) -> None:
    from hepatica.report.answer import answer_sentences

    for sentence in answer_sentences(result):
        say(sentence)
    print_limits(result)
    print_allowed(result)


def print_limits(result: Evaluation) -> None:
    """Every limit with its value and verdict."""
    rows = [
        [
            limit.structure,
            f"{limit.metric} {limit.comparison} {limit.limit:g}",
            "unknown" if limit.value is None else f"{limit.value:.2f} {limit.unit}",
            limit.verdict.value,
            limit.reason,
        ]
        for limit in result.limits
    ]
    table("Limits", ["structure", "limit", "value", "verdict", "reason"], rows)


def print_allowed(result: Evaluation) -> None:
    """The dose that each risk level allows."""
    levels = [
        [
            f"{a.risk:.0%}",
            f"{a.curve_gy:.1f}",
            f"{a.binwise_gy:.1f}",
            f"{a.allowed_gy:.1f}",
            f"{a.deliverable_gy:.1f}",
            a.limited_by,
        ]
        for a in result.allocation.levels
    ]
    if levels:
        bound = ", upper bounds" if result.allocation.is_upper_bound else ""
        columns = ["risk", "curve", "bin-wise", "allowed", "deliverable", "limited by"]
        table(f"Dose allowed, Gy{bound}", columns, levels)


def fail_on_limits(result: Evaluation, fail_on: FailOn | None) -> None:
    """End with the code for a goal that is not met, where that was asked for."""
    if fail_on is None:
        return
    bad = {"not met"} if fail_on is FailOn.NOT_MET else {"not met", "unknown"}
    found = [f"{li.structure} {li.metric}" for li in result.limits if li.verdict.value in bad]
    if found:
        raise GoalNotMet(f"{len(found)} limit(s) not met or unknown: {', '.join(found)}.")
