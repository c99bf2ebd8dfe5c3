"""A fitted machine repeats what was measured, wherever it was measured."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hepatica.errors import InvalidInput
from hepatica.io.machine import read_matrad_machine
from hepatica.io.machine.measurements import read_measurements
from hepatica.machine import Machine, load_machine
from hepatica.machine.load import parse_machine
from hepatica.machine.measurements import BeamMeasurements
from hepatica.machine.write import machine_text
from hepatica.physics.photon.commission import Commissioned, commission
from hepatica.physics.photon.commission_check import check_fit
from hepatica.physics.photon.commission_document import machine_document
from hepatica.physics.photon.square_field import square_field_dose
from tests.machine.builders import DEPTHS, FIELDS, machine, measured_on
from tests.machine_files import photons_generic  # noqa: F401


@cache
def plain() -> BeamMeasurements:
    """What the toy machine would be measured with."""
    return measured_on(machine())


@cache
def plain_fit(components: int) -> Commissioned:
    """The fit to that, done once for all who ask."""
    return commission(plain(), components)


def fitted(measured: BeamMeasurements, components: int = 5) -> Machine:
    """The machine of a fit as it is written and read again."""
    return written(commission(measured, components), measured)


def written(made: Commissioned, measured: BeamMeasurements, **words: float) -> Machine:
    """A fit as a document that is read again."""
    return parse_machine(machine_text(machine_document(made, measured, **words)))


def test_a_machine_of_three_components_is_found_again_from_its_tpr() -> None:
    found = written(plain_fit(3), plain())
    check = check_fit(found, plain())
    assert found.depth.attenuation_per_mm == pytest.approx(0.004, rel=1e-4)
    assert found.depth.build_up_per_mm == pytest.approx([0.009, 0.03, 0.26], rel=1e-3)
    # A single bell of 40 mm is harder to build from a ladder of other widths than real scatter.
    assert check.largest_depth_percent < 0.2
    assert check.largest_factor_percent < 0.8


@pytest.mark.slow
def test_a_machine_is_found_again_from_its_pdd() -> None:
    true = load_machine("artiste-6mv")
    found = fitted(measured_on(true, "pdd"))
    assert check_fit(found, measured_on(true, "pdd")).meets_goals
    # ... and then repeats what was not measured: TPR, and a PDD at another distance.
    assert check_fit(found, measured_on(true, "tpr")).largest_depth_percent < 0.6
    assert check_fit(found, measured_on(true, "pdd", 800.0)).largest_depth_percent < 0.6


def test_the_normalisation_of_a_table_does_not_matter() -> None:
    measured = plain()
    table = measured.depth_dose
    scaled = replace(table, value=table.value * np.linspace(0.3, 7, FIELDS.size))
    one = written(plain_fit(4), measured)
    other = fitted(replace(measured, depth_dose=scaled), 4)
    dose = [square_field_dose(m, FIELDS, 900.0, DEPTHS) for m in (one, other)]
    assert dose[0] == pytest.approx(dose[1], rel=2e-3, abs=1e-4)


def test_the_dose_at_the_reference_is_one() -> None:
    found = written(plain_fit(4), plain())
    assert square_field_dose(found, [100.0], 900.0, [100.0])[0, 0] == pytest.approx(1, abs=0.004)


def test_a_stated_calibration_is_taken_over_as_recalled() -> None:
    made = written(plain_fit(3), plain(), cgy_per_mu=0.8)
    assert made.calibration is not None
    assert (made.calibration.cgy_per_mu, made.calibration.field_mm) == (0.8, 100.0)
    status = {s.number: s.status for s in made.sources}
    assert status["calibration"] == "recalled"


def test_a_field_of_size_zero_is_left_out_and_said_so() -> None:
    measured = measured_on(machine())
    table = measured.depth_dose
    with_zero = replace(
        table,
        field_mm=np.append(0.0, table.field_mm),
        value=np.hstack([table.value[:, :1], table.value]),
    )
    found = commission(replace(measured, depth_dose=with_zero), 3)
    assert "field of size 0 was not used" in found.left_out[0]
    assert "Depths below 2 mm were not used" in found.left_out[1]


@pytest.mark.parametrize(
    ("keep_depths", "keep_fields", "message"),
    [
        (slice(None), slice(0, 3), r"2 field\(s\) of 20 mm or more; at least 3"),
        (slice(0, 20), slice(None), r"depths from 2 to 70 mm; at least 12 are needed"),
        (slice(9, None), slice(None), r"depths from 18 to 300 mm"),
    ],
)
def test_too_little_is_refused(keep_depths: slice, keep_fields: slice, message: str) -> None:
    measured = measured_on(machine())
    table = measured.depth_dose
    less = replace(
        table,
        depth_mm=table.depth_mm[keep_depths],
        field_mm=table.field_mm[keep_fields],
        value=table.value[keep_depths, keep_fields],
    )
    with pytest.raises(InvalidInput, match=message):
        commission(replace(measured, depth_dose=less))


def test_a_number_of_components_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(InvalidInput, match="components is 2; 3 to 6 are allowed"):
        commission(measured_on(machine()), 2)


@pytest.mark.parametrize("name", ["artiste-6mv", "synergy-6mv"])
def test_the_library_machines_repeat_the_public_measurements(shared: Path, name: str) -> None:
    measured, _ = read_measurements(name, shared / "data/linac_6mv")
    check = check_fit(load_machine(name), measured)
    assert check.largest_depth_percent <= 0.5
    assert check.largest_factor_percent <= 0.5
    assert max(abs(f.percent) for f in check.factors) <= 1.1
    assert all(f.rms_percent <= 0.2 for f in check.fields if f.field_mm >= 20)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["artiste-6mv", "synergy-6mv"])
def test_the_library_machines_come_out_of_the_fit_again(shared: Path, name: str) -> None:
    measured, described = read_measurements(name, shared / "data/linac_6mv")
    again = parse_machine(machine_text(machine_document(commission(measured), measured, described)))
    library = load_machine(name)
    dose = [square_field_dose(m, FIELDS, 870.0, DEPTHS[8:]) for m in (again, library)]
    assert dose[0] == pytest.approx(dose[1], rel=5e-4)


@pytest.mark.peer
def test_the_generic_machine_gives_the_depth_doses_of_its_own_program(
    shared: Path,
    photons_generic: Path,  # noqa: F811
) -> None:
    generic = read_matrad_machine(photons_generic)
    reference = np.load(shared / "reference/planning/water_pyradplan.npz")
    depth = 1.25 + 2.5 * np.arange(161)
    for field in (30, 50, 100, 200):
        for ssd in (850, 900):
            expected = reference[f"prim_F{field}_SSD{ssd}_pdd"]
            found = square_field_dose(generic, [field], ssd, depth)[:, 0]
            assert np.abs(found - expected).max() <= 5e-4 * expected.max()
