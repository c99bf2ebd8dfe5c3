"""The report as one HTML file that needs nothing beside it: no network, no scripts."""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hepatica.report.sheet import Facts, Picture, Sheet, Table, Text

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_KINDS: tuple[tuple[type, str], ...] = (
    (Table, "table"),
    (Picture, "picture"),
    (Facts, "facts"),
    (Text, "text"),
)


def html_text(sheet: Sheet) -> str:
    """The whole file as text: style sheet and pictures are inside."""
    style = files(__package__).joinpath("templates/style.css").read_text(encoding="utf-8")
    return _environment().get_template("sheet.html.j2").render(sheet=sheet, style=style)


def kind_of(block: object) -> str:
    """``table``, ``picture``, ``facts`` or ``text``: which part of a template sets a block."""
    return next(kind for type_, kind in _KINDS if isinstance(block, type_))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("hepatica.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "kind": kind_of,
        "data_uri": _data_uri,
        "tone": _tone_class,
        "prose": _prose,
    }
    environment.filters.update(filters)
    return environment


def _data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode("utf-8")).decode("ascii")


def _prose(text: str) -> Markup:
    """Escaped text with its line breaks, in which an option such as --dose is not broken."""
    from markupsafe import Markup, escape

    unbroken = re.sub(r"--[a-z][a-z-]*", r'<span class="nowrap">\g<0></span>', str(escape(text)))
    return Markup(unbroken.replace("\n", "<br>"))


def _tone_class(tone: str) -> str:
    return tone.replace(" ", "-")
