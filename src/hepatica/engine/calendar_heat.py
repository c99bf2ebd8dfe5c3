"""On which days a patient is heated: on days of radiotherapy, and not too often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from hepatica.engine.calendar_entry import Entry
from hepatica.engine.open_days import week
from hepatica.protocol import Heat, Protocol

_WIDEST_SPREAD_DAYS = 5
"""Of one session a week: a day that is closed must not push it out of the next week."""


@dataclass(frozen=True)
class HeatSessions:
    """The sessions of a course, and what had to be chosen or could not be placed."""

    sessions: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()


def heat_sessions(protocol: Protocol, fractions: Sequence[Entry]) -> HeatSessions:
    """The heating sessions of a protocol, each on a day on which a fraction is given.

    Parameters
    ----------
    protocol : Protocol
    fractions : sequence of Entry
        Those of its radiotherapy, on their days.

    Returns
    -------
    HeatSessions
        Empty for a treatment without heat. Never more sessions in a week than the protocol says,
        never closer to each other than it allows; those that do not fit are told, not squeezed in.
    """
    heat = protocol.heat
    if heat is None:
        return HeatSessions()
    if heat.sessions is None:
        told = "The number of heating sessions is not published; none is on the calendar."
        return HeatSessions((), (told,))
    offered = sorted({one.day for one in fractions})
    warnings = []
    if heat.sessions_a_week is None and heat.days_between is None:
        chosen = _evenly(offered, heat.sessions)
        warnings.append("How the heating sessions are spaced is not published; they are spread.")
    else:
        chosen = list(islice(_spaced(offered, heat), heat.sessions))
    if len(chosen) < heat.sessions:
        warnings.append(
            f"{len(chosen)} of {heat.sessions} heating sessions fit on the days of radiotherapy "
            "with the distance that they need; the others are not on the calendar."
        )
    if heat.minutes_from_fraction is None:
        warnings.append(
            "The time between heat and fraction is not published; sessions stand on days of "
            "radiotherapy."
        )
    return HeatSessions(tuple(_entries(heat, chosen)), tuple(warnings))


def _entries(heat: Heat, chosen: Sequence[date]) -> Iterator[Entry]:
    for number, day in enumerate(chosen, 1):
        what = f"Heat session {number} of {heat.sessions}: {', '.join(_details(heat))}"
        yield Entry(day, "heat", "heat", what, day, day, str(heat.source))


def _evenly(offered: Sequence[date], wanted: int) -> list[date]:
    if wanted >= len(offered) or wanted == 1:
        return list(offered[:wanted])
    last = len(offered) - 1
    return [offered[round(i * last / (wanted - 1))] for i in range(wanted)]


def _spaced(offered: Sequence[date], heat: Heat) -> Iterator[date]:
    """The earliest days that keep the distance and the number in a week.

    Where only the number in a week is printed, the sessions are spread over it.
    """
    a_week = heat.sessions_a_week
    apart = heat.days_between or min(7 // (a_week or 1), _WIDEST_SPREAD_DAYS)
    in_week: Counter[tuple[int, int]] = Counter()
    before: date | None = None
    for day in offered:
        full = a_week is not None and in_week[week(day)] >= a_week
        if full or (before is not None and (day - before).days < apart):
            continue
        in_week[week(day)] += 1
        before = day
        yield day


def _details(heat: Heat) -> Iterator[str]:
    """``41 to 42 degrees Celsius``, ``60 minutes``, ``within 30 minutes after the fraction``."""
    if heat.temperature_celsius is not None:
        low, high = heat.temperature_celsius
        yield f"{low:g} to {high:g} degrees Celsius" if low < high else f"{low:g} degrees Celsius"
    if heat.session_minutes is not None:
        yield f"{heat.session_minutes:g} minutes"
    if heat.minutes_from_fraction is not None:
        yield f"within {heat.minutes_from_fraction:g} minutes {heat.order or 'of'} the fraction"
    else:
        yield f"{heat.order or 'on the day of'} the fraction"
    yield from heat.goals
