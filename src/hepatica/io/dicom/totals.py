"""Works out which doses of the files are totals of a plan, following DoseSummationType."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from hepatica.case.plan import Dose
from hepatica.case.provenance import Note
from hepatica.case.volume import Volume
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.choices import Choices
from hepatica.io.dicom.dose import DoseRead
from hepatica.io.dicom.fractions import FractionGroup
from hepatica.io.dicom.plan import PlanRead

_LEAST_SHARE_OF_PRESCRIPTION = 0.5


@dataclass(frozen=True)
class _Rules:
    """What the decision about one dose depends on."""

    plan: PlanRead | None
    choices: Choices
    notes: list[Note]


def total_doses(
    reads: Sequence[DoseRead],
    plans: Mapping[str, PlanRead],
    choices: Choices,
    notes: list[Note],
) -> tuple[Dose, ...]:
    """The doses of a case: totals of plans, and what could not be made one, marked as such.

    * A PLAN dose is taken, and the FRACTION, BEAM and CONTROL_POINT doses of its plan are not.
    * Without one, a FRACTION dose is the whole delivery of a fraction group (PS3.3 C.8.8.3), a
      FRACTION_SESSION dose one treatment session, multiplied by the fractions of the plan.
    * BEAM doses are added only when the user asks and every treatment beam of the plan is there.
    * Several PLAN doses are all kept, never added.

    Parameters
    ----------
    reads : in the case's frame of reference
    plans : plan UID to plan
    choices : what the user decided
    notes : receives what was taken, added and left out

    Raises
    ------
    Inconsistent
        If beams to be added are missing, doubled or on different grids, or a FRACTION dose cannot
        be the whole delivery that the standard says it is.
    """
    by_plan: dict[str | None, list[DoseRead]] = {}
    for read in reads:
        by_plan.setdefault(read.dose.plan_uid, []).append(read)
    doses: list[Dose] = []
    for uid, members in by_plan.items():
        rules = _Rules(plans.get(uid or ""), choices, notes)
        _note_plan(members, rules)
        doses.extend(_of_one_plan(members, rules))
    doses = _told_apart(doses, plans)
    if sum(dose.summation == "PLAN" for dose in doses) > 1:
        listed = ", ".join(dose.label for dose in doses if dose.summation == "PLAN")
        sentence = f"Several plan doses ({listed}): all kept, none added; name the one to evaluate."
        notes.append(Note("warning", "doses", sentence))
    return tuple(doses)


def _note_plan(members: Sequence[DoseRead], rules: _Rules) -> None:
    for read in members:
        subject = read.dose.origin
        if rules.plan is not None:
            sentence = f'It belongs to plan "{rules.plan.plan.label}".'
            rules.notes.append(Note("linked", subject, sentence))
        elif read.dose.plan_uid:
            sentence = "The plan it belongs to is not in the sources."
            rules.notes.append(Note("warning", subject, sentence))
        else:
            rules.notes.append(Note("warning", subject, "It names no plan."))


def _of_one_plan(members: Sequence[DoseRead], rules: _Rules) -> list[Dose]:
    totals = [r for r in members if r.dose.summation not in ("FRACTION", "BEAM", "CONTROL_POINT")]
    whole = any(r.dose.summation == "PLAN" for r in totals)
    doses = [read.dose for read in totals]
    parts = {
        kind: [r for r in members if r.dose.summation == kind]
        for kind in ("FRACTION", "BEAM", "CONTROL_POINT")
    }
    if whole:
        for read in [r for reads in parts.values() for r in reads]:
            _ignore(read, "The dose of the whole plan is there", rules)
        return doses
    doses += [_fraction_total(read, rules) for read in parts["FRACTION"]]
    if parts["BEAM"] and rules.choices.sum_beam_doses:
        doses.append(_beam_sum(parts["BEAM"], rules))
    else:
        for read in parts["BEAM"]:
            why = "A dose of single beams; ask for --sum-beam-doses to add those of a plan"
            _ignore(read, why, rules)
    for read in parts["CONTROL_POINT"]:
        _ignore(read, "A dose of control points within a beam; Hepatica does not add these", rules)
    return doses


def _ignore(read: DoseRead, why: str, rules: _Rules) -> None:
    rules.notes.append(Note("ignored", read.dose.origin, f"{why}."))


def _fraction_total(read: DoseRead, rules: _Rules) -> Dose:
    """The total of a fraction group; left as it is, with a warning, where n is not known."""
    group = _group(read, rules.plan)
    if rules.plan is None or group is None:
        sentence = "A fraction dose without its plan: it is kept as it is and is no total."
        rules.notes.append(Note("warning", read.dose.origin, sentence))
        return read.dose
    dose = read.dose
    if read.session or rules.choices.fraction_dose_is_one_fraction:
        if group.fractions is None:
            sentence = "One fraction's dose, but the plan states no number of fractions: no total."
            rules.notes.append(Note("warning", dose.origin, sentence))
            return dose
        sentence = f"One fraction's dose, multiplied by {group.fractions} fractions of the plan."
        rules.notes.append(Note("chosen", dose.origin, sentence))
        dose = replace(
            dose,
            volume=dose.volume.scaled(group.fractions),
            origin=f"{dose.origin}, times {group.fractions} fractions",
        )
    else:
        _require_whole_delivery(dose, group, rules.plan)
        sentence = "Taken as the whole delivery of its fraction group, as the standard defines it."
        rules.notes.append(Note("assumed", dose.origin, sentence))
    return replace(dose, summation="PLAN") if len(rules.plan.groups) == 1 else dose


def _group(read: DoseRead, plan: PlanRead | None) -> FractionGroup | None:
    groups = () if plan is None else plan.groups
    if len(groups) == 1:
        return groups[0]
    return next((g for g in groups if g.number == read.group_number), None)


def _require_whole_delivery(dose: Dose, group: FractionGroup, plan: PlanRead) -> None:
    prescribed = plan.plan.prescription_gy
    highest = float(dose.volume.values.max())
    several = (group.fractions or 1) > 1 and len(plan.groups) == 1
    if several and prescribed and highest < _LEAST_SHARE_OF_PRESCRIPTION * prescribed:
        raise Inconsistent(
            f"{dose.origin}: by the standard it is the dose of all {group.fractions} fractions, "
            f"but its maximum is {highest:.2f} Gy where {prescribed:g} Gy are prescribed. If it "
            "holds one fraction, say so (--fraction-dose-is-one-fraction)."
        )


def _beam_sum(reads: Sequence[DoseRead], rules: _Rules) -> Dose:
    plan = rules.plan
    if plan is None:
        raise InvalidInput(
            "Beam doses can be added only when their plan is in the sources: it says which beams "
            "there are. Add the RTPLAN."
        )
    _require_all_beams(reads, plan)
    doses = [_beam_total(read, plan) for read in reads]
    first = doses[0]
    for other in doses[1:]:
        if first.volume.grid.offset_of(other.volume.grid) != (0, 0, 0) or (
            first.volume.grid.shape != other.volume.grid.shape
        ):
            raise Inconsistent(
                f"{first.origin} and {other.origin} lie on different grids and cannot be added. "
                "Export the dose of the plan."
            )
    values = reduce(np.add, (dose.volume.values.astype(np.float64) for dose in doses))
    sentence = f"{len(doses)} beam doses, all beams of the plan, were added as asked."
    rules.notes.append(Note("chosen", f'plan "{plan.plan.label}"', sentence))
    return replace(
        first,
        label=f"{plan.plan.label} (sum of beams)",
        volume=Volume(values.astype(np.float32), first.volume.grid, "Gy"),
        summation="PLAN",
        origin=f"sum of {'; '.join(dose.origin for dose in doses)}",
    )


def _require_all_beams(reads: Sequence[DoseRead], plan: PlanRead) -> None:
    held = Counter(number for read in reads for number in read.beam_numbers)
    needed = {beam.number for beam in plan.plan.beams}
    unnamed = [read.dose.origin for read in reads if not read.beam_numbers]
    missing = sorted(needed - set(held))
    doubled = sorted(number for number, count in held.items() if count > 1)
    foreign = sorted(set(held) - needed)
    faults = [
        f"{what}: {', '.join(map(str, which))}"
        for what, which in (
            ("no beam is named by", unnamed),
            ("missing beams", missing),
            ("beams held twice", doubled),
            ("beams that are not treatment beams of the plan", foreign),
        )
        if which
    ]
    if faults or not needed:
        raise Inconsistent(
            f'The beam doses of plan "{plan.plan.label}" are not its complete set '
            f"({'; '.join(faults) or 'the plan has no beams'}); a sum would not be the plan's "
            "dose. Export the missing doses, or the dose of the plan."
        )


def _beam_total(read: DoseRead, plan: PlanRead) -> Dose:
    if not read.session:
        return read.dose
    group = _group(read, plan)
    if group is None or group.fractions is None:
        raise Inconsistent(
            f"{read.dose.origin}: the dose of one session, but the plan does not state the number "
            "of fractions. Export the dose of the plan."
        )
    return replace(read.dose, volume=read.dose.volume.scaled(group.fractions))


def _told_apart(doses: Sequence[Dose], plans: Mapping[str, PlanRead]) -> list[Dose]:
    """Labels by plan and kind, with the file's UID where two would be alike."""
    named = [replace(dose, label=_label(dose, plans)) for dose in doses]
    often = Counter(dose.label for dose in named)
    return [
        replace(dose, label=f"{dose.label} [{dose.uid}]") if often[dose.label] > 1 else dose
        for dose in named
    ]


def _label(dose: Dose, plans: Mapping[str, PlanRead]) -> str:
    plan = plans.get(dose.plan_uid or "")
    if plan is None or not plan.plan.label or plan.plan.label in dose.label:
        return dose.label
    return f"{plan.plan.label}: {dose.label}"
