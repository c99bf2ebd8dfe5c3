"""The report of an evaluation or a new plan: one HTML file and one PDF with the same content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hepatica.errors import InvalidInput

if TYPE_CHECKING:
    from hepatica.engine.evaluation import Evaluation
    from hepatica.engine.planning.records import TreatmentPlan
    from hepatica.report.sheet import Sheet

Format = Literal["html", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "pdf")


def write_report(
    evaluation: Evaluation,
    folder: Path,
    run: Mapping[str, Any] | None = None,
    formats: Sequence[str] = FORMATS,
) -> tuple[Path, ...]:
    """Write ``report.html`` and ``report.pdf`` into a folder, which is made if need be.

    Parameters
    ----------
    evaluation : Evaluation
    folder : Path
    run : facts of the run, optional
        Versions, hashes and times, printed at the end.
    formats : "html", "pdf"
        Which files to write.

    Returns
    -------
    paths : the files written, in the order of ``formats``

    Raises
    ------
    InvalidInput
        If a format is another one.
    MissingExtra
        If matplotlib, or typst for a PDF, is not installed.
    """
    from hepatica.report.compose import evaluation_sheet

    _require_formats(formats)
    return _written(evaluation_sheet(evaluation, run), folder, formats)


def write_plan_report(
    plan: TreatmentPlan,
    folder: Path,
    run: Mapping[str, Any] | None = None,
    formats: Sequence[str] = FORMATS,
) -> tuple[Path, ...]:
    """As `write_report`, for a new plan: beams, segments and both ways to the dose come first."""
    from hepatica.report.plan_sheet import plan_sheet

    _require_formats(formats)
    return _written(plan_sheet(plan, run), folder, formats)


def _require_formats(formats: Sequence[str]) -> None:
    for name in formats:
        if name not in FORMATS:
            raise InvalidInput(
                f"Report format {name!r} is not known; html and pdf are. Choose among these."
            )
    if "pdf" in formats:
        from hepatica.report.pdf import typesetter

        typesetter()


def _written(sheet: Sheet, folder: Path, formats: Sequence[str]) -> tuple[Path, ...]:
    from hepatica.report.html import html_text
    from hepatica.report.pdf import pdf_bytes

    contents = {
        name: html_text(sheet).encode("utf-8") if name == "html" else pdf_bytes(sheet)
        for name in formats
    }
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in contents.items():
        path = folder / f"report.{name}"
        path.write_bytes(content)
        paths.append(path)
    return tuple(paths)
