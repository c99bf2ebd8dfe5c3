"""Whether phases, drugs, rules and printed numbers of a protocol document fit together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from hepatica.document.fault import Path, did_you_mean
from hepatica.protocol.document import Document, Finding, are_numbers, is_number, rows

_NAMED = (
    "phases",
    "drugs",
    "procedure",
    "washout",
    "imaging",
    "dose_modification",
    "stopping",
    "endpoints",
    "population",
    "outcomes",
    "findings",
    "complications",
    "options",
    "missing",
)


def rows_are_named_once(document: Document) -> Iterator[Finding]:
    """No two rows of a list have one name."""
    calendar = document.get("calendar")
    lists = [list(rows(document, key)) for key in _NAMED]
    lists.append(list(rows(calendar, "events", ("calendar",))))
    for group in lists:
        seen: set[str] = set()
        for path, row in group:
            name = row.get("name")
            if isinstance(name, str) and name in seen:
                yield (*path, "name"), f"{name} is already taken; give each its own name."
            seen.add(str(name))


def phases_add_up(document: Document) -> Iterator[Finding]:
    """Fractions times dose per fraction is the dose; each phase follows one that is written."""
    names = [row.get("name") for _, row in rows(document, "phases")]
    for path, row in rows(document, "phases"):
        dose, each, count = (
            row.get(key) for key in ("dose_gy", "dose_per_fraction_gy", "fractions")
        )
        if is_number(dose) and is_number(each) and each > 0:
            given = count if is_number(count) else round(dose / each)
            if abs(given * each - dose) > 0.005 * dose:
                message = (
                    f"{given:g} fractions of {each:g} Gy are {given * each:g} Gy, not {dose:g} Gy."
                )
                yield (*path, "dose_gy"), message
        before = row.get("follows")
        if before is not None and before not in names:
            hint = did_you_mean(str(before), map(str, names))
            yield (*path, "follows"), f"{before} is not a phase; {hint}"
        low_high = row.get("dose_range_gy")
        if isinstance(low_high, tuple) and len(low_high) == 2:
            yield from _rising((*path, "dose_range_gy"), *low_high, dose)


def measured_numbers_are_whole(document: Document) -> Iterator[Finding]:
    """A printed row has a number inside its range, and a count that is not above its total."""
    for path, row in _measured(document):
        low, high, value = row.get("low"), row.get("high"), row.get("value")
        if all(row.get(key) is None for key in ("value", "low", "high", "count")):
            yield path, "a row needs value, low and high, or count."
        if "bound" in row and value is None:
            yield (*path, "bound"), "bound goes with value; write the number as value."
        yield from _rising((*path, "low"), low, high, value)
        count, total = row.get("count"), row.get("of")
        if is_number(count) and is_number(total) and count > total:
            yield (*path, "count"), f"{count:g} is more than the {total:g} it is counted among."


def named_rows_exist(document: Document) -> Iterator[Finding]:
    """Drugs and earlier rules that a rule names are written in the document."""
    drugs = [str(row.get("name")) for _, row in rows(document, "drugs")]
    ladder = [str(row.get("name")) for _, row in rows(document, "dose_modification")]
    for path, row in rows(document, "dose_modification"):
        yield from _known((*path, "drugs"), row.get("drugs"), drugs, "a drug of this document")
        before = row.get("after")
        if before is not None:
            yield from _known((*path, "after"), (before,), ladder, "a rule of dose_modification")
    for path, row in rows(document, "drugs"):
        mixed = row.get("mixed_with")
        yield from _known((*path, "mixed_with"), mixed, drugs, "a drug of this document")
        if row.get("dose") is not None and (row.get("unit") is None or row.get("per") is None):
            yield path, "a dose needs its unit and per: (administration, day or cycle)."


def amounts_and_heat_are_whole(document: Document) -> Iterator[Finding]:
    """A ceiling in mg is that of a dose in mg, and a range of temperatures rises."""
    for path, row in rows(document, "drugs"):
        unit = row.get("unit")
        if row.get("cap_mg") is not None and unit not in ("mg/m2", "mg/kg", "mg", None):
            message = f"a ceiling in mg does not bound a dose in {unit}; leave it out."
            yield (*path, "cap_mg"), message
        yield from _divided(path, row)
    heat = document.get("heat")
    low_high = heat.get("temperature_celsius") if isinstance(heat, dict) else None
    low_high = low_high.get("value") if isinstance(low_high, dict) else low_high
    if are_numbers(low_high) and len(low_high) == 2:
        yield from _rising(("heat", "temperature_celsius"), *low_high, None)


def _divided(path: Path, row: dict[str, Any]) -> Iterator[Finding]:
    """An amount for a whole day or cycle is not given several times in it."""
    per, times, days = row.get("per"), row.get("times_a_day"), row.get("days")
    times = times.get("value") if isinstance(times, dict) else times
    if per in ("day", "cycle") and isinstance(times, int) and times > 1:
        message = f"a dose per {per} that is given {times} times a day can be read in two ways"
        yield (*path, "per"), f"{message}; write the dose of one administration."
    if per == "cycle" and isinstance(days, list | tuple) and len(days) > 1:
        message = f"a dose per cycle that is begun on {len(days)} days can be read in two ways"
        yield (*path, "per"), f"{message}; write the dose of one administration."


def events_have_a_time(document: Document) -> Iterator[Finding]:
    """An event is at certain times, or at regular times with at most one end."""
    calendar = document.get("calendar")
    for path, row in rows(calendar, "events", ("calendar",)):
        if bool(row.get("at")) == (row.get("every") is not None):
            yield path, "an event has either at: or every:."
        elif "until" in row and row.get("until_last_dose") is True:
            yield (*path, "until"), "until: and until_last_dose: exclude each other; keep one."


def dose_days_fit(document: Document) -> Iterator[Finding]:
    """There is a day for every fraction, each later than the one before, all within the course."""
    calendar, rule = document.get("calendar"), document.get("prescription")
    days = calendar.get("dose_days") if isinstance(calendar, dict) else None
    days = days.get("value") if isinstance(days, dict) else days
    if not are_numbers(days) or not isinstance(rule, dict):
        return
    path: Path = ("calendar", "dose_days")
    number, within = rule.get("fractions"), rule.get("overall_days")
    if is_number(number) and len(days) != number:
        yield path, f"{len(days)} days for {number:g} fractions; one for each is needed."
    if any(later <= earlier for earlier, later in pairwise(days)):
        yield path, "the days must rise from first to last; the first fraction is on day 0."
    if is_number(within) and days and max(days) >= within:
        yield path, f"day {max(days):g} is not within {within:g} days that begin with day 0."


def _measured(document: Document) -> Iterator[tuple[Path, dict[str, Any]]]:
    for key in ("population", "outcomes"):
        yield from rows(document, key)
    for key in ("procedure", "imaging", "missing"):
        for path, row in rows(document, key):
            for inner in ("settings", "figures", "recalled"):
                yield from rows(row, inner, path)
    yield from rows(document.get("infusion"), "settings", ("infusion",))


def _rising(path: Path, low: Any, high: Any, value: Any) -> Iterator[Finding]:
    if is_number(low) and is_number(high) and low > high:
        yield path, f"the range runs from {low:g} to {high:g}; its lower end comes first."
    elif is_number(low) and is_number(value) and value < low:
        yield path, f"{value:g} lies below the range, which starts at {low:g}."
    elif is_number(high) and is_number(value) and value > high:
        yield path, f"{value:g} lies above the range, which ends at {high:g}."


def _known(path: Path, names: Any, known: list[str], what: str) -> Iterator[Finding]:
    for i, name in enumerate(names if isinstance(names, tuple) else ()):
        if name not in known:
            at = (*path, i) if path[-1] != "after" else path
            yield at, f"{name} is not {what}; {did_you_mean(str(name), known)}"
