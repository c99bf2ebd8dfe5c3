"""One line of a treatment's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Kind = Literal["dose", "drug", "visit", "laboratory", "imaging", "procedure", "task", "closed"]


@dataclass(frozen=True)
class Entry:
    """One line of a calendar.

    Parameters
    ----------
    day : date
    kind : dose, drug, visit, laboratory, imaging, procedure, task or closed
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
    """

    day: date
    kind: Kind
    name: str
    what: str
    planned: date
    last_day: date
    source: str
    note: str = ""

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
        }
