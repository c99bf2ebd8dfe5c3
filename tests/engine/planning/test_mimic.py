"""A deliverable dose is judged by targets too cold or too hot, and organs above the ideal."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.engine.planning.mimic import Ideal, Mimicry, Prices, mimicry
from hepatica.physics.optimise import MatrixDose, Region

POINTS, BIXELS = 40, 12
FLOOR_GY = 40.0


@pytest.fixture
def operator() -> MatrixDose:
    return MatrixDose(np.random.default_rng(1).random((POINTS, BIXELS)))


@pytest.fixture
def regions() -> dict[str, Region]:
    volume = np.random.default_rng(2).uniform(0.1, 1.0, POINTS)
    rows = {
        "PTV": np.arange(0, 12),
        "Liver-GTV": np.arange(8, 24),
        "SpinalCord": np.arange(24, 30),
        "Shell_2-8mm": np.arange(12, 20),
        "Far": np.arange(30, POINTS),
    }
    return {name: Region(name, at, volume[at]) for name, at in rows.items()}


def objective(
    operator: MatrixDose, regions: dict[str, Region], ideal_gy: np.ndarray, **more: Prices
) -> Mimicry:
    ideal = Ideal(ideal_gy, FLOOR_GY, 1.4)
    return mimicry(operator, regions, ideal, {"PTV": FLOOR_GY}, "Liver-GTV", **more)


def test_the_gradient_is_that_of_finite_differences(
    operator: MatrixDose, regions: dict[str, Region]
) -> None:
    generator = np.random.default_rng(4)
    ideal = np.asarray(operator.forward(np.full(BIXELS, FLOOR_GY / BIXELS * 2)))
    asked = objective(operator, regions, ideal)
    weights = generator.uniform(0, 4 * FLOOR_GY / BIXELS, BIXELS)
    value, slope = asked(weights)
    assert value > 0
    step = 1e-4
    found = [
        (asked(weights + step * unit)[0] - asked(weights - step * unit)[0]) / (2 * step)
        for unit in np.eye(BIXELS)
    ]
    np.testing.assert_allclose(slope, found, rtol=1e-5, atol=1e-5 * np.abs(slope).max())


def test_it_is_zero_where_floors_and_ceilings_are_kept(regions: dict[str, Region]) -> None:
    ideal = np.full(POINTS, 20.0)
    ideal[regions["PTV"].rows] = 45.0
    regions = {name: r for name, r in regions.items() if name != "Liver-GTV"}
    asked = objective(MatrixDose(np.eye(POINTS)), regions, ideal)
    colder = 0.5 * ideal
    colder[regions["PTV"].rows] = 55.9
    for dose in (ideal, colder):
        value, slope = asked(dose)
        assert value == 0
        assert not slope.any()


def test_a_ball_above_the_maximum_or_below_the_floor_costs(regions: dict[str, Region]) -> None:
    asked = objective(MatrixDose(np.eye(POINTS)), {"PTV": regions["PTV"]}, np.full(POINTS, 45.0))
    dose = np.full(POINTS, 45.0)
    dose[3] = 1.4 * FLOOR_GY + 2
    share = regions["PTV"].cc[3] / regions["PTV"].cc.sum()
    value, slope = asked(dose)
    assert value == pytest.approx(Prices().target * share * 2**2)
    assert slope[3] > 0
    dose[3] = FLOOR_GY - 2
    value, slope = asked(dose)
    assert value == pytest.approx(Prices().target * share * 2**2)
    assert slope[3] < 0


def test_a_target_need_not_be_hotter_than_the_ideal_but_for_three_percent() -> None:
    region = Region("PTV", np.arange(3), np.ones(3))
    ideal = np.array([45.0, 39.5, 20.0])
    asked = objective(MatrixDose(np.eye(3)), {"PTV": region}, ideal)
    np.testing.assert_allclose(asked.wishes[0].floor_gy, [FLOOR_GY, 39.5, 0.97 * FLOOR_GY])
    np.testing.assert_allclose(asked.wishes[0].ceiling_gy, 1.4 * FLOOR_GY)


def test_outside_the_targets_only_more_than_the_ideal_costs(regions: dict[str, Region]) -> None:
    cord = regions["SpinalCord"]
    asked = objective(MatrixDose(np.eye(POINTS)), {"SpinalCord": cord}, np.full(POINTS, 10.0))
    assert asked(np.zeros(POINTS))[0] == 0
    assert asked(np.full(POINTS, 13.0))[0] == pytest.approx(Prices().organ * 9)


def test_each_kind_of_region_has_its_price(regions: dict[str, Region]) -> None:
    prices = Prices(target=7.0, organ=5.0, liver=3.0, around=1.0)
    asked = objective(MatrixDose(np.eye(POINTS)), regions, np.ones(POINTS), prices=prices)
    found = {wish.region.name: wish.price for wish in asked.wishes}
    assert found == {
        "PTV": 7.0,
        "Liver-GTV": 3.0,
        "SpinalCord": 5.0,
        "Shell_2-8mm": 1.0,
        "Far": 1.0,
    }


def test_voxels_count_by_their_volume() -> None:
    region = Region("SpinalCord", np.arange(2), np.array([3.0, 1.0]))
    asked = objective(MatrixDose(np.eye(2)), {"SpinalCord": region}, np.zeros(2))
    assert asked(np.array([1.0, 0.0]))[0] == pytest.approx(3 * asked(np.array([0.0, 1.0]))[0])
