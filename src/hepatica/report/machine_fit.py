"""The report of a machine fit: how far the beam model is from every measurement, and what it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hepatica.physics.photon.commission_check import (
    DEPTH_GOAL_PERCENT,
    FACTOR_GOAL_PERCENT,
    JUDGED_FACTOR_FIELD_MM,
    JUDGED_FIELD_MM,
)
from hepatica.physics.photon.commission_rows import ELECTRON_DEPTH_MM
from hepatica.report.drawing import pen, save, svg_text
from hepatica.report.html import html_text
from hepatica.report.machine_fit_figures import depth_figure, factor_figure, fluence_figure
from hepatica.report.sheet import (
    Answer,
    Cell,
    Column,
    Fact,
    Facts,
    Picture,
    Section,
    Sheet,
    Table,
    Text,
    Tile,
    Tone,
)
from hepatica.report.tables import status_cell
from hepatica.report.wording import NBSP, number, plain, sentence

if TYPE_CHECKING:
    from hepatica.machine import Machine
    from hepatica.machine.measurements import BeamMeasurements
    from hepatica.physics.photon.commission_check import FactorError, FieldError, FitCheck

_LIMITS = (
    "Not known to a model fitted to depth doses in water: electrons from the machine's head, so "
    "that the dose within the first 15 mm is too uncertain for a skin dose; the wider spread of "
    "electrons in lung, so that dose near the dome of the liver is less sure than elsewhere; and "
    "the beam's softening away from its axis. No profile was measured, so that the penumbra rests "
    "on the width of the source that was stated.",
)


def write_fit_report(
    machine: Machine,
    measured: BeamMeasurements,
    check: FitCheck,
    folder: Path,
    left_out: tuple[str, ...] = (),
) -> tuple[Path, ...]:
    """Write ``report.html`` and its three pictures as SVG and PNG into a folder.

    Parameters
    ----------
    machine : Machine
    measured : BeamMeasurements
    check : FitCheck
    folder : Path
        Made if need be.
    left_out : tuple of str
        Measurements that were not used, and why.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with pen():
        figures = {
            "depth-dose": depth_figure(measured, check),
            "output-factors": factor_figure(check),
            "primary-fluence": fluence_figure(machine),
        }
        drawn = {name: svg_text(figure) for name, figure in figures.items()}
        for name, figure in figures.items():
            paths += [save(figure, folder / f"{name}{suffix}") for suffix in (".svg", ".png")]
    sheet = fit_sheet(machine, measured, check, drawn, left_out)
    report = folder / "report.html"
    report.write_bytes(html_text(sheet).encode("utf-8"))
    return (report, *paths)


def fit_sheet(
    machine: Machine,
    measured: BeamMeasurements,
    check: FitCheck,
    drawn: dict[str, str],
    left_out: tuple[str, ...] = (),
) -> Sheet:
    """The report, with the pictures as SVG text by name."""
    sections = (
        Section("depth", "Depth dose", (_depth_picture(drawn), _depth_table(check))),
        Section("factors", "Output factors", (_factor_picture(drawn), _factor_table(check))),
        Section("fluence", "Primary fluence", (_fluence_picture(drawn),)),
        Section("model", "What was fitted", (_component_table(machine), Facts(_facts(machine)))),
        Section("limits", "What the model cannot know", (Text((*_LIMITS, *left_out)),)),
        Section("sources", "Sources of the numbers", (_source_table(machine),)),
    )
    return Sheet(
        title="Machine fit",
        subtitle=f"{machine.title}, fitted to: {measured.source}",
        case_id=machine.name,
        answer=_answer(machine, measured, check),
        sections=sections,
    )


def _answer(machine: Machine, measured: BeamMeasurements, check: FitCheck) -> Answer:
    depth, factor = check.largest_depth_percent, check.largest_factor_percent
    tiles = (
        Tile(
            "Largest error of depth dose",
            f"{number(depth, 2)}{NBSP}%",
            f"of the field's maximum; fields of {JUDGED_FIELD_MM:g} mm and more, beyond "
            f"{ELECTRON_DEPTH_MM:g} mm; goal {DEPTH_GOAL_PERCENT:g} %",
            _tone(depth, DEPTH_GOAL_PERCENT),
        ),
        Tile(
            "Largest error of an output factor",
            f"{number(factor, 2)}{NBSP}%",
            f"fields of {JUDGED_FACTOR_FIELD_MM:g} mm and more; goal {FACTOR_GOAL_PERCENT:g} %",
            _tone(factor, FACTOR_GOAL_PERCENT),
        ),
        _calibration_tile(machine),
    )
    table = measured.depth_dose
    facts = (
        Fact(
            "Measured",
            f"{table.kind.upper()} of {table.field_mm.size} fields at {table.depth_mm.size} "
            f"depths, {len(check.factors)} output factors, primary fluence.",
        ),
        Fact("Goals", "met" if check.meets_goals else "not met", _verdict_tone(check.meets_goals)),
    )
    return Answer(tiles, facts)


def _calibration_tile(machine: Machine) -> Tile:
    at = machine.calibration
    if at is None:
        return Tile("Absolute dose", "not stated", "no monitor units without it", "caution")
    place = f"field {at.field_mm:g} mm, SSD {at.ssd_mm:g} mm, depth {at.depth_mm:g} mm"
    return Tile("Absolute dose", f"{at.cgy_per_mu:g}{NBSP}cGy/MU", f"stated, at {place}", "caution")


def _depth_table(check: FitCheck) -> Table:
    columns = (
        Column("Field (mm)", numeric=True),
        Column("Largest error\n(% of maximum)", numeric=True),
        Column("at depth\n(mm)", numeric=True),
        Column("Root mean\nsquare (%)", numeric=True),
        Column("Largest, level from\none depth (%)", numeric=True),
        Column("Largest in the first\n15 mm (%)", numeric=True),
    )
    note = (
        "Per cent of each field's highest measured value, beyond 15 mm depth, the level of each "
        "curve matched (output factors settle it). Level from one depth: matched where the table "
        "says 1 or 100 only, so that the noise of that one reading adds to all others. Fields "
        "below 20 mm are shown, not judged."
    )
    return Table("Depth dose by field", columns, tuple(map(_field_row, check.fields)), note)


def _field_row(field: FieldError) -> tuple[Cell, ...]:
    judged = field.field_mm >= JUDGED_FIELD_MM
    tone = _tone(field.largest_percent, DEPTH_GOAL_PERCENT) if judged else "muted"
    return (
        Cell(plain(field.field_mm)),
        Cell(number(field.largest_percent, 2), tone),
        Cell(plain(field.at_depth_mm)),
        Cell(number(field.rms_percent, 2)),
        Cell(number(field.pinned_percent, 2), "muted"),
        Cell(number(field.build_up_percent, 1), "muted"),
    )


def _factor_table(check: FitCheck) -> Table:
    columns = tuple(
        Column(title, numeric=True) for title in ("Field (mm)", "Measured", "Machine", "Error (%)")
    )
    rows = tuple(map(_factor_row, check.factors))
    return Table("Output factors", columns, rows, "Fields below 10 mm are shown, not judged.")


def _factor_row(factor: FactorError) -> tuple[Cell, ...]:
    judged = factor.field_mm >= JUDGED_FACTOR_FIELD_MM
    tone = _tone(abs(factor.percent), FACTOR_GOAL_PERCENT) if judged else "muted"
    return (
        Cell(plain(round(factor.field_mm, 2))),
        Cell(number(factor.measured, 4)),
        Cell(number(factor.model, 4)),
        Cell(number(factor.percent, 2), tone),
    )


def _component_table(machine: Machine) -> Table:
    rates = machine.depth.build_up_per_mm
    rows = tuple(
        (Cell(f"{k + 1}"), Cell(f"{rate:.5g}"), Cell(f"{centre:.3f}".replace("-", "−")))
        for k, (rate, centre) in enumerate(zip(rates, _centre(machine), strict=True))
    )
    columns = (
        Column("Component"),
        Column("Build-up β (1/mm)", numeric=True),
        Column("Point at the centre", numeric=True),
    )
    note = (
        f"Attenuation m = {machine.depth.attenuation_per_mm:.5g} per mm for all components. "
        "Single components may be negative; their sum is the dose. Point at the centre: for the "
        "middle one of the distances from source to skin."
    )
    return Table("Depth components", columns, rows, note)


def _centre(machine: Machine) -> list[float]:
    weights = machine.lateral.centre_weight
    return [float(value) for value in weights[weights.shape[0] // 2]]


def _facts(machine: Machine) -> tuple[Fact, ...]:
    ssd = machine.lateral.ssd_mm
    return (
        Fact("Distances", f"{ssd.size} from source to skin, {ssd[0]:g} to {ssd[-1]:g} mm."),
        Fact("Source", f"{machine.penumbra_fwhm_mm:g} mm wide at the isocentre, as stated."),
    )


def _source_table(machine: Machine) -> Table:
    columns = (
        Column("Number"),
        Column("Source", share=3),
        Column("Status"),
        Column("Note", share=3),
    )
    rows = tuple(
        (Cell(s.number), Cell(s.source), status_cell(s.status), Cell(sentence(s.note)))
        for s in machine.sources
    )
    note = "Recalled: not looked up; confirm it before use."
    return Table("Where each number comes from", columns, rows, note)


def _depth_picture(drawn: dict[str, str]) -> Picture:
    return Picture(
        "depth dose",
        drawn["depth-dose"],
        "Depth dose curves of all fields, measured points on the machine's lines, errors below.",
        "Points: measured. Lines: the machine. Below: their difference; the green band is the "
        "goal. Grey: the first 15 mm, where the model does not claim to hold.",
    )


def _factor_picture(drawn: dict[str, str]) -> Picture:
    return Picture(
        "output factors",
        drawn["output-factors"],
        "Output factors against field size, measured points on the machine's line, errors below.",
        "The green band is the goal, which holds to the right of the dashed line.",
    )


def _fluence_picture(drawn: dict[str, str]) -> Picture:
    return Picture(
        "primary fluence",
        drawn["primary-fluence"],
        "Relative fluence of the open beam against distance from the central ray.",
        "As measured in air and taken over; zero beyond the last point.",
    )


def _tone(value: float, goal: float) -> Tone:
    return "met" if value <= goal else "not met"


def _verdict_tone(met: bool) -> Tone:
    return "met" if met else "not met"
