"""hepatica protocol: the written treatments."""

from __future__ import annotations

from pathlib import Path

import typer

from hepatica.cli.output import JsonOption, print_document, say, table
from hepatica.cli.protocol_calendar import calendar
from hepatica.errors import InvalidInput

app = typer.Typer(no_args_is_help=True, help="The written treatments: list, show, validate.")


@app.command("list")
def list_(as_json: bool = JsonOption) -> None:
    """The protocols of the library."""
    from hepatica.protocol import load_protocol, protocol_names

    documents = [load_protocol(name) for name in protocol_names()]
    if as_json:
        rows = [
            {
                "id": d.name,
                "name": d.name,
                "title": d.title,
                "modality": d.modality,
                "version": d.version,
            }
            for d in documents
        ]
        print_document("protocol-list", {"protocols": rows})
        return
    shown = [[d.name, d.modality.replace("_", " "), d.title] for d in documents]
    table("Protocols", ["name", "kind", "title"], shown)


@app.command()
def show(
    protocol: str = typer.Argument(..., help="Name in the library, or a YAML file."),
    as_json: bool = JsonOption,
) -> None:
    """A protocol in plain words, with the source of every number."""
    from hepatica.protocol import describe, load_protocol

    document = load_protocol(protocol)
    if as_json:
        content = document.model_dump(mode="json", warnings=False)
        print_document("protocol", {"sha256": document.sha256, "protocol": content})
        return
    say(describe(document))


@app.command()
def validate(
    document: Path = typer.Argument(..., help="YAML file of a protocol."),
    as_json: bool = JsonOption,
) -> None:
    """All faults of a protocol document at once, each with its line."""
    from hepatica.engine.risk_model import model_faults
    from hepatica.physics.biology import model_names
    from hepatica.protocol import load_protocol, validate

    known: dict[tuple[str | int, ...], tuple[str, ...]] = {("prescription", "model"): model_names()}
    faults = [str(fault) for fault in validate(document, known)]
    if not faults:
        faults = model_faults(load_protocol(str(document)))
    if as_json:
        print_document("protocol-validation", {"valid": not faults, "faults": faults})
    if faults:
        raise InvalidInput(f"{document} has {len(faults)} fault(s):\n" + "\n".join(faults))
    if not as_json:
        say(f"{document} is a valid protocol.")


@app.command()
def schema(
    as_json: bool = typer.Option(False, "--json", help="Changes nothing: it is JSON already."),
) -> None:
    """The JSON schema of a protocol document, for editors."""
    from hepatica.protocol.reference import protocol_schema

    print_document("protocol-schema", protocol_schema())


app.command()(calendar)
