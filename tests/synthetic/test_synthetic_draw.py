"""Many patients drawn as numbers follow the anchors they are drawn from."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from hepatica.errors import Infeasible, InvalidInput
from hepatica.synthetic.data import anchor
from hepatica.synthetic.draw import (
    Anatomy,
    Breathing,
    Draw,
    Tumours,
    draw_breathing,
    draw_patient,
    draw_tumours,
)

MANY = 2000


@pytest.fixture(scope="module")
def tumours() -> list[Tumours]:
    rng = np.random.default_rng(5)
    return [draw_tumours(rng) for _ in range(MANY)]


@pytest.fixture(scope="module")
def draws() -> list[Draw]:
    rng = np.random.default_rng(6)
    return [draw_patient(rng) for _ in range(MANY)]


def test_the_number_of_lesions_has_the_anchored_frequencies(tumours: list[Tumours]) -> None:
    found = Counter(len(t.volumes_cc) for t in tumours)
    table = anchor("tumours", "number")
    assert sum(table.values()) == pytest.approx(1.0)
    assert set(found) == set(table)
    for number, p in table.items():
        assert found[number] / MANY == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / MANY))
    assert np.median([len(t.volumes_cc) for t in tumours]) == 1


def test_the_total_volume_has_the_anchored_median_and_spread(tumours: list[Tumours]) -> None:
    totals = np.array([t.total_cc for t in tumours])
    assert np.median(totals) == pytest.approx(75.2, rel=0.2)
    middle = totals[(totals > 2) & (totals < 3000)]
    assert np.log(middle).std() == pytest.approx(1.55, abs=0.12)
    assert totals.min() >= 1.2 - 1e-9
    assert totals.max() <= 3090 + 1e-6


def test_volumes_are_listed_from_the_largest(tumours: list[Tumours]) -> None:
    assert all(list(t.volumes_cc) == sorted(t.volumes_cc, reverse=True) for t in tumours)


def test_body_surface_is_du_bois() -> None:
    still = Breathing(10, 3, 1, 4, 3)
    draw = Draw(True, 170.0, 70.0, 1200.0, Tumours((1.0,)), still)
    assert draw.bsa_m2 == pytest.approx(1.81, abs=0.01)
    assert draw.bmi == pytest.approx(24.2, abs=0.05)


def test_normal_liver_follows_the_body_surface(draws: list[Draw]) -> None:
    ratio = [d.normal_liver_cc / (706.2 * d.bsa_m2 + 2.4) for d in draws]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.02)
    assert min(d.normal_liver_cc for d in draws) >= 800
    assert np.mean([d.male for d in draws]) == pytest.approx(0.47, abs=0.05)


def test_tumours_that_do_not_fit_are_redrawn_and_counted(draws: list[Draw]) -> None:
    share = anchor("tumours", "largest_share")
    for draw in draws:
        total = draw.tumours.total_cc
        assert total <= share * (draw.normal_liver_cc + total) + 1e-6
    redrawn = np.mean([d.redraws > 0 for d in draws])
    assert 0.03 < redrawn < 0.14


def test_the_liver_moves_as_far_as_observed() -> None:
    rng = np.random.default_rng(8)
    amplitudes = np.array([draw_breathing(rng).craniocaudal_mm for _ in range(MANY)])
    assert amplitudes.mean() == pytest.approx(11.7, abs=0.4)
    assert amplitudes.min() >= 4.8
    assert amplitudes.max() <= 23.3


def test_the_same_stream_draws_the_same_patient() -> None:
    assert draw_patient(np.random.default_rng(3)) == draw_patient(np.random.default_rng(3))
    assert draw_patient(np.random.default_rng(3)) != draw_patient(np.random.default_rng(4))


def test_wishes_are_kept() -> None:
    wished = Anatomy(lesions=4, gtv_cc=33.0, normal_liver_cc=1111.0)
    draw = draw_patient(np.random.default_rng(0), wished)
    assert len(draw.tumours.volumes_cc) == 4
    assert draw.tumours.total_cc == pytest.approx(33.0)
    assert draw.normal_liver_cc == 1111.0


def test_more_tumour_than_a_liver_holds_is_infeasible() -> None:
    wished = Anatomy(gtv_cc=2500.0, normal_liver_cc=1000.0)
    with pytest.raises(Infeasible, match=r"2500 cc do not fit into a liver of 1000 cc; up to 538"):
        draw_patient(np.random.default_rng(0), wished)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"spacing_mm": (0.1, 1.0, 1.0)}, r"0\.5 to 6 mm"),
        ({"lesions": 9}, r"lesions is 9; 1 to 8"),
        ({"gtv_cc": 0.0}, r"0\.2 to 3090 cc"),
        ({"normal_liver_cc": 500.0}, r"800 to 2200 cc"),
    ],
)
def test_wishes_outside_their_range_are_refused(wish: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        Anatomy(**wish)  # type: ignore[arg-type]
