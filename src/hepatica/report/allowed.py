"""The dose that this patient may receive, in words: how much, what holds it, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hepatica.engine.verdict import Verdict
from hepatica.report.boundary import near_boundary
from hepatica.report.sheet import Fact, Tile
from hepatica.report.tables import tone_of
from hepatica.report.wording import (
    NBSP,
    counted,
    gy,
    level,
    listed,
    risk,
    sentence,
    unknown,
)

if TYPE_CHECKING:
    from hepatica.engine.evaluation import Allocation, AllowedDose, Evaluation
    from hepatica.protocol import Prescription

_SAME_RISK = 1e-4


def dose_tile(evaluation: Evaluation) -> Tile:
    """The dose that can be delivered at the open risk level, or why there is none."""
    allocation, chosen = evaluation.allocation, evaluation.allocation.chosen
    label = f"Deliverable at {level(allocation.risk)} risk"
    if allocation.verdict is Verdict.UNKNOWN and chosen is None:
        return Tile(label, "unknown", "see What is missing", "unknown")
    if allocation.verdict is Verdict.NOT_MET or chosen is None:
        return Tile(label, "none", allocation.reason or "not eligible", "not met")
    allowed = f"allowed {gy(chosen.allowed_gy)}"
    value, tone = gy(chosen.deliverable_gy), tone_of(Verdict.UNKNOWN)
    if allocation.is_upper_bound:
        value, detail = f"\u2264{NBSP}{value}", f"upper bound: facts are missing; {allowed}"
    else:
        detail, tone = f"{allowed}, limited by {chosen.limited_by}", "plain"
    if is_over_risk(chosen):
        return Tile(label, value, f"{detail}; own risk {risk(chosen.ntcp)} is too high", "not met")
    if has_hot_spots(chosen):
        return Tile(label, value, f"{detail}; hot spots in the liver", "warning")
    return Tile(label, value, detail, tone)


def dose_facts(evaluation: Evaluation) -> Iterator[Fact]:
    """The doses at all levels, what limits the chosen one, and what makes them doubtful."""
    allocation, rule = evaluation.allocation, evaluation.protocol.prescription
    chosen = allocation.chosen
    if allocation.verdict is not Verdict.MET or chosen is None:
        yield Fact("Deliverable dose", _why_not_allowed(allocation), tone_of(allocation.verdict))
    if allocation.levels:
        yield Fact("Dose per risk level", _every_level(allocation, rule))
    if chosen is not None:
        yield Fact("What limits it", _chosen_level(allocation, chosen, rule.fractions))
    over = [a for a in allocation.levels if is_over_risk(a)]
    if over:
        yield Fact("Risk too high", "\n".join(map(_over_risk, over)), "not met")
    hot = [level(a.risk) for a in allocation.levels if has_hot_spots(a) and not is_over_risk(a)]
    if hot:
        text = (
            f"The liver holds hot spots: at the curve's dose the patient's own risk is above the "
            f"level ({listed(hot)}). The dose is held where the own risk reaches the level."
        )
        yield Fact("Hot spots", text, "warning")
    close = near_boundary(evaluation)
    if close:
        yield Fact("Near a boundary", close, "warning")


def is_over_risk(dose: AllowedDose) -> bool:
    """Whether the patient's own risk at the allowed dose is above the level it is meant for."""
    return dose.ntcp > dose.risk + _SAME_RISK


def has_hot_spots(dose: AllowedDose) -> bool:
    """Whether hot spots in the liver forbid the dose of the risk curve."""
    return dose.curve_over_risk and dose.liver_gy < dose.curve_gy


def fixed_levels_note(allocation: Allocation, rule: Prescription) -> str:
    """A sentence that the bin-wise reading leaves fixed doses as they are; else empty."""
    fixed = [stratum.name for stratum in rule.strata if stratum.doses == "fixed"]
    if allocation.reading != "binwise" or not fixed:
        return ""
    strata = f"stratum {listed(fixed)} gives" if len(fixed) == 1 else f"strata {listed(fixed)} give"
    here = ", and this patient is in it" if allocation.stratum in fixed else ""
    return f"The bin-wise reading holds where a curve decides: {strata} fixed dose levels{here}."


def _every_level(allocation: Allocation, rule: Prescription) -> str:
    most = "at most " if allocation.is_upper_bound else ""
    doses = [
        f"{most}{gy(a.deliverable_gy)} (allowed {gy(a.allowed_gy)}) at {level(a.risk)}"
        for a in allocation.levels
    ]
    text = f"Deliverable {listed(doses)} risk."
    if allocation.is_upper_bound:
        text += " All of them are upper bounds."
    if allocation.stratum:
        text += f" Stratum {allocation.stratum}."
    return f"{text} {fixed_levels_note(allocation, rule)}".rstrip()


def _chosen_level(allocation: Allocation, chosen: AllowedDose, fractions: int) -> str:
    bound = " (upper bound)" if allocation.is_upper_bound else ""
    split = f"{counted(fractions, 'fraction')} of {gy(chosen.deliverable_gy / fractions, 2)}"
    return (
        f"At {level(chosen.risk)} risk {gy(chosen.allowed_gy)}{bound} is allowed and "
        f"{gy(chosen.deliverable_gy)}{bound}, {split}, is deliverable. "
        f"Limited by {chosen.limited_by}. {sentence(chosen.because)}"
    )


def _over_risk(dose: AllowedDose) -> str:
    return (
        f"At the {level(dose.risk)} level {gy(dose.allowed_gy)} would be allowed, but the own risk "
        f"of this patient is {risk(dose.ntcp)} there, above the level."
    )


def _why_not_allowed(allocation: Allocation) -> str:
    why = allocation.reason or "no reason was recorded"
    if allocation.verdict is not Verdict.UNKNOWN:
        return sentence(f"none: {why}")
    if allocation.chosen is None:
        return sentence(unknown(why))
    dose = f"{gy(allocation.chosen.deliverable_gy)} (upper bound)"
    if allocation.missing:
        organs = counted(len(allocation.missing), "organ limit")
        return f"Unknown, at most {dose}: {organs} that could lower it cannot be judged."
    return sentence(f"unknown, at most {dose}: {why}")
