"""hepatica dose: place an idealised dose, compare two doses."""

from __future__ import annotations

from pathlib import Path

import typer

from hepatica.cli.output import (
    DoseBits,
    DoseBitsOption,
    ForceOption,
    JsonOption,
    print_document,
    progress,
    say,
    tell,
)

app = typer.Typer(no_args_is_help=True, help="Dose distributions: place, compare.")


@app.command()
def place(
    case_folder: Path = typer.Argument(..., metavar="CASE"),
    target: list[str] = typer.Option(..., "--target", help="Structure to treat; repeatable."),
    prescription_gy: float = typer.Option(..., help="Dose on the surface of target plus margin."),
    margin_mm: float = typer.Option(5.0, help="Margin from target to prescription isodose."),
    spacing_mm: float = typer.Option(2.5, help="Spacing of the dose grid."),
    half_distance_mm: float | None = typer.Option(None, help="Where the dose has halved outside."),
    dose_bits: DoseBits = DoseBitsOption,
    out: Path = typer.Option(..., "--out", help="RTDOSE file to write."),
    force: bool = ForceOption,
    as_json: bool = JsonOption,
) -> None:
    """Write an idealised dose around a target as RTDOSE; not a planned dose."""
    from dataclasses import replace

    from hepatica.case import Margin
    from hepatica.engine.place import Placement, place_dose
    from hepatica.io.dicom.write import WriteOptions, write_dose
    from hepatica.physics.falloff import published_falloff
    from hepatica.store.case_folder import read_case

    shape = published_falloff()
    if half_distance_mm is not None:
        shape = replace(shape, half_distance_mm=half_distance_mm)
    placement = Placement(
        tuple(target), prescription_gy, Margin.uniform(margin_mm), spacing_mm, shape
    )
    with progress("place dose") as report:
        report("reading the case", 0, 0)
        case = read_case(case_folder)
        report("placing the dose", 0, 0)
        dose = place_dose(case, placement)
        made = write_dose(dose, out, case, WriteOptions(dose_bits=dose_bits.number, force=force))
    peak = float(dose.volume.values.max())
    if as_json:
        files = {"file": str(out), "plan_file": str(made.plan_path)}
        print_document("placed-dose", {**files, "max_gy": peak, "origin": dose.origin})
        return
    say(f"{out}: {dose.origin}; maximum {peak:.2f} Gy")
    say(f"{made.plan_path}: the plan that this dose refers to, without beams")
    tell(f"Next: hepatica plan evaluate {case_folder} sbrt-six-fraction --dose {out} --risk 0.10")


@app.command()
def gamma(
    case_folder: Path = typer.Argument(..., metavar="CASE"),
    reference: Path = typer.Argument(..., help="RTDOSE to compare with."),
    evaluated: Path = typer.Argument(..., help="RTDOSE to judge."),
    dose_percent: float = typer.Option(3.0, help="Dose difference allowed, % of the maximum."),
    distance_mm: float = typer.Option(3.0, help="Distance to agreement."),
    cutoff_percent: float = typer.Option(10.0, help="Ignore doses below this % of the maximum."),
    local: bool = typer.Option(False, help="Dose difference in % of the local dose."),
    as_json: bool = JsonOption,
) -> None:
    """Gamma index of two dose distributions: share of points that agree."""
    from hepatica.io.dicom.read import read_dose
    from hepatica.physics.gamma import GammaCriteria, gamma_index, pass_rate
    from hepatica.store.case_folder import read_case

    case = read_case(case_folder)
    doses = [read_dose(path, case) for path in (reference, evaluated)]
    criteria = GammaCriteria(
        dose_percent=dose_percent,
        distance_mm=distance_mm,
        dose_cutoff_percent=cutoff_percent,
        local=local,
    )
    with progress("gamma") as report:
        report("searching", 0, 0)
        rate = pass_rate(gamma_index(doses[0].volume, doses[1].volume, criteria))
    if as_json:
        print_document(
            "gamma",
            {
                "pass_rate_percent": rate,
                "dose_percent": dose_percent,
                "distance_mm": distance_mm,
                "local": local,
            },
        )
        return
    say(f"{rate:.2f} % of points pass {dose_percent:g} %/{distance_mm:g} mm")
