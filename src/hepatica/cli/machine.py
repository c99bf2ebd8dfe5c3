"""hepatica machine: the treatment machines and how they are fitted to measurements."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hepatica.cli.output import (
    ForceOption,
    JsonOption,
    call_words,
    print_document,
    progress,
    say,
    table,
    tell,
)
from hepatica.errors import InvalidInput, UsageError

if TYPE_CHECKING:
    from hepatica.machine import Machine
    from hepatica.physics.photon.commission_check import FitCheck

app = typer.Typer(no_args_is_help=True, help="Treatment machines: list, show, validate, fit.")


@app.command("list")
def list_(as_json: bool = JsonOption) -> None:
    """The machines of the library."""
    from hepatica.machine import load_machine, machine_names

    machines = [load_machine(name) for name in machine_names()]
    if as_json:
        rows = [{"name": m.name, "title": m.title, "version": m.version} for m in machines]
        print_document("machine-list", {"machines": rows})
        return
    table("Machines", ["name", "title"], [[m.name, m.title] for m in machines])


@app.command()
def show(
    machine: str = typer.Argument(..., help="Name in the library, a YAML file or a .mat file."),
    as_json: bool = JsonOption,
) -> None:
    """A machine in plain words, with the source of every number."""
    from hepatica.machine.describe import describe

    found = _any_machine(machine)
    if as_json:
        print_document("machine", _content(found))
        return
    say(describe(found))


@app.command()
def validate(
    document: Path = typer.Argument(..., help="YAML or JSON file of a machine."),
    as_json: bool = JsonOption,
) -> None:
    """All faults of a machine document at once, each with its line."""
    from hepatica.machine.load import machine_faults

    faults = list(machine_faults(document))
    if as_json:
        print_document("machine-validation", {"valid": not faults, "faults": faults})
    if faults:
        raise InvalidInput(f"{document} has {len(faults)} fault(s):\n" + "\n".join(faults))
    if not as_json:
        say(f"{document} is a valid machine.")


@app.command()
def fit(
    context: typer.Context,
    measurements: str = typer.Argument(
        ..., help="Folder of measurements, YAML that names tables, or artiste-6mv, synergy-6mv."
    ),
    out: Path = typer.Option(..., "--out", help="Folder for the machine and the report."),
    data: Path | None = typer.Option(None, "--data", help="Folder of the tables that are named."),
    chosen: str | None = typer.Option(None, "--set", help="Which set of a folder of several."),
    components: int = typer.Option(5, "--components", help="Depth components, 3 to 6."),
    cgy_per_mu: float | None = typer.Option(
        None, "--cgy-per-mu", help="Absolute dose at the reference of the output factors."
    ),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Fit a machine to depth doses, output factors and primary fluence; write it with a report."""
    from hepatica.io.machine.measurements import read_measurements
    from hepatica.machine.load import parse_machine
    from hepatica.machine.write import machine_text
    from hepatica.physics.photon.commission import commission
    from hepatica.physics.photon.commission_check import check_fit
    from hepatica.physics.photon.commission_document import machine_document
    from hepatica.report.machine_fit import write_fit_report
    from hepatica.store.run import RunClock

    clock = RunClock(call_words(context))
    measured, described = read_measurements(measurements, data, chosen)
    path = out / f"{measured.name}.yaml"
    if path.exists() and not force:
        raise UsageError(
            f"{path} exists already. Choose another folder, or overwrite it with --force."
        )
    with progress("Machine fit") as step:
        step("depth and lateral components", 0, 3)
        fitted = commission(measured, components)
        step("comparing with the measurements", 1, 3)
        text = machine_text(machine_document(fitted, measured, described, cgy_per_mu))
        made = parse_machine(text, path.name)
        check = check_fit(made, measured)
        step("writing", 2, 3)
        out.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written = write_fit_report(made, measured, check, out, fitted.left_out)
        given = [place for place in (Path(measurements), data) if place and place.exists()]
        clock.write(out, inputs=given)
    if as_json:
        print_document(
            "machine-fit", {"files": [path.name, *(p.name for p in written)]} | _errors(check)
        )
        return
    _print_errors(check)
    tell(f"Written: {path} and {written[0]}")
    if not check.meets_goals:
        tell(
            "Do not plan with it: see in the report which fields are off, and check unit, kind and "
            "distances of the tables first."
        )
        return
    for sentence in _still_needed(made, path):
        tell(sentence)


def _still_needed(machine: Machine, path: Path) -> Iterator[str]:
    """What has to be written into a fitted document by hand, and what comes then."""
    parts = (("mlc", machine.mlc), ("calibration", machine.calibration))
    missing = [word for word, part in parts if part is None]
    if missing:
        yield (
            f"Before it can plan, add to {path}: {' and '.join(missing)} (measurements in water do "
            "not hold them; docs/explain/machine.md has an example)."
        )
    yield (
        f"Next: look at the report, then hepatica machine show {path}, then hepatica plan create "
        f"CASE PROTOCOL --machine {path}"
    )


def _any_machine(name: str) -> Machine:
    if name.endswith(".mat"):
        from hepatica.io.machine import read_matrad_machine

        return read_matrad_machine(name)
    from hepatica.machine import load_machine

    return load_machine(name)


def _content(machine: Machine) -> dict[str, Any]:
    mlc, at, lateral = machine.mlc, machine.calibration, machine.lateral
    return {
        "name": machine.name,
        "title": machine.title,
        "machine_version": machine.version,
        "energy_mv": machine.energy_mv,
        "sad_mm": machine.sad_mm,
        "penumbra_fwhm_mm": machine.penumbra_fwhm_mm,
        "attenuation_per_mm": machine.depth.attenuation_per_mm,
        "build_up_per_mm": machine.depth.build_up_per_mm.tolist(),
        "ssd_mm": [float(lateral.ssd_mm[0]), float(lateral.ssd_mm[-1])],
        "leaf_pairs": None if mlc is None else mlc.pairs,
        "transmission": None if mlc is None else mlc.transmission,
        "resolution": None
        if (steps := machine.resolution) is None
        else {
            "meterset_mu": steps.meterset_mu,
            "leaf_mm": steps.leaf_mm,
            "jaw_mm": steps.jaw_mm,
        },
        "cgy_per_mu": None if at is None else at.cgy_per_mu,
        "sources": [
            {"number": s.number, "source": s.source, "status": s.status, "note": s.note}
            for s in machine.sources
        ],
    }


def _errors(check: FitCheck) -> dict[str, Any]:
    return {
        "meets_goals": check.meets_goals,
        "largest_depth_percent": check.largest_depth_percent,
        "largest_factor_percent": check.largest_factor_percent,
        "fields": [
            {
                "field_mm": f.field_mm,
                "largest_percent": f.largest_percent,
                "at_depth_mm": f.at_depth_mm,
                "rms_percent": f.rms_percent,
            }
            for f in check.fields
        ],
        "output_factors": [
            {"field_mm": f.field_mm, "measured": f.measured, "model": f.model, "percent": f.percent}
            for f in check.factors
        ],
    }


def _print_errors(check: FitCheck) -> None:
    rows = [
        [
            f"{f.field_mm:g}",
            f"{f.largest_percent:.2f}",
            f"{f.at_depth_mm:g}",
            f"{f.rms_percent:.2f}",
        ]
        for f in check.fields
    ]
    title = "Depth dose beyond 15 mm, % of each field's maximum"
    table(title, ["field (mm)", "largest", "at (mm)", "rms"], rows)
    factors = [
        [f"{f.field_mm:g}", f"{f.measured:.4f}", f"{f.model:.4f}", f"{f.percent:+.2f}"]
        for f in check.factors
    ]
    table("Output factors", ["field (mm)", "measured", "machine", "error (%)"], factors)
    verdict = "within" if check.meets_goals else "NOT within"
    say(
        f"Largest errors: depth dose {check.largest_depth_percent:.2f} %, output factors "
        f"{check.largest_factor_percent:.2f} %: {verdict} the goals of 0.5 % and 1 %."
    )
