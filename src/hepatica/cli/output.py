"""How commands speak: results on stdout, progress and errors on stderr, and an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import typer

from hepatica.errors import HepaticaError

Progress = Callable[[str, int, int], None]


class DoseBits(StrEnum):
    """How many bits a stored dose has."""

    SIXTEEN = "16"
    THIRTY_TWO = "32"

    @property
    def number(self) -> Literal[16, 32]:
        """As a number."""
        return 16 if self is DoseBits.SIXTEEN else 32


DoseBitsOption = typer.Option(DoseBits.THIRTY_TWO, "--dose-bits", help="32, or 16 for old systems.")
JsonOption = typer.Option(False, "--json", help="Print one JSON document on stdout.")
ForceOption = typer.Option(False, "--force", help="Overwrite what is there.")


def say(text: str = "") -> None:
    """A line of a result, on stdout."""
    sys.stdout.write(text + "\n")


def tell(text: str) -> None:
    """A line for the person at the terminal, on stderr."""
    sys.stderr.write(text + "\n")


class Printed:
    """Whether this call has printed its JSON document: there is never a second one."""

    document = False


def print_document(schema: str, content: Mapping[str, Any], version: int = 1) -> None:
    """One JSON document on stdout, with its schema and version first."""
    say(document_text(schema, content, version))
    Printed.document = True


def document_text(schema: str, content: Mapping[str, Any], version: int = 1) -> str:
    """The JSON text of a document, with its schema and version first."""
    document = {"schema": f"hepatica/{schema}", "version": version, **content}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def print_error(error: HepaticaError, as_json: bool) -> None:
    """The error on stderr, and as a document on stdout where JSON was asked for.

    A result that was printed before the error stays the one document of the call.
    """
    tell(f"hepatica: {error}")
    if as_json and not Printed.document:
        print_document(
            "error",
            {
                "error": type(error).__name__,
                "message": str(error),
                "exit_code": error.exit_code,
            },
        )


def call_words(context: typer.Context) -> tuple[str, ...]:
    """The words of a call for its record: commands, options and choices; paths as ``<path>``."""
    names: list[str] = []
    outer: Any = context
    while outer is not None and outer.parent is not None:
        names.insert(0, outer.info_name or "")
        outer = outer.parent
    words = ["hepatica", *names]
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is None or source.name != "COMMANDLINE":
            continue
        value = context.params[parameter.name or ""]
        option = [parameter.opts[-1]] if parameter.opts[-1].startswith("-") else []
        for one in value if isinstance(value, list | tuple) else [value]:
            words += option if isinstance(one, bool) else [*option, _without_path(one)]
    return tuple(words)


def _without_path(value: Any) -> str:
    """A path, or a text that stands for a file, says whose data it holds: it is not kept."""
    if isinstance(value, Path):
        return "<path>"
    text = str(value.value if isinstance(value, StrEnum) else value)
    is_path = any(mark in text for mark in "/\\") or Path(text).exists()
    return "<path>" if is_path else text


@contextmanager
def progress(title: str) -> Iterator[Progress]:
    """A progress bar on stderr; plain lines when stderr is not a terminal.

    Yields a function of (step, done, total).
    """
    if not sys.stderr.isatty():
        yield _line_progress(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(title, total=None)

        def report(step: str, done: int, total: int) -> None:
            bars.update(task, description=f"{title}: {step}", completed=done, total=total or None)

        yield report


def _line_progress(title: str) -> Progress:
    seen: set[str] = set()

    def report(step: str, done: int, total: int) -> None:
        if step not in seen:
            seen.add(step)
            tell(f"{title}: {step}")

    return report


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """A table on stdout, as wide as the terminal allows."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    Console(highlight=False, soft_wrap=False).print(grid)
