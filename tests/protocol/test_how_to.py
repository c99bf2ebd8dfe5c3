"""The protocol that the how-to page writes in 20 minutes is sound and gives a calendar."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from hepatica.engine.calendar import treatment_calendar
from hepatica.protocol import describe, parse_protocol, validate
from hepatica.protocol.modalities import NEEDS

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/write-a-protocol.md"


def pieces() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


def whole() -> str:
    return "\n".join(piece for piece in pieces() if not piece.startswith("- "))


def test_the_pieces_of_the_page_are_one_sound_document() -> None:
    assert validate(whole()) == []


def test_the_amended_criterion_of_the_page_fits_into_it() -> None:
    (leaf,) = (piece for piece in pieces() if piece.startswith("- "))
    inner = "".join(f"    {line}\n" for line in leaf.splitlines())
    text = whole()
    assert validate(text.replace("  all:\n", f"  all:\n{inner}", 1)) == []


def test_the_document_of_the_page_gives_the_calendar_it_promises() -> None:
    protocol = parse_protocol(whole())
    calendar = treatment_calendar(protocol, date(2026, 12, 14))
    doses = [entry for entry in calendar.entries if entry.kind == "dose"]
    assert len(doses) == 20
    assert calendar.warnings == ()
    assert len([e for e in calendar.entries if e.name == "oxaliplatin"]) == 2
    assert len([e for e in calendar.entries if e.name == "visits"]) == 4
    assert "contradicted: 50 per cent. Taken: The count." in " ".join(describe(protocol).split())


def test_the_page_names_every_kind_of_block() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for key in {key for needed in NEEDS.values() for key in needed}:
        assert f"`{key}`" in text or f"\n{key}:" in text, key
