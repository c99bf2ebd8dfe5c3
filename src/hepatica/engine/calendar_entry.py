"""One line of a treatment's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Kind = Literal[
    "dose", "heat", "drug", "visit", "laboratory", "imaging", "procedure", "task", "closed"
]


@dataclass(frozen=True)
class Entry:
    """One line of a calendar.

    Parameters
    ----------
    day : date
    kind : dose, heat, drug, visit, laboratory, imaging, procedure, task or closed
    name : str
        The row of the protocol that it comes from.
    what : str
    planned : date
        Where the protocol puts it; ``day`` differs if the centre is closed then.
    last_day : date
        Of something that goes on for days; else the day itself.
    source : str
        Publication and place.
    note : str
        Why it was moved, and what else is to be known.
    amount_mg : float
        What this patient is given each time, where patient and protocol say enough.
    """

    day: date
    kind: Kind
    name: str
    what: str
    planned: date
    last_day: date
    source: str
    note: str = ""
    amount_mg: float | None = None

    @property
    def moved_days(self) -> int:
        """By how many days it was moved; negative towards the past."""
        return (self.day - self.planned).days

    def as_document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "day": self.day.isoformat(),
            "kind": self.kind,
            "name": self.name,
            "what": self.what,
            "planned": self.planned.isoformat(),
            "last_day": self.last_day.isoformat(),
            "moved_days": self.moved_days,
            "source": self.source,
            "note": self.note,
            "amount_mg": self.amount_mg,
        }
