"""The risk model with its parameters, and how much the answer hangs on reading one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.report.references import References
from hepatica.report.sheet import Cell, Column, Fact, Facts, Table
from hepatica.report.tables import status_cell
from hepatica.report.wording import gy, level, number, plain, risk, sentence

if TYPE_CHECKING:
    from hepatica.engine.evaluation import Allocation, LiverRisk, RiskReading
    from hepatica.physics.biology import LymanModel


def model_table(model: LymanModel, cited: References) -> Table:
    """The parameters of the Lyman-Kutcher-Burman model."""
    source, status = Cell(cited.cite(model.source)), status_cell(model.status)
    values = (
        ("Volume exponent n", plain(model.n), "1 counts the mean dose, 0 the maximum"),
        ("Slope m", plain(model.m), "risk rises from 16 to 84 % over 2 m TD50"),
        ("TD50, whole liver", gy(model.td50_gy), "uniform dose with a risk of one half"),
        (
            "Reference fraction",
            gy(model.reference_fraction_gy),
            "fraction size that the doses of the model are meant in",
        ),
        ("\u03b1/\u03b2", gy(model.alpha_beta_gy), "converts other fraction sizes into it"),
    )
    columns = (
        Column("Parameter"),
        Column("Value", numeric=True),
        Column("Meaning", share=2),
        Column("Source", share=1),
        Column("Status"),
    )
    rows = tuple((Cell(n), Cell(v), Cell(m), source, status) for n, v, m in values)
    return Table(f"Risk model {model.name} (Lyman, Kutcher, Burman)", columns, rows)


def model_facts(model: LymanModel) -> Facts:
    """What the model speaks of, whom it was fitted on and where it ends."""
    return Facts(
        (
            Fact("Endpoint", sentence(model.endpoint)),
            Fact("Fitted on", sentence(model.patients)),
            Fact("Validity", sentence(model.validity)),
        )
    )


def sensitivity_table(found: LiverRisk, allocation: Allocation) -> Table:
    """Risk and dose under every reading of the reference fraction, the one used first."""
    bound = "\nupper bound" if allocation.is_upper_bound else ""
    readings = _readings(found)
    risks = sorted({r for reading in readings for r in reading.allowed_gy})
    columns = (
        Column("Reference fraction", share=1),
        Column("gEUD, Gy", numeric=True),
        Column("Risk, own\nliver dose", numeric=True),
        Column("Risk, uniform\neffective volume", numeric=True),
        Column("Allowance,\nGy", numeric=True),
        *(Column(f"Allowed at\n{level(r)}, Gy", numeric=True) for r in risks),
        Column("Status"),
    )
    rows = tuple(
        (
            Cell(_reading_name(reading, is_used=k == 0)),
            Cell(number(reading.geud_gy)),
            Cell(risk(reading.ntcp)),
            _uniform_cell(reading.ntcp_uniform),
            Cell(plain(reading.allowance_gy)),
            *(_dose_cell(reading, r, bound) for r in risks),
            status_cell(reading.model.status),
        )
        for k, reading in enumerate(readings)
    )
    note = (
        "The parameters were published without saying beyond doubt which fraction size they are "
        "meant in. gEUD: generalised equivalent uniform dose in fractions of that size. Allowance: "
        "how far the dose may be raised above the risk curve under that reading."
    )
    return Table("How much the answer hangs on the reference fraction", columns, rows, note)


def _readings(found: LiverRisk) -> list[RiskReading]:
    used = found.reading.model.reference_fraction_gy
    others = [r for r in found.sensitivity if r.model.reference_fraction_gy != used]
    return [found.reading, *others]


def _reading_name(reading: RiskReading, is_used: bool) -> str:
    size = gy(reading.model.reference_fraction_gy)
    return f"{size} (used)" if is_used else f"{size} (for comparison)"


def _dose_cell(reading: RiskReading, level_of_risk: float, bound: str) -> Cell:
    dose = reading.allowed_gy.get(level_of_risk)
    if dose is None:
        return Cell("unknown: not computed", "unknown")
    return Cell(f"{number(dose)}{bound}", "unknown" if bound else "plain")


def _uniform_cell(ntcp: float | None) -> Cell:
    if ntcp is None:
        return Cell("unknown: no effective volume up to 1", "unknown")
    return Cell(risk(ntcp))
