"""Therapies one after the other, and what brings the patient back to the board."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from hepatica.engine.board.records import OPEN, Plan, PlanStep, Row
from hepatica.engine.board.standing import Patient
from hepatica.protocol.rules import RulePack, Step, therapy_named

State = Literal["open", "waiting", "blocked"]


def plans(pack: RulePack, rows: Mapping[str, Row], patient: Patient) -> Iterator[Plan]:
    """The sequences of a pack that begin with a therapy which is open, or waits for data."""
    for sequence in pack.sequences:
        starts = [rows[name] for name in sequence.when_open if name in rows]
        opened = tuple(row.name for row in starts if row.status in OPEN)
        waiting = tuple(row.name for row in starts if row.status == "needs_data")
        fits = True if sequence.when is None else patient.asked(sequence.when).truth
        if fits is False or not (opened or waiting):
            continue
        steps = tuple(_step(step, rows) for step in sequence.steps)
        yield Plan(
            id=sequence.id,
            title=sequence.title,
            state=_state(steps, is_open=bool(opened) and fits is True),
            opened_by=opened or waiting,
            steps=steps,
            re_entry=sequence.re_entry,
            source=str(sequence.source),
        )


def _state(steps: tuple[PlanStep, ...], *, is_open: bool) -> State:
    if any(step.status == "contraindicated" for step in steps):
        return "blocked"
    return "open" if is_open else "waiting"


def _step(step: Step, rows: Mapping[str, Row]) -> PlanStep:
    if step.therapy is None:
        return PlanStep(step.event or "")
    row = rows.get(step.therapy)
    title = therapy_named(step.therapy).title
    says = f"{title}: {step.says}" if step.says else title
    return PlanStep(says, step.therapy, "" if row is None else row.status)
