"""The command line: read, call the engine, write. No clinical logic lives here."""

from __future__ import annotations

import sys
from typing import Any

import typer

from hepatica import __version__
from hepatica.cli import (
    audit,
    board,
    case,
    cohort,
    demo,
    dose,
    fhir,
    isotoxic,
    machine,
    plan,
    plan_create,
    protocol,
    record,
    screen,
    shelf,
)
from hepatica.cli.output import Printed, print_error
from hepatica.errors import HepaticaError, InvalidInput, UsageError

app = typer.Typer(
    name="hepatica",
    help="Plans, evaluates and follows the treatment of liver metastases from written protocols. "
    "Research use only; not a medical device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
case.app.command(name="new")(record.new)
case.app.command(name="fields")(record.fields)
app.add_typer(case.app, name="case")
app.add_typer(fhir.app, name="record")
app.add_typer(cohort.app, name="cohort")
app.add_typer(protocol.app, name="protocol")
plan.app.command(name="create")(plan_create.create)
plan.app.command(name="export")(plan_create.export)
app.add_typer(plan.app, name="plan")
app.add_typer(dose.app, name="dose")
app.add_typer(machine.app, name="machine")
app.add_typer(shelf.app, name="shelf")
app.add_typer(audit.app, name="audit")
app.command(name="screen")(screen.screen)
app.command(name="board")(board.board)
app.command(name="isotoxic")(isotoxic.isotoxic)
app.command(name="demo")(demo.demo)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hepatica {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Options of the program itself."""


def main() -> None:
    """Run the command line; errors of Hepatica become one line and an exit code."""
    as_json = "--json" in sys.argv
    Printed.document = False
    try:
        if as_json:
            _run_for_a_program()
        else:
            app()
    except HepaticaError as error:
        print_error(error, as_json)
        sys.exit(error.exit_code)
    except OSError as error:
        print_error(InvalidInput(_about_a_file(error)), as_json)
        sys.exit(InvalidInput.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("hepatica: interrupted\n")
        sys.exit(130)


_WordsError: type[Any] = typer.BadParameter.__mro__[1]
"""What typer raises on words it does not know; it exports the name of one special case only."""


def _run_for_a_program() -> None:
    """The call's words may be wrong: a program that asked for JSON gets that as JSON too."""
    try:
        ended = app(standalone_mode=False)
    except _WordsError as error:
        raise UsageError(f"{error.format_message()} See --help.") from error
    if isinstance(ended, int) and ended:
        sys.exit(ended)


def _about_a_file(error: OSError) -> str:
    """What to do about a file that the system does not let us read or write."""
    where = f"{error.filename}: " if error.filename else ""
    if isinstance(error, FileExistsError | NotADirectoryError):
        return (
            f"{where}there is a file where a folder is needed. Choose another folder, or move it."
        )
    if isinstance(error, IsADirectoryError):
        return f"{where}there is a folder where a file is needed. Give the path of a file."
    if isinstance(error, PermissionError):
        return (
            f"{where}the system does not allow it. Check the permissions, or choose another path."
        )
    return f"{where}{error.strerror or error}. Check the path and the space left on the disk."
