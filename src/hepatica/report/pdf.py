"""The report as a PDF for printing and filing: the content of the HTML, the same bytes always."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from hepatica.errors import MissingExtra
from hepatica.report.html import kind_of
from hepatica.report.sheet import Block, Picture, Sheet


def pdf_bytes(sheet: Sheet) -> bytes:
    """The PDF of a report, A4, set with typst.

    Only typefaces that come with the program are used, and no date is written, so that the same
    report gives the same bytes on every machine.

    Raises
    ------
    MissingExtra
        If typst is not installed.
    """
    typst = typesetter()
    template = files(__package__).joinpath("templates/sheet.typ").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sheet.typ").write_text(template, encoding="utf-8")
        for picture in _pictures(sheet):
            (folder / f"{picture.name}.svg").write_text(picture.svg, encoding="utf-8")
        document = json.dumps(_document(sheet), ensure_ascii=False)
        (folder / "sheet.json").write_text(document, encoding="utf-8")
        return bytes(
            typst.compile(
                str(folder / "sheet.typ"),
                root=name,
                font_paths=[str(_typefaces())],
                ignore_system_fonts=True,
            )
        )


def typesetter() -> ModuleType:
    """The typst package.

    Raises
    ------
    MissingExtra
        If it is not installed.
    """
    try:
        import typst
    except ImportError as absent:
        raise MissingExtra("typst", "report", "Writing a PDF report") from absent
    return typst


def _typefaces() -> Path:
    """The folder of DejaVu typefaces that matplotlib brings."""
    try:
        import matplotlib
    except ImportError as absent:
        raise MissingExtra("matplotlib", "report", "Writing a PDF report") from absent
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def _pictures(sheet: Sheet) -> list[Picture]:
    return [b for section in sheet.sections for b in section.blocks if isinstance(b, Picture)]


def _document(sheet: Sheet) -> dict[str, Any]:
    """The sheet as JSON, each block with the name of its kind."""
    document = dataclasses.asdict(dataclasses.replace(sheet, sections=()))
    document["sections"] = [
        {"title": section.title, "blocks": [_block(block) for block in section.blocks]}
        for section in sheet.sections
    ]
    return document


def _block(block: Block) -> dict[str, Any]:
    entry = dataclasses.asdict(block) | {"kind": kind_of(block)}
    entry.pop("svg", None)
    return entry
