"""What one bixel does sideways, taken apart into a few separable terms."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.physics.photon.map_lattice import Fineness, map_axis
from hepatica.physics.photon.response import (
    Edge,
    components_at,
    penumbra_sigma_mm,
    separated,
    tail_terms,
)
from tests.physics.photon.dose_phantoms import toy


def test_an_edge_profile_is_half_at_the_edge_and_carries_the_width_of_the_bixel() -> None:
    edge = Edge(20.0, 2.0, 0.5)
    x = np.arange(-30.0, 30.0, 0.01)
    assert edge.at(np.array([10.5, -9.5])) == pytest.approx([0.5, 0.5], abs=1e-6)
    assert edge.at(x).sum() * 0.01 == pytest.approx(20.0)
    assert edge.at(np.array([edge.reach_mm])) < 4e-5


def test_a_source_of_no_size_is_given_half_a_millimetre() -> None:
    assert penumbra_sigma_mm(toy(penumbra_fwhm_mm=0.0)) == 0.5
    assert penumbra_sigma_mm(toy(penumbra_fwhm_mm=5.0)) == pytest.approx(2.1233, abs=1e-4)


def test_components_sum_to_what_the_table_holds() -> None:
    machine = toy()
    found = components_at(machine, 1000.0)
    x = np.arange(-120, 121) * 0.5
    table = machine.lateral.tail_per_mm2[1]
    radius = np.hypot(x[:, None], x)
    sums = [np.interp(radius, machine.lateral.radius_mm, row, right=0).sum() / 4 for row in table]
    sides = np.where(found.places_mm > 0, 2.0, 1.0)
    assert found.tail @ sides @ sides == pytest.approx(sums, rel=2e-3)
    assert found.wide_field == pytest.approx(np.abs(found.centre + sums).sum(), rel=1e-3)


def test_the_nearest_table_is_taken_when_asked() -> None:
    machine = toy()
    assert components_at(machine, 760.0).centre == pytest.approx([0.748, 0.0252])
    assert components_at(machine, 760.0, nearest=True).centre == pytest.approx([0.7, 0.03])


def test_few_terms_carry_a_smooth_matrix() -> None:
    x = np.linspace(0, 3, 80)
    image = np.exp(-np.hypot(x[:, None], x))
    left, right = separated(image, 1e-3)
    assert left.shape[1] < 12
    assert np.abs(left @ right.T - image).max() < 1e-3
    assert np.abs((left @ right.T - image).sum()) < 5e-3


def test_an_empty_matrix_has_one_empty_term() -> None:
    left, right = separated(np.zeros((5, 7)), 1e-3)
    assert not (left @ right.T).any()
    assert left.shape[1] == 1


@pytest.mark.parametrize("shift", [(0.0, 0.0), (-0.25, 0.25)])
def test_terms_add_up_to_the_bixel_convolved_with_the_component(
    shift: tuple[float, float],
) -> None:
    machine = toy()
    components = components_at(machine, 900.0)
    sigma = penumbra_sigma_mm(machine)
    edges = (Edge(5.0, sigma, shift[0]), Edge(2.5, sigma, shift[1]))
    terms = tail_terms(components, edges, (2.5, 2.5), (20, 12))
    whole = np.concatenate([-components.places_mm[:0:-1], components.places_mm])
    for k, (left, right) in enumerate(terms):
        quarter = components.tail[k]
        half = np.concatenate([quarter[:0:-1], quarter])
        full = np.concatenate([half[:, :0:-1], half], axis=1)
        for i, j in ((0, 0), (3, 1), (-7, 4), (15, -10)):
            u, v = 2.5 * i - whole, 2.5 * j - whole
            expected = edges[0].at(u) @ full @ edges[1].at(v)
            found = left[20 + i] @ right[12 + j]
            assert found == pytest.approx(expected, abs=1e-5 * components.wide_field)


def test_nodes_lie_on_the_lattice_of_bixels_and_hold_the_field() -> None:
    centres = np.arange(-10.0, 11.0, 5.0)
    axis = map_axis(centres, Edge(5.0, 2.0), 100.0, (-300.0, 60.0), Fineness(1.25, 2.5))
    assert np.isin(centres, axis.nodes_mm).all()
    assert axis.field_mm[0] <= -22.5
    assert axis.field_mm[1] >= 22.5
    assert np.diff(axis.sharp_mm) == pytest.approx(1.25)
    assert axis.span_mm[0] <= -110.0
    assert 60.0 <= axis.span_mm[1] < 75.0
    assert np.diff(axis.nodes_mm).max() <= 10.0


@pytest.mark.parametrize("pitch", [0.5, 1.25, 2.0, 2.5, 3.0, 5.0, 7.0, 100.0])
def test_every_pitch_has_lattices_no_coarser_than_asked(pitch: float) -> None:
    centres = pitch * np.arange(4)
    axis = map_axis(centres, Edge(pitch, 2.0), 50.0, (-100.0, 100.0), Fineness(1.25, 2.5))
    assert np.diff(axis.nodes_mm[axis.field]).max() <= 2.5 + 1e-9
    assert np.diff(axis.sharp_mm).max() <= 1.25 + 1e-9
    assert axis.step_mm * axis.stride == pytest.approx(pitch)
