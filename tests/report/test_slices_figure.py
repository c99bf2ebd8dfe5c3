"""The isodose picture shows the right tumour, the right way round, in true proportion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from hepatica.case import Grid, Structure, Volume
from hepatica.report.colours import strokes
from hepatica.report.drawing import pen
from hepatica.report.isodoses import focus, isodoses, peak_mm, planes
from hepatica.report.slices_figure import slices_figure
from tests.report.builders import GRID, PRESCRIPTION_GY, TUMOUR_MM, phantom_case, phantom_dose


@pytest.fixture(scope="module")
def figure() -> Figure:
    case = phantom_case()
    lines = isodoses(phantom_dose().volume, PRESCRIPTION_GY)
    with pen():
        return slices_figure(case, case.structures, lines, strokes(case.structures.values()))


def _axes(figure: Figure, label: str):  # type: ignore[no-untyped-def]
    return next(axes for axes in figure.axes if axes.get_label() == label)


def _texts(axes) -> dict[str, tuple[float, float]]:  # type: ignore[no-untyped-def]
    return {text.get_text(): text.get_position() for text in axes.texts}


def test_the_liver_lies_on_the_left_of_the_axial_and_coronal_picture(figure: Figure) -> None:
    for label in ("Axial", "Coronal"):
        axes = _axes(figure, label)
        shown = np.asarray(axes.images[0].get_array())
        left, right = axes.get_xlim()
        assert left < right
        columns = np.linspace(left, right, shown.shape[1])
        liver = np.nonzero((shown > 50).sum(axis=0) > 3)[0]
        assert columns[liver].mean() < 0  # LPS: negative x is the patient's right
        texts = _texts(axes)
        assert texts["R"][0] < 0.2
        assert texts["L"][0] > 0.8


def test_front_is_up_in_the_axial_picture_and_left_in_the_sagittal(figure: Figure) -> None:
    axial, sagittal = _texts(_axes(figure, "Axial")), _texts(_axes(figure, "Sagittal"))
    assert axial["A"][1] > 0.8
    assert axial["P"][1] < 0.2
    assert sagittal["A"][0] < 0.2
    assert sagittal["P"][0] > 0.8
    assert sagittal["S"][1] > 0.8
    bottom, top = _axes(figure, "Axial").get_ylim()
    assert bottom > top  # y grows to the back, which is down


def test_all_cuts_have_one_scale_and_true_proportions(figure: Figure) -> None:
    width, height = figure.get_size_inches()
    scales = []
    for label in ("Axial", "Coronal", "Sagittal"):
        axes = _axes(figure, label)
        box = axes.get_position()
        scales.append(np.ptp(axes.get_xlim()) / (box.width * width))
        scales.append(np.ptp(axes.get_ylim()) / (box.height * height))
    np.testing.assert_allclose(scales, scales[0], rtol=0.02)


def test_the_scale_bar_is_five_centimetres_long(figure: Figure) -> None:
    axes = _axes(figure, "Axial")
    assert "5\u00a0cm" in _texts(axes)
    lengths = [np.ptp(line.get_xdata()) for line in axes.lines]
    assert 50.0 in [round(float(length), 6) for length in lengths]


def test_the_legend_names_doses_in_per_cent_and_gy_and_the_outlines_seen(figure: Figure) -> None:
    texts = _texts(_axes(figure, "legend"))
    for expected in ("100\u00a0%", "41.4\u00a0Gy", "50\u00a0%", "20.7\u00a0Gy", "GTV1", "Liver"):
        assert expected in texts
    assert "120\u00a0%" not in texts  # the highest dose stays below it
    assert "Cuts through GTV1" in texts


def test_the_isodose_line_lies_where_the_dose_is(figure: Figure) -> None:
    axes = _axes(figure, "Axial")
    radii = [
        np.linalg.norm(path.vertices - np.array(TUMOUR_MM[:2]), axis=1)
        for collection in axes.collections
        for path in collection.get_paths()
        if len(path.vertices) > 20
    ]
    # half of the prescription lies 20 mm outside the surface of 30 mm radius
    assert any(abs(r.mean() - 50) < 0.3 and r.std() < 0.3 for r in radii)


def test_the_cut_goes_through_the_tumour_with_the_highest_dose() -> None:
    case, dose = phantom_case(), phantom_dose().volume
    inside = np.zeros(GRID.shape)
    inside[18:22, 30:40, 60:75] = 1
    larger = Structure.from_mask("GTV2", inside, GRID, role="GTV")
    point, name = focus(case.with_structures(larger), dose)
    assert name == "GTV1"
    np.testing.assert_allclose(point, TUMOUR_MM, atol=0.5)


def test_without_tumour_the_cut_goes_through_the_highest_dose() -> None:
    case, dose = phantom_case(), phantom_dose().volume
    bare = replace(case, structures={n: s for n, s in case.structures.items() if s.role != "GTV"})
    point, name = focus(bare, dose)
    assert name == "the highest dose"
    np.testing.assert_allclose(point, peak_mm(dose))


def test_without_prescription_the_lines_are_per_cent_of_the_maximum() -> None:
    lines = isodoses(phantom_dose().volume, None)
    assert lines.of == "of the maximum"
    assert max(lines.levels_gy) < lines.reference_gy


def test_a_dose_of_nothing_has_no_lines_and_can_still_be_drawn() -> None:
    case = phantom_case()
    lines = isodoses(Volume(np.zeros(GRID.shape), GRID, "Gy"), None)
    assert lines.levels_gy == ()
    with pen():
        slices_figure(case, case.structures, lines, strokes(case.structures.values()))


def test_an_image_of_one_slice_gives_pictures_as_high_as_the_dose_grid() -> None:
    image = Grid((1, 64, 88), (4.0, 4.0, 4.0), (-174.0, -126.0, 0.0))
    _, coronal, _ = planes((image, GRID), phantom_case().structures, np.zeros(3))
    assert np.ptp(coronal.down_mm) == 160.0


def test_no_picture_reaches_further_than_a_trunk() -> None:
    tall = Grid((400, 64, 88), (4.0, 4.0, 4.0), (-174.0, -126.0, -800.0))
    _, coronal, _ = planes((tall, tall), {}, np.zeros(3))
    assert np.ptp(coronal.down_mm) == 360.0
