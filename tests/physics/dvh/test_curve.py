"""The histogram as a record: it reads the same forwards and backwards, and refuses nonsense."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.errors import InvalidInput
from hepatica.physics.dvh import DVH


def dvh_of(volume_cc: list[float], uncovered_cc: float = 0.0, bin_gy: float = 1.0) -> DVH:
    """Bins of 1 Gy from 0, each filled evenly."""
    volume = np.array(volume_cc, dtype=float)
    edges = bin_gy * np.arange(len(volume) + 1)
    filled = np.flatnonzero(volume)
    mean = float(volume @ (edges[:-1] + bin_gy / 2) / volume.sum())
    return DVH(
        edges,
        volume,
        float(volume.sum()),
        uncovered_cc,
        float(edges[filled[0]]),
        float(edges[filled[-1] + 1]),
        mean,
    )


histograms = (
    st.lists(st.one_of(st.just(0.0), st.floats(0.01, 100.0)), min_size=1, max_size=40)
    .filter(any)
    .map(dvh_of)
)


def test_a_histogram_of_three_bins_can_be_read_by_hand() -> None:
    dvh = dvh_of([1.0, 2.0, 1.0], uncovered_cc=1.0)
    assert dvh.total_cc == 5.0
    assert dvh.uncovered_fraction == pytest.approx(0.2)
    assert list(dvh.cumulative_cc([0.0, 1.0, 1.5, 2.0, 3.0, 4.0])) == [4.0, 3.0, 2.0, 1.0, 0.0, 0.0]
    assert dvh.dose_to_hottest_cc(1.0) == 2.0
    assert dvh.dose_to_coolest_cc(1.0) == 1.0
    assert dvh.dose_to_hottest_cc(2.0) == dvh.dose_to_coolest_cc(2.0) == 1.5
    assert (dvh.dose_to_hottest_cc(0.0), dvh.dose_to_hottest_cc(4.0)) == (3.0, 0.0)
    assert (dvh.dose_to_coolest_cc(0.0), dvh.dose_to_coolest_cc(4.0)) == (0.0, 3.0)


def test_a_gap_of_doses_belongs_to_neither_side() -> None:
    dvh = dvh_of([1.0, 0.0, 0.0, 1.0])
    assert dvh.dose_to_hottest_cc(1.0) == 3.0
    assert dvh.dose_to_coolest_cc(1.0) == 1.0


def test_curves_are_given_in_cc_and_in_per_cent_of_the_whole_structure() -> None:
    dvh = dvh_of([1.0, 2.0, 1.0], uncovered_cc=1.0)
    dose, volume = dvh.cumulative()
    assert list(dose) == [0.0, 1.0, 2.0, 3.0]
    assert list(volume) == [4.0, 3.0, 1.0, 0.0]
    assert list(dvh.cumulative(relative=True)[1]) == [80.0, 60.0, 20.0, 0.0]
    assert list(dvh.differential()[0]) == [0.5, 1.5, 2.5]
    assert list(dvh.differential()[1]) == [1.0, 2.0, 1.0]
    assert list(dvh.differential(relative=True)[1]) == [20.0, 40.0, 20.0]


def test_the_bins_for_biology_leave_the_empty_ones_out() -> None:
    dose, volume = dvh_of([0.0, 2.0, 0.0, 1.0]).bins()
    assert list(dose) == [1.5, 3.5]
    assert list(volume) == [2.0, 1.0]


@given(histograms, st.floats(0.001, 0.999))
def test_the_volume_above_the_dose_to_a_volume_is_that_volume(dvh: DVH, share: float) -> None:
    wanted = share * dvh.covered_cc
    dose = dvh.dose_to_hottest_cc(wanted)
    assert float(dvh.cumulative_cc(dose)) == pytest.approx(wanted, rel=1e-6, abs=1e-9)


@given(histograms, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_larger_hot_part_never_has_a_higher_lowest_dose(dvh: DVH, a: float, b: float) -> None:
    small, large = sorted((a * dvh.covered_cc, b * dvh.covered_cc))
    assert dvh.dose_to_hottest_cc(small) >= dvh.dose_to_hottest_cc(large)
    assert dvh.dose_to_coolest_cc(small) <= dvh.dose_to_coolest_cc(large)


@given(histograms, st.floats(0.01, 0.99))
def test_the_coolest_and_the_hottest_part_meet(dvh: DVH, share: float) -> None:
    cool = dvh.dose_to_coolest_cc(share * dvh.covered_cc)
    hot = dvh.dose_to_hottest_cc((1 - share) * dvh.covered_cc)
    assert cool <= hot + 1e-6
    assert dvh.cumulative_cc(cool) == pytest.approx(dvh.cumulative_cc(hot), abs=1e-6)


@given(histograms, st.floats(0.1, 10.0), st.floats(0.01, 0.99))
def test_a_scaled_histogram_has_scaled_doses_and_the_same_volumes(
    dvh: DVH, factor: float, share: float
) -> None:
    scaled = dvh.scaled(factor)
    wanted = share * dvh.covered_cc
    assert scaled.dose_to_hottest_cc(wanted) == pytest.approx(
        factor * dvh.dose_to_hottest_cc(wanted)
    )
    assert scaled.mean_gy == pytest.approx(factor * dvh.mean_gy)
    assert scaled.total_cc == dvh.total_cc


def test_the_arrays_cannot_be_changed() -> None:
    dvh = dvh_of([1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        dvh.volume_cc[0] = 5.0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"edges_gy": [0.0, 1.0]}, "2 edges for 2 bins; there must be one edge more"),
        ({"edges_gy": [0.0, 2.0, 1.0]}, "in rising order"),
        ({"edges_gy": [0.0], "volume_cc": []}, "at least one bin"),
        ({"covered_cc": 0.0}, "no volume can be negative and the covered one must be above 0"),
        ({"uncovered_cc": -1.0}, "no volume can be negative"),
        ({"volume_cc": [4.0, -1.0]}, "smallest bin -1 cc"),
        ({"covered_cc": 4.0}, "the bins hold 3 cc but the covered volume is 4 cc"),
        ({"mean_gy": 5.0}, "mean 5, maximum 2 Gy; they must be numbers in this order"),
        ({"min_gy": np.nan}, "they must be numbers in this order"),
    ],
)
def test_a_histogram_that_contradicts_itself_is_refused(
    fields: dict[str, object], message: str
) -> None:
    good = {
        "edges_gy": [0.0, 1.0, 2.0],
        "volume_cc": [1.0, 2.0],
        "covered_cc": 3.0,
        "uncovered_cc": 0.0,
        "min_gy": 0.0,
        "max_gy": 2.0,
        "mean_gy": 1.2,
    }
    with pytest.raises(InvalidInput, match=message):
        DVH(**{**good, **fields})  # type: ignore[arg-type]


def test_more_volume_than_there_is_cannot_be_asked() -> None:
    dvh = dvh_of([0.1, 0.2], uncovered_cc=0.4)
    for ask in (dvh.dose_to_hottest_cc, dvh.dose_to_coolest_cc):
        with pytest.raises(
            InvalidInput, match=r"only 0.3 cc with a dose \(0.4 cc more lie outside"
        ):
            ask(0.5)
    with pytest.raises(InvalidInput, match=r"only 0.3 cc with a dose, less than the 0.5 cc asked"):
        dvh_of([0.1, 0.2]).dose_to_hottest_cc(0.5)


@pytest.mark.parametrize("volume", [-0.1, float("nan")])
def test_a_negative_volume_cannot_be_asked(volume: float) -> None:
    with pytest.raises(InvalidInput, match="it must be 0 or more"):
        dvh_of([1.0]).dose_to_hottest_cc(volume)


@pytest.mark.parametrize("factor", [0.0, -1.0, float("inf"), float("nan")])
def test_a_dose_is_scaled_by_a_factor_above_0(factor: float) -> None:
    with pytest.raises(InvalidInput, match="give a factor above 0"):
        dvh_of([1.0]).scaled(factor)
