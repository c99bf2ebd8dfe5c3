"""The records of a machine hold valid numbers or none."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.errors import InvalidInput
from hepatica.machine import (
    Calibration,
    DepthComponents,
    LateralComponents,
    Mlc,
    PrimaryFluence,
)
from hepatica.machine.gaussians import gaussian_components

from .builders import machine


def _lateral(**changes: object) -> LateralComponents:
    numbers: dict[str, object] = {
        "ssd_mm": [900.0, 1000.0],
        "radius_mm": [0.0, 1.0, 2.0],
        "tail_per_mm2": np.array([[[3.0, 2.0, 1.0]], [[5.0, 4.0, 1.0]]]),
        "centre_weight": [[0.5], [0.7]],
    }
    return LateralComponents(**(numbers | changes))  # type: ignore[arg-type]


def test_lateral_components_lie_half_way_between_two_distances() -> None:
    tail, centre = _lateral().at(950.0)
    assert tail.tolist() == [[4.0, 3.0, 1.0]]
    assert centre.tolist() == [0.6]


@pytest.mark.parametrize(("ssd_mm", "centre"), [(100.0, 0.5), (5000.0, 0.7)])
def test_beyond_the_table_the_nearest_distance_holds(ssd_mm: float, centre: float) -> None:
    assert _lateral().at(ssd_mm)[1].tolist() == [centre]


def test_one_distance_is_enough() -> None:
    single = _lateral(ssd_mm=[900.0], tail_per_mm2=[[[3.0, 2.0, 1.0]]], centre_weight=[[0.5]])
    assert single.at(700.0)[0].tolist() == [[3.0, 2.0, 1.0]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ssd_mm": [1000.0, 900.0]}, r"lateral.ssd_mm: 900 follows 1000"),
        ({"radius_mm": [0.5, 1.0, 2.0]}, r"the first radius is 0"),
        ({"radius_mm": [0.0, 1.0]}, r"allowed is \(2, 1, 2\) and \(2, 1\)"),
        ({"centre_weight": [[0.5], [np.nan]]}, r"centre_weight: 2 numbers .* 1 of them not finite"),
    ],
)
def test_bad_lateral_components_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        _lateral(**changes)


def test_a_record_does_not_share_its_numbers_with_the_caller() -> None:
    rates = np.array([0.03, 0.26])
    depth = DepthComponents(0.004, rates)
    rates[0] = 9.0
    assert depth.build_up_per_mm.tolist() == [0.03, 0.26]
    with pytest.raises(ValueError, match="read-only"):
        depth.build_up_per_mm[0] = 1.0


@pytest.mark.parametrize(
    ("attenuation", "rates", "message"),
    [
        (0.0, [0.1], r"attenuation_per_mm: 0; a finite number above 0"),
        (0.004, [0.1, -0.2], r"build_up_per_mm: 0.1, -0.2; every value must be above 0"),
        (0.004, [], r"build_up_per_mm: 0 numbers"),
    ],
)
def test_bad_depth_components_are_refused(
    attenuation: float, rates: list[float], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        DepthComponents(attenuation, np.array(rates))


def test_primary_fluence_is_linear_between_its_points_and_zero_beyond() -> None:
    fluence = PrimaryFluence(np.array([0.0, 100.0]), np.array([1.0, 1.1]))
    assert fluence.at(np.array([50.0, 100.0, 100.1])).round(9).tolist() == [1.05, 1.1, 0.0]


@pytest.mark.parametrize(
    ("radius", "relative", "message"),
    [
        ([10.0, 20.0], [1.0, 1.0], r"2 radii from 10 mm"),
        ([0.0, 20.0], [1.0], r"2 radii from 0 mm and 1 intensities"),
        ([0.0, 20.0], [1.0, -0.1], r"-0.1 is below 0"),
    ],
)
def test_bad_primary_fluence_is_refused(
    radius: list[float], relative: list[float], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        PrimaryFluence(np.array(radius), np.array(relative))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"leaf_boundaries_mm": [0.0]}, "one edge; a leaf pair needs two"),
        ({"leaf_boundaries_mm": [0.0, 5.0, 5.0]}, "5 follows 5"),
        ({"minimum_mm": 10.0}, "Check the signs"),
        ({"transmission": 1.0}, "transmission 1; distances are 0 or more"),
        ({"minimum_gap_mm": -1.0}, "minimum_gap_mm -1"),
    ],
)
def test_impossible_leaves_are_refused(changes: dict[str, object], message: str) -> None:
    numbers: dict[str, object] = {
        "leaf_boundaries_mm": [-5.0, 0.0, 5.0],
        "minimum_mm": -200.0,
        "maximum_mm": 200.0,
        "overtravel_mm": 150.0,
        "minimum_gap_mm": 0.0,
        "transmission": 0.01,
        "interdigitation": True,
    }
    with pytest.raises(InvalidInput, match=message):
        Mlc(**(numbers | changes))  # type: ignore[arg-type]


def test_a_calibration_needs_a_place() -> None:
    with pytest.raises(InvalidInput, match=r"calibration.depth_mm: 0; a finite number above 0"):
        Calibration(1.0, 100.0, 900.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sad_mm": -1000.0}, "Machine toy: sad_mm is -1000"),
        ({"penumbra_fwhm_mm": -1.0}, "penumbra_fwhm_mm is -1"),
        (
            {"depth": DepthComponents(0.004, np.array([0.1, 0.2]))},
            "2 depth components and 3 lateral components",
        ),
    ],
)
def test_a_machine_whose_parts_do_not_fit_is_refused(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        machine(**changes)


def test_a_tabulated_bell_keeps_its_volume_to_a_ten_thousandth() -> None:
    lateral = gaussian_components(
        np.array([900.0]),
        np.array([3.0, 96.0]),
        np.array([[[1.0, 0.0], [0.0, 1.0]]]),
        np.zeros((1, 2)),
    )
    r = lateral.radius_mm
    fine = np.linspace(0, r[-1], 400_001)
    for row in lateral.tail_per_mm2[0]:
        volume = np.trapezoid(2 * np.pi * fine * np.interp(fine, r, row), fine)
        assert volume == pytest.approx(1.0, abs=3e-4)


@pytest.mark.parametrize(
    ("sigma", "shape", "message"),
    [([3.0, -1.0], (1, 1, 2), "list of widths above 0"), ([3.0], (1, 1, 2), r"1 widths; give one")],
)
def test_bells_that_do_not_fit_are_refused(
    sigma: list[float], shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        gaussian_components(np.array([900.0]), np.array(sigma), np.zeros(shape), np.zeros((1, 1)))
