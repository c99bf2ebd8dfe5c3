"""hepatica isotoxic: the dose that carries a given risk, without a patient."""

from __future__ import annotations

from pathlib import Path

import typer

from hepatica.cli.output import ForceOption, JsonOption, print_document, table, tell
from hepatica.errors import UsageError


def isotoxic(
    veff: float = typer.Option(..., "--veff", help="Effective liver volume, 0 to 1."),
    risk: list[float] = typer.Option([], "--risk", help="Risk level, such as 0.10; repeatable."),
    protocol: str = typer.Option("sbrt-six-fraction", help="Protocol name or file."),
    fractions: int | None = typer.Option(None, help="Default: the protocol's."),
    reference_fraction_gy: float | None = typer.Option(
        None, help="Reference fraction of the model; default: the parameter set's."
    ),
    plot: Path | None = typer.Option(None, "--plot", help="Picture to write: .svg, .png or .pdf."),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """The total dose at which a uniformly irradiated part of the liver carries a given risk."""
    from hepatica.engine.isotoxic import isotoxic_doses
    from hepatica.protocol import load_isotoxic_protocol

    document = load_isotoxic_protocol(protocol)
    risks = tuple(risk) or document.prescription.risk_levels
    found = isotoxic_doses(
        document, veff, risks, fractions=fractions, reference_fraction_gy=reference_fraction_gy
    )
    if plot is not None:
        if plot.exists() and not force:
            raise UsageError(f"{plot} exists. Choose another name, or overwrite it with --force.")
        from hepatica.report.isotoxic_figure import isotoxic_figure

        isotoxic_figure(document, plot, risks, patient=None)
        tell(f"Picture written to {plot}")
    if as_json:
        print_document("isotoxic", found.as_document())
        return
    rows = [
        [f"{dose.risk:.0%}", f"{dose.curve_gy:.1f}", _gy(dose.protocol_gy), dose.because]
        for dose in found.doses
    ]
    title = (
        f"Veff {veff:g}, {found.fractions} fractions, {found.model.name}, stratum {found.stratum}"
    )
    table(title, ["risk", "curve Gy", "protocol Gy", "why"], rows)


def _gy(dose_gy: float | None) -> str:
    return "none" if dose_gy is None else f"{dose_gy:.1f}"
