"""Every measure: what it is worth on doses checked by hand, its slope, its shape, its refusals."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.biology import model_named, ntcp
from hepatica.physics.optimise import (
    ConditionalMean,
    ConformityShell,
    DoseVolumePenalty,
    GeneralisedEud,
    LqGeud,
    MaximumDose,
    MeanDose,
    Measure,
    Ntcp,
    OfPrescription,
    SquaredDeviation,
    SquaredOverdose,
    SquaredUnderdose,
    VoxelDose,
    Voxels,
    measure_named,
    measure_names,
    measure_parameters,
)

_POINTS = 40
_LIVER = model_named("michigan_mets")
_DISTANCE = np.linspace(0.0, 60.0, _POINTS)

EXAMPLES: dict[str, Measure] = {
    "deviation": SquaredDeviation(30.0),
    "deviation from the prescription": SquaredDeviation(OfPrescription(0.9)),
    "overdose": SquaredOverdose(25.0),
    "overdose over the prescription": SquaredOverdose(OfPrescription(0.5, 2.0)),
    "underdose": SquaredUnderdose(35.0),
    "underdose below the prescription": SquaredUnderdose(OfPrescription(0.95)),
    "mean": MeanDose(3.0),
    "mean squared": MeanDose(3.0, power=2),
    "mean over the prescription": MeanDose(OfPrescription(0.2), power=2),
    "parallel": GeneralisedEud(1.0),
    "serial": GeneralisedEud(0.1),
    "very parallel": GeneralisedEud(1.4),
    "target": GeneralisedEud(-0.1),
    "liver": LqGeud(_LIVER, 6),
    "serial liver": LqGeud(model_named("emami_burman"), 6),
    "liver above one": LqGeud(model_named("michigan_all"), 6),
    "risk": Ntcp(_LIVER, 6),
    "peak": MaximumDose(2.0),
    "voxel": VoxelDose(),
    "hottest part": ConditionalMean("hottest", percent=13.0),
    "hottest cc": ConditionalMean("hottest", cc=2.1),
    "coldest part": ConditionalMean("coldest", percent=5.0),
    "dose-volume": DoseVolumePenalty("hottest", 20.0, percent=30.0),
    "coverage": DoseVolumePenalty("coldest", OfPrescription(0.9), cc=1.3),
    "shell": ConformityShell(_DISTANCE, OfPrescription(1.0), 10.0, 0.05),
}
_CONVEX = [name for name, measure in EXAMPLES.items() if measure.convex]
_CONCAVE = [name for name, measure in EXAMPLES.items() if measure.curvature == "concave"]


@pytest.fixture
def dose() -> np.ndarray:
    return np.random.default_rng(4).uniform(5.0, 55.0, _POINTS)


@pytest.fixture
def cc() -> np.ndarray:
    return np.random.default_rng(5).uniform(0.1, 1.0, _POINTS)


def _value(measure: Measure, dose: np.ndarray, cc: np.ndarray, prescription: float = 40.0) -> float:
    return measure.value_and_gradient(dose, cc, prescription)[0]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_gradient_is_the_finite_difference(name: str, dose: np.ndarray, cc: np.ndarray) -> None:
    measure = EXAMPLES[name]
    value, gradient = measure.value_and_gradient(dose, cc, 40.0)
    step = 1e-5
    for point in range(_POINTS):
        there, back = dose.copy(), dose.copy()
        there[point] += step
        back[point] -= step
        slope = (_value(measure, there, cc) - _value(measure, back, cc)) / (2 * step)
        assert gradient[point] == pytest.approx(slope, rel=2e-5, abs=2e-7 * (1 + abs(value)))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_slope_by_the_prescription_is_the_finite_difference(
    name: str, dose: np.ndarray, cc: np.ndarray
) -> None:
    voxels = Voxels(cc, float(cc.sum()))
    found = EXAMPLES[name].evaluate(dose, voxels, 40.0)
    slope = _value(EXAMPLES[name], dose, cc, 40.001) - _value(EXAMPLES[name], dose, cc, 39.999)
    assert found.per_prescription == pytest.approx(slope / 0.002, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", [*_CONVEX, *_CONCAVE])
def test_a_measure_bends_the_way_it_says(name: str, cc: np.ndarray) -> None:
    measure, draw = EXAMPLES[name], np.random.default_rng(6)
    sign = 1.0 if measure.convex else -1.0
    for _ in range(60):
        one, other = draw.uniform(0.0, 60.0, (2, _POINTS))
        part = draw.uniform()
        between = _value(measure, part * one + (1 - part) * other, cc)
        chord = part * _value(measure, one, cc) + (1 - part) * _value(measure, other, cc)
        assert sign * (between - chord) <= 1e-9 * (1 + abs(chord))


def test_measures_that_promise_no_shape_have_none(dose: np.ndarray, cc: np.ndarray) -> None:
    assert {n for n, m in EXAMPLES.items() if m.curvature == "neither"} == {
        "liver above one",
        "risk",
        "dose-volume",
        "coverage",
    }


def test_the_registry_the_examples_and_the_docs_know_the_same_measures() -> None:
    known = set(measure_names())
    page = Path(__file__).resolve().parents[3] / "docs/explain/optimisation.md"
    rows = re.findall(r"^\| `(\w+)` \|", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {measure.name for measure in EXAMPLES.values()} == known
    assert set(rows) == known
    assert len(rows) == len(measure_names()) == len(known)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_measure_has_a_unit_and_a_source(name: str) -> None:
    assert EXAMPLES[name].unit in ("Gy", "Gy2", "1")
    assert len(EXAMPLES[name].source) > 10


@pytest.mark.parametrize("name", [n for n in EXAMPLES if n not in ("voxel", "shell")])
def test_a_voxel_of_twice_the_volume_counts_as_two(name: str, dose: np.ndarray) -> None:
    cc = np.full(_POINTS, 0.5)
    cc[7] = 1.0
    doubled = np.append(dose, dose[7])
    alone = _value(EXAMPLES[name], dose, cc)
    assert _value(EXAMPLES[name], doubled, np.full(_POINTS + 1, 0.5)) == pytest.approx(alone)


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        (SquaredDeviation(20.0), (100 + 0 + 100 + 400) / 4),
        (SquaredOverdose(25.0), (25 + 225) / 4),
        (SquaredUnderdose(15.0), 25 / 4),
        (MeanDose(5.0), 20.0),
        (MeanDose(5.0, power=2), 400.0),
        (GeneralisedEud(0.5), np.sqrt((100 + 400 + 900 + 1600) / 4)),
        (VoxelDose(), 40.0),
        (ConditionalMean("hottest", percent=50.0), 35.0),
        (ConditionalMean("hottest", cc=1.5), (40 + 0.5 * 30) / 1.5),
        (ConditionalMean("coldest", percent=25.0), 10.0),
        (ConditionalMean("hottest", cc=99.0), 25.0),
        (DoseVolumePenalty("hottest", 15.0, percent=25.0), (25 + 225) / 4),
        (DoseVolumePenalty("coldest", 35.0, percent=25.0), (225 + 25) / 4),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_four_voxels_by_hand(measure: Measure, value: float) -> None:
    assert _value(measure, np.array([10.0, 20.0, 30.0, 40.0]), np.ones(4)) == pytest.approx(value)


def test_the_risk_is_that_of_the_biology_room(dose: np.ndarray, cc: np.ndarray) -> None:
    assert _value(Ntcp(_LIVER, 6), dose, cc) == pytest.approx(ntcp(_LIVER, dose, cc, 6))


def test_holding_the_corrected_eud_holds_the_risk(dose: np.ndarray, cc: np.ndarray) -> None:
    level = _LIVER.geud_at_risk(0.1)
    draw = np.random.default_rng(7)
    for scale in draw.uniform(0.2, 2.0, 30):
        corrected = _value(LqGeud(_LIVER, 6), scale * dose, cc)
        assert (corrected <= level) == (_value(Ntcp(_LIVER, 6), scale * dose, cc) <= 0.1)


def test_the_hottest_half_cc_is_never_cooler_than_its_edge(dose: np.ndarray) -> None:
    cc = np.full(_POINTS, 0.25)
    edge = np.sort(dose)[::-1][1]
    assert _value(ConditionalMean("hottest", cc=0.5), dose, cc) >= edge


def test_the_smooth_maximum_lies_just_below_the_maximum(dose: np.ndarray) -> None:
    cc = np.ones(_POINTS)
    smooth = _value(MaximumDose(0.1), dose, cc)
    assert dose.max() - 0.1 * np.log(_POINTS) <= smooth <= dose.max()


def test_no_dose_is_no_trouble(cc: np.ndarray) -> None:
    for measure in EXAMPLES.values():
        value, gradient = measure.value_and_gradient(np.zeros(_POINTS), cc, 40.0)
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()


def test_a_limit_falls_from_the_surface_to_far_away() -> None:
    shell = ConformityShell(np.array([0.0, 20.0, 1e6]), OfPrescription(1.0), 10.0, 0.05)
    limits, _ = shell.limits_gy(50.0)
    assert limits == pytest.approx([50.0, 10.0 + 40.0 * np.exp(-1), 10.0])


def test_idle_voxels_change_neither_value_nor_gradient(dose: np.ndarray, cc: np.ndarray) -> None:
    voxels = Voxels(cc, float(cc.sum()))
    seen = 0
    for measure in EXAMPLES.values():
        idle = measure.idle(dose, voxels, 40.0, 2.0)
        keep = ~idle
        full = measure.evaluate(dose, voxels, 40.0)
        part = measure.kept(keep).evaluate(dose[keep], voxels.kept(keep), 40.0)
        assert part.value == pytest.approx(full.value)
        assert part.gradient == pytest.approx(full.gradient[keep])
        assert not full.gradient[idle].any()
        moved = measure.evaluate(dose + 1.9 * idle, voxels, 40.0)
        seen += int(idle.sum())
        if measure.name not in ("squared_underdose",):
            assert moved.value == pytest.approx(full.value)
    assert seen > 50


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SquaredOverdose(-1.0), "limit of a squared overdose is -1"),
        (lambda: SquaredDeviation(np.nan), "reference dose of a squared deviation is nan"),
        (lambda: OfPrescription(np.inf), "inf of the prescription.*Write 1.4 for 140 %"),
        (lambda: MeanDose(0.0, power=3), "power of a mean dose is 3; it must be 1 or 2"),
        (lambda: GeneralisedEud(0.001), "volume exponent n is 0.001.*MaximumDose"),
        (lambda: LqGeud(_LIVER, 0), "number of fractions is 0"),
        (lambda: MaximumDose(0.0), "softness of a maximum dose is 0 Gy"),
        (lambda: ConditionalMean("hottest"), "either percent .now None. or cc .now None."),
        (lambda: ConditionalMean("hottest", percent=5.0, cc=1.0), "and not both"),
        (lambda: ConditionalMean("hottest", percent=120.0), "120 % of the organ"),
        (lambda: ConditionalMean("hottest", cc=0.0), "tail is 0 cc"),
        (lambda: ConditionalMean("hot", cc=1.0), "side of a tail is 'hot'"),
        (lambda: ConformityShell(np.array([-1.0]), 50.0, 10.0, 0.1), "distances that are negative"),
        (lambda: measure_named("mean"), "no measure called 'mean'. The nearest is mean_dose"),
        (lambda: measure_named("mean_dose", limit=3), "mean_dose has no parameter limit"),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        make()


def test_measures_are_made_by_name() -> None:
    assert measure_named("squared_overdose", limit_gy=12.0) == SquaredOverdose(12.0)
    assert measure_parameters("mean_dose") == ("reference_gy", "power")


def test_a_relative_level_needs_a_prescription(dose: np.ndarray, cc: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match=r"1\.2 of the prescription, but the problem has none"):
        SquaredOverdose(OfPrescription(1.2)).value_and_gradient(dose, cc)


def test_doses_and_volumes_must_match(dose: np.ndarray, cc: np.ndarray) -> None:
    with pytest.raises(Inconsistent, match="each point needs one of each"):
        MeanDose().value_and_gradient(dose, cc[1:])
    with pytest.raises(InvalidInput, match="add up to 0 cc"):
        MeanDose().value_and_gradient(dose, 0 * cc)
    with pytest.raises(Inconsistent, match="knows 40 distances and is given 39 doses"):
        EXAMPLES["shell"].value_and_gradient(dose[1:], cc[1:], 40.0)
