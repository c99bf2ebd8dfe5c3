"""A treatment's calendar as a file that calendar programs read (iCalendar, RFC 5545)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hepatica.engine.calendar_rules import ASKED

if TYPE_CHECKING:
    from hepatica.engine.calendar import TreatmentCalendar
    from hepatica.engine.calendar_entry import Entry

_OCTETS = 75
"""Longest line that RFC 5545, section 3.1, allows, without its end."""


def calendar_text(calendar: TreatmentCalendar, version: str) -> str:
    """The calendar as iCalendar text.

    Parameters
    ----------
    calendar : TreatmentCalendar
    version : str
        Of the program, for the file's PRODID.

    Returns
    -------
    str
        Lines of at most 75 octets that end in CRLF. The same calendar gives the same text: its
        time stamp is the start of treatment. No patient is named.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//Hepatica//{version}//EN"]
    lines += ["CALSCALE:GREGORIAN"]
    for number, entry in enumerate(calendar.entries):
        lines += _event(calendar, entry, number)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded(line)}\r\n" for line in lines)


def escaped(text: str) -> str:
    """Text as a value: backslash, semicolon, comma and line end are written with a backslash."""
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, written)
    return text.replace("\r", "")


def folded(line: str) -> str:
    """A line cut after 75 octets at most, never inside a character; what follows is indented."""
    parts, part, room = [], "", _OCTETS
    for character in line:
        size = len(character.encode("utf-8"))
        if size > room:
            parts.append(part)
            part, room = "", _OCTETS - 1
        part += character
        room -= size
    return "\r\n ".join([*parts, part])


def _event(calendar: TreatmentCalendar, entry: Entry, number: int) -> Iterator[str]:
    described = [entry.note, entry.source, f"Protocol {calendar.protocol} {calendar.version}"]
    if entry.name == ASKED:
        described[:1] = [f"{r.condition}: {r.then} (rule {r.rule.name})" for r in calendar.rules]
    described.append("Research use only; not a medical device.")
    yield "BEGIN:VEVENT"
    yield f"UID:{_identity(calendar, entry, number)}@hepatica"
    yield f"DTSTAMP:{_day(calendar.start)}T000000Z"
    yield f"DTSTART;VALUE=DATE:{_day(entry.day)}"
    yield f"DTEND;VALUE=DATE:{_day(entry.last_day + timedelta(days=1))}"
    yield f"SUMMARY:{escaped(entry.what)}"
    yield f"DESCRIPTION:{escaped(chr(10).join(part for part in described if part))}"
    yield f"CATEGORIES:{escaped(entry.kind)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _identity(calendar: TreatmentCalendar, entry: Entry, number: int) -> str:
    told = (calendar.sha256, calendar.start.isoformat(), entry.name, entry.what, str(number))
    return hashlib.sha256("\n".join(told).encode("utf-8")).hexdigest()[:32]


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")
