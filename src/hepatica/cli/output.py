"""How commands speak: results on stdout, progress and errors on stderr, and an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
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


def print_document(schema: str, content: Mapping[str, Any], version: int = 1) -> None:
    """One JSON document on stdout, with its schema and version first."""
    say(document_text(schema, content, version))


def document_text(schema: str, content: Mapping[str, Any], version: int = 1) -> str:
    """The JSON text of a document, with its schema and version first."""
    document = {"schema": f"hepatica/{schema}", "version": version, **content}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def print_error(error: HepaticaError, as_json: bool) -> None:
    """The error on stderr, and as a document on stdout where JSON was asked for."""
    tell(f"hepatica: {error}")
    if as_json:
        print_document(
            "error",
            {
                "error": type(error).__name__,
                "message": str(error),
                "exit_code": error.exit_code,
            },
        )


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
