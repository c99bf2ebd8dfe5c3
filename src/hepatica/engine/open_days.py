"""On which days a centre treats: weekends, holidays, and the next day that is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from hepatica.errors import InvalidInput

_SATURDAY = 5
_LONGEST_CLOSURE = 60
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class OpenDays:
    """When a centre is closed.

    Parameters
    ----------
    holidays : mapping of date to name
    weekends_closed : bool
        Whether Saturdays and Sundays are closed.
    """

    holidays: Mapping[date, str] = field(default_factory=dict)
    weekends_closed: bool = True

    def closed(self, day: date) -> str:
        """Why the centre is closed on a day; empty if it is open."""
        if day in self.holidays:
            return self.holidays[day]
        return "weekend" if self.weekends_closed and day.weekday() >= _SATURDAY else ""

    def from_then_on(self, day: date) -> date:
        """The day itself if it is open, else the first open day after it.

        Raises
        ------
        InvalidInput
            If the centre is closed for more than 60 days in a row.
        """
        return self._nearest(day, _DAY)

    def until_then(self, day: date) -> date:
        """The day itself if it is open, else the last open day before it.

        Raises
        ------
        InvalidInput
            As ``from_then_on``.
        """
        return self._nearest(day, -_DAY)

    def _nearest(self, day: date, step: timedelta) -> date:
        found = day
        for _ in range(_LONGEST_CLOSURE):
            if not self.closed(found):
                return found
            found += step
        raise InvalidInput(
            f"The centre is closed for {_LONGEST_CLOSURE} days in a row from {day}; a calendar "
            "needs open days. Check the list of holidays."
        )


def week(day: date) -> tuple[int, int]:
    """Year and number of the week, which begins on Monday."""
    year, number, _ = day.isocalendar()
    return year, number


def later(day: date, amount: int, unit: str) -> date:
    """The day that lies so many days, weeks, months or years after another.

    A month that has no such day (31 January and one month) ends on its last.

    Examples
    --------
    >>> later(date(2027, 1, 31), 1, "months")
    datetime.date(2027, 2, 28)
    """
    if unit in ("days", "weeks"):
        return day + timedelta(days=amount * (7 if unit == "weeks" else 1))
    total = day.year * 12 + day.month - 1 + amount * (12 if unit == "years" else 1)
    year, month = divmod(total, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def parse_holidays(text: str, shown: str = "holidays") -> dict[date, str]:
    """Holidays from a text of one day a line: ``2026-12-25 Christmas``.

    Parameters
    ----------
    text : str
        Empty lines and what follows a ``#`` are passed over.
    shown : str
        What messages call it, normally the name of its file.

    Raises
    ------
    InvalidInput
        With the number of each line that does not start with a date.
    """
    found: dict[date, str] = {}
    wrong: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        day, _, name = line.partition("#")[0].strip().partition(" ")
        if not day:
            continue
        try:
            found[date.fromisoformat(day)] = name.strip() or "holiday"
        except ValueError:
            wrong.append(f"line {number}: {day!r} is not a date")
    if wrong:
        raise InvalidInput(
            f"{shown}: {'; '.join(wrong)}. Each line is a day and its name: 2026-12-25 Christmas."
        )
    return found
