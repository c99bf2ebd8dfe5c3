"""A sound document for the tests to break."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

HOW_TO = Path(__file__).resolve().parents[2] / "docs/how-to/add-a-treatment.md"


def shipped(name: str = "sbrt-six-fraction") -> str:
    """The text of a treatment of the library."""
    library = resources.files("hepatica.protocol").joinpath("library")
    return library.joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def small() -> str:
    """The complete document that the how-to page explains."""
    page = HOW_TO.read_text(encoding="utf-8")
    return page.split("```yaml\n", 1)[1].split("```", 1)[0]


def changed(text: str, *changes: tuple[str, str]) -> str:
    """The text with each first part replaced once by its second part."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def line_of(text: str, part: str) -> int:
    """The line, from 1, in which a part of the text first stands."""
    return text[: text.index(part)].count("\n") + 1
