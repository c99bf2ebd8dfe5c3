"""Limits of a protocol as limits on tails: never weaker than what is written."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.case.metric import parse_metric
from hepatica.engine.isotoxic_plan import Demand, tail_limit
from hepatica.engine.isotoxic_plan.limit_terms import limit_terms
from hepatica.errors import InvalidInput
from hepatica.physics.optimise import Region
from hepatica.protocol import load_protocol

ORGAN = Region("Organ", np.arange(200), np.full(200, 0.05))
"""10 cc."""

WRITTEN = [
    ("D0.5cc[Gy]", 30.0, True, "hottest", 0.5),
    ("D95%[Gy]", 24.0, False, "coldest", 0.5),
    ("D40%[Gy]", 24.0, False, "coldest", 6.0),
    ("DC7cc[Gy]", 15.0, True, "hottest", 3.0),
    ("DC7cc[Gy]", 15.0, False, "coldest", 7.0),
    ("V18Gy[%]", 33.3, True, "hottest", 3.33),
    ("V18Gy[%]", 60.0, False, "coldest", 4.0),
    ("V18Gy[cc]", 2.0, True, "hottest", 2.0),
    ("CV15Gy[cc]", 7.0, False, "hottest", 3.0),
    ("CV15Gy[cc]", 2.0, True, "coldest", 2.0),
    ("Median[Gy]", 12.0, True, "hottest", 5.0),
    ("Mean[Gy]", 12.0, True, "hottest", 10.0),
    ("Max[Gy]", 27.0, True, "hottest", 0.0),
    ("Min[Gy]", 9.0, False, "coldest", 0.0),
]


@pytest.mark.parametrize(("metric", "number", "upper", "side", "part_cc"), WRITTEN)
def test_a_limit_names_a_part_of_the_structure(
    metric: str, number: float, upper: bool, side: str, part_cc: float
) -> None:
    limit = tail_limit(Demand("it", parse_metric(metric), number, upper), ORGAN)
    assert (limit.side, limit.share) == (side, 0.0)
    assert limit.tail_cc == pytest.approx(part_cc)


def _value(metric: str, dose: np.ndarray) -> float:
    """The metric of voxels of 0.05 cc, worked out by sorting."""
    asked = parse_metric(metric)
    hottest = np.sort(dose)[::-1]
    if asked.kind in ("V", "CV"):
        cc = 0.05 * (dose >= asked.at).sum()
        cc = cc if asked.kind == "V" else 10 - cc
        return cc if asked.unit == "cc" else 10 * cc
    if asked.at is None:
        simple = {"Mean": dose.mean(), "Max": dose.max(), "Min": dose.min()}
        return float(simple.get(asked.kind, hottest[99]))
    cc = asked.at if asked.at_unit == "cc" else asked.at / 10
    cc = cc if asked.kind == "D" else 10 - cc
    return float(hottest[max(int(np.ceil(cc / 0.05 - 1e-9)) - 1, 0)])


@pytest.mark.parametrize(("metric", "number", "upper", "side", "part_cc"), WRITTEN)
def test_a_dose_that_keeps_the_tail_keeps_what_is_written(
    metric: str, number: float, upper: bool, side: str, part_cc: float
) -> None:
    limit = tail_limit(Demand("it", parse_metric(metric), number, upper), ORGAN)
    generator = np.random.default_rng(3)
    for _ in range(40):
        dose = generator.gamma(generator.uniform(0.5, 9), 3, 200)
        dose *= limit.limit_gy / limit.tail_gy(dose)
        value = _value(metric, dose * (1 - limit.sign * 1e-9))
        assert value <= number * (1 + 1e-6) if upper else value >= number * (1 - 1e-6)


def test_what_is_written_is_read_off_the_voxels() -> None:
    dose = np.linspace(0.1, 20, 200)
    limit = tail_limit(Demand("it", parse_metric("D0.5cc[Gy]"), 30, True), ORGAN)
    assert limit.written_gy(dose) == pytest.approx(19.1)
    assert limit.tail_gy(dose) == pytest.approx(19.55)


def test_per_cent_of_the_prescription_become_a_share() -> None:
    limit = tail_limit(Demand("it", parse_metric("Max[%]"), 140, True), ORGAN)
    assert (limit.limit_gy, limit.share) == (0.0, 1.4)
    assert limit.at_gy(40) == pytest.approx(56)


@pytest.mark.parametrize(("metric", "upper"), [("Max[Gy]", False), ("Min[Gy]", True)])
def test_a_limit_that_no_convex_problem_can_hold_is_refused(metric: str, upper: bool) -> None:
    with pytest.raises(InvalidInput, match=r"Limit hot: .* cannot be held while a plan is sought"):
        tail_limit(Demand("hot", parse_metric(metric), 30, upper), ORGAN)


def test_a_volume_is_not_about_dose() -> None:
    with pytest.raises(InvalidInput, match="Judge it on the finished plan"):
        tail_limit(Demand("size", parse_metric("Volume[cc]"), 800, False), ORGAN)


def test_a_coldest_part_needs_all_voxels() -> None:
    part = Region("Target", np.arange(10), np.full(10, 0.05), total_cc=10.0)
    with pytest.raises(InvalidInput, match=r"0\.5 of the 10 cc of Target are among the points"):
        tail_limit(Demand("cover", parse_metric("D95%[Gy]"), 24, False), part)


def test_missing_structures_and_open_questions_hold_nothing_and_are_named() -> None:
    protocol = load_protocol("sbrt-six-fraction")
    small = Region("Duodenum", np.arange(5), np.full(5, 0.05))
    terms = limit_terms(protocol.limits, {"Duodenum": small}, {"functioning_kidneys": None})
    assert terms.held == ()
    text = " ".join(terms.unknown)
    assert "Stomach D0.5cc[Gy]: the structure is missing" in text
    assert "Duodenum D0.5cc[Gy]: the structure has only 0.25 cc" in text
    assert "Kidneys V18Gy[%]: it is not known whether functioning_kidneys is both" in text


def test_soft_limits_are_watched_and_not_held() -> None:
    protocol = load_protocol("sbrt-six-fraction")
    regions = {"Rib": ORGAN, "Stomach": ORGAN}
    terms = limit_terms(protocol.limits, regions, {"functioning_kidneys": "both"})
    assert [limit.region.name for limit in terms.held] == ["Organ"]
    assert [limit.name for limit in terms.watched] == ["ribs"]
