"""The command line: read, call the engine, write. No clinical logic lives here."""

from __future__ import annotations

import sys

import typer

from hepatica import __version__
from hepatica.cli import case, demo, dose, isotoxic, plan, protocol
from hepatica.cli.output import print_error
from hepatica.errors import HepaticaError, InvalidInput

app = typer.Typer(
    name="hepatica",
    help="Plans, evaluates and follows the treatment of liver metastases from written protocols. "
    "Research use only; not a medical device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(case.app, name="case")
app.add_typer(protocol.app, name="protocol")
app.add_typer(plan.app, name="plan")
app.add_typer(dose.app, name="dose")
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
    try:
        app()
    except HepaticaError as error:
        print_error(error, as_json)
        sys.exit(error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print_error(InvalidInput(f"{where}{error.strerror or error}."), as_json)
        sys.exit(InvalidInput.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("hepatica: interrupted\n")
        sys.exit(130)
