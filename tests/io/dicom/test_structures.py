"""What a physician drew arrives whole, where it was drawn, under one name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from hepatica.case.provenance import Note
from hepatica.case.structure import Structure
from hepatica.errors import AmbiguousName, Inconsistent, InvalidInput
from hepatica.io.dicom.image import Image, read_image
from hepatica.io.dicom.registration import read_registrations
from hepatica.io.dicom.rois import read_structure_set
from hepatica.io.dicom.scan import scan
from hepatica.io.dicom.structures import build_structures, role_of
from tests.io.dicom.builders import (
    CtSeries,
    Region,
    box,
    registration,
    structure_set,
    turned,
    uid,
)

BOX_MM2 = 16.0 * 16.0


def image_of(tmp_path: Path, **options: Any) -> Image:
    ct = CtSeries(tmp_path / "ct", **options).write()
    (series,) = scan([ct.folder])
    return read_image(series)


def build(
    tmp_path: Path, regions: Sequence[Region], image: Image | None = None, **options: Any
) -> tuple[dict[str, Structure], list[Note]]:
    path = structure_set(tmp_path / "rtss.dcm", regions, change=options.pop("change", None))
    structures, notes = build_structures(
        read_structure_set(path), image or image_of(tmp_path), **options
    )
    return {s.name: s for s in structures}, list(notes)


def said(notes: Sequence[Note], kind: str = "") -> str:
    return " | ".join(f"{n.subject}: {n.text}" for n in notes if kind in ("", n.kind))


def test_a_box_has_the_volume_that_was_drawn(tmp_path: Path) -> None:
    found, notes = build(tmp_path, [Region(4, "LEBER", [box(z) for z in (3.0, 6.0, 9.0)])])
    liver = found["LEBER"]
    assert liver.volume_cc == pytest.approx(BOX_MM2 * 9.0 / 1000, rel=1e-3)
    assert liver.centroid_mm == pytest.approx([-2.0, 4.0, 6.0], abs=0.05)
    assert liver.origin == 'RTSTRUCT ROI 4 "LEBER"'
    assert liver.contours is not None
    assert not said(notes)


def test_structures_lie_on_the_lattice_of_the_image(tmp_path: Path) -> None:
    image = image_of(tmp_path)
    found, _ = build(tmp_path, [Region(1, "Liver", [box(3.0), box(6.0)])], image)
    assert image.volume.grid.same_lattice(found["Liver"].grid)


def test_the_user_s_names_are_used_and_the_raw_name_is_kept(tmp_path: Path) -> None:
    region = Region(1, "Leber", [box(3.0)])
    found, _ = build(tmp_path, [region], rename=lambda raw: "Liver")
    assert found["Liver"].origin == 'RTSTRUCT ROI 1 "Leber"'


def test_an_empty_name_leaves_a_region_out(tmp_path: Path) -> None:
    regions = [Region(1, "Liver", [box(3.0)]), Region(2, "zRing", [box(3.0)])]
    found, notes = build(tmp_path, regions, rename=lambda raw: "" if raw[0] == "z" else raw)
    assert list(found) == ["Liver"]
    assert '"zRing": The name file leaves it out.' in said(notes, "ignored")


def test_two_regions_of_one_name_are_an_error_that_lists_both(tmp_path: Path) -> None:
    regions = [Region(1, "Leber", [box(3.0)]), Region(7, "liver_old", [box(3.0)])]
    with pytest.raises(
        AmbiguousName, match=r'ROI 1 "Leber" and RTSTRUCT ROI 7 "liver_old" would both be called'
    ):
        build(tmp_path, regions, rename=lambda raw: "Liver")


def test_all_ambiguous_names_are_told_at_once(tmp_path: Path) -> None:
    def refuse(raw: str) -> str:
        raise AmbiguousName(f"{raw} fits two organs.")

    regions = [Region(1, "kid", [box(3.0)]), Region(2, "lun", [box(3.0)])]
    with pytest.raises(
        AmbiguousName, match=r'ROI 1 "kid": kid fits[^\n]*\n.*ROI 2 "lun": lun fits'
    ):
        build(tmp_path, regions, rename=refuse)


def test_an_empty_twin_does_not_make_a_name_ambiguous(tmp_path: Path) -> None:
    found, _ = build(tmp_path, [Region(1, "Liver", [box(3.0)]), Region(2, "Liver")])
    assert list(found) == ["Liver"]


def test_empty_regions_and_those_without_contour_item_are_left_out(tmp_path: Path) -> None:
    regions = [
        Region(1, "Liver", [box(3.0)]),
        Region(2, "Empty"),
        Region(3, "Absent", without_item=True),
    ]
    found, notes = build(tmp_path, regions)
    assert list(found) == ["Liver"]
    assert '"Empty": It has no closed contours' in said(notes, "ignored")
    assert '"Absent": It has no closed contours' in said(notes, "ignored")


def test_points_open_contours_and_pairs_of_points_are_left_out_with_their_count(
    tmp_path: Path,
) -> None:
    contours = [
        box(3.0),
        ("POINT", [(0.0, 0.0, 3.0)]),
        ("OPEN_PLANAR", box(6.0)),
        ("OPEN_NONPLANAR", box(6.0)),
        [(0.0, 0.0, 6.0), (1.0, 1.0, 6.0)],
        [],
    ]
    contours = [c for c in contours if c]
    found, notes = build(tmp_path, [Region(1, "Liver", contours)])
    assert found["Liver"].volume_cc == pytest.approx(BOX_MM2 * 3.0 / 1000, rel=1e-3)
    told = said(notes, "ignored")
    assert "1 contour of type POINT left out" in told
    assert "1 contour of type OPEN_PLANAR left out" in told
    assert "1 contour of type OPEN_NONPLANAR left out" in told
    assert "1 contour of fewer than 3 points left out" in told


def test_an_xor_contour_type_is_a_closed_contour(tmp_path: Path) -> None:
    outer = ("CLOSEDPLANAR_XOR", box(3.0))
    inner = ("CLOSEDPLANAR_XOR", box(3.0, (-6.0, 2.0), (0.0, 8.0)))
    found, notes = build(tmp_path, [Region(1, "Liver", [outer, inner])])
    assert found["Liver"].volume_cc == pytest.approx((BOX_MM2 - 64.0) * 3.0 / 1000, rel=1e-3)
    assert "1 planes hold outlines within outlines: holes" in said(notes, "linked")


def test_a_keyhole_is_a_hole(tmp_path: Path) -> None:
    keyhole = [
        *[(-10.0, -4.0, 3.0), (6.0, -4.0, 3.0), (6.0, 12.0, 3.0), (-10.0, 12.0, 3.0)],
        *[(-10.0, 4.0, 3.0), (-6.0, 4.0, 3.0), (-6.0, 8.0, 3.0), (2.0, 8.0, 3.0)],
        *[(2.0, 0.0, 3.0), (-6.0, 0.0, 3.0), (-6.0, 4.0, 3.0), (-10.0, 4.0, 3.0)],
    ]
    found, _ = build(tmp_path, [Region(1, "Liver", [keyhole])])
    assert found["Liver"].volume_cc == pytest.approx((BOX_MM2 - 64.0) * 3.0 / 1000, rel=1e-3)


def test_a_contour_listed_twice_counts_once(tmp_path: Path) -> None:
    again = box(3.0)[2:] + box(3.0)[:2]
    found, notes = build(tmp_path, [Region(1, "Liver", [box(3.0), again])])
    assert found["Liver"].volume_cc == pytest.approx(BOX_MM2 * 3.0 / 1000, rel=1e-3)
    assert "1 contours are listed twice; each counts once" in said(notes, "warning")


def test_crossing_outlines_of_one_region_are_said_aloud(tmp_path: Path) -> None:
    other = box(3.0, (-4.0, 10.0), (0.0, 14.0))
    _, notes = build(tmp_path, [Region(1, "Liver", [box(3.0), other])])
    assert "Outlines cross each other in 1 planes" in said(notes, "warning")


def test_a_closing_point_that_repeats_the_first_is_dropped(tmp_path: Path) -> None:
    found, _ = build(tmp_path, [Region(1, "Liver", [[*box(3.0), box(3.0)[0]]])])
    assert found["Liver"].contours is not None
    assert len(found["Liver"].contours.loops[0]) == 4


def test_contours_between_slices_are_kept_and_said(tmp_path: Path) -> None:
    found, notes = build(tmp_path, [Region(1, "Liver", [box(z) for z in (4.0, 7.0)])])
    assert found["Liver"].volume_cc == pytest.approx(BOX_MM2 * 6.0 / 1000, rel=1e-3)
    assert "2 of 2 contour planes lie up to 1.00 mm off the slices" in said(notes, "linked")


def test_a_gap_between_contour_planes_stays_a_gap_and_is_said(tmp_path: Path) -> None:
    region = Region(1, "Liver", [box(z) for z in (0.0, 3.0, 9.0, 12.0)])
    found, notes = build(tmp_path, [region])
    assert found["Liver"].volume_cc == pytest.approx(BOX_MM2 * 12.0 / 1000, rel=1e-3)
    assert "1 gap between its contour planes (up to 6.0 mm apart)" in said(notes, "warning")


def test_what_lies_beyond_the_image_is_kept_and_said(tmp_path: Path) -> None:
    image = image_of(tmp_path)
    regions = [
        Region(1, "High", [box(z) for z in (9.0, 12.0, 15.0, 18.0)]),
        Region(2, "Wide", [box(3.0, (6.0, 24.0))]),
    ]
    found, notes = build(tmp_path, regions, image)
    assert found["High"].volume_cc == pytest.approx(BOX_MM2 * 12.0 / 1000, rel=1e-3)
    assert found["Wide"].volume_cc == pytest.approx(18.0 * 16.0 * 3.0 / 1000, rel=1e-3)
    assert image.volume.grid.same_lattice(found["High"].grid)
    told = said(notes, "warning")
    assert '"High": 1.54 of 3.07 cc (50.0%) lie beyond the image' in told
    assert '"Wide": 0.42 of 0.86 cc' in told


def test_a_point_far_outside_every_patient_does_not_pass(tmp_path: Path) -> None:
    region = Region(1, "Liver", [box(3.0, (-10.0, 9000.0))])
    found, notes = build(tmp_path, [region])
    assert not found
    assert "mm beyond the image, which no patient does; left out" in said(notes, "warning")


def test_an_image_of_one_slice_lends_its_pixels_to_slices_of_the_contours(tmp_path: Path) -> None:
    image = image_of(tmp_path, heights=(6.0,))
    regions = [Region(1, "Liver", [box(float(z)) for z in range(0, 20, 2)])]
    found, notes = build(tmp_path, regions, image)
    grid = found["Liver"].grid
    assert grid.spacing_mm == (1.5, 2.0, 2.0)
    assert grid.shape[0] == 10
    assert found["Liver"].volume_cc == pytest.approx(BOX_MM2 * 20.0 / 1000, rel=1e-3)
    assert "The image has one slice but contours lie on 10 planes" in said(notes, "assumed")


def test_outlines_across_the_slices_are_filled_in_their_own_planes(tmp_path: Path) -> None:
    def sagittal(x: float) -> list[tuple[float, float, float]]:
        return [(x, -4.0, 1.0), (x, 12.0, 1.0), (x, 12.0, 9.0), (x, -4.0, 9.0)]

    image = image_of(tmp_path)
    region = Region(1, "Liver", [sagittal(x) for x in (-4.0, -2.0, 0.0, 2.0)])
    found, notes = build(tmp_path, [region], image)
    liver = found["Liver"]
    assert liver.volume_cc == pytest.approx(8.0 * 16.0 * 8.0 / 1000, rel=5e-3)
    assert liver.centroid_mm == pytest.approx([-1.0, 4.0, 5.0], abs=0.1)
    assert image.volume.grid.same_lattice(liver.grid)
    assert "tilted by 90.0 degrees against the slices" in said(notes, "assumed")
    assert not said(notes, "warning")


def test_outlines_in_planes_of_several_directions_are_left_out(tmp_path: Path) -> None:
    upright = [(-10.0, 0.0, 0.0), (6.0, 0.0, 0.0), (6.0, 0.0, 12.0), (-10.0, 0.0, 12.0)]
    found, notes = build(tmp_path, [Region(1, "Liver", [upright, box(3.0)])])
    assert not found
    assert "Its outlines do not lie in parallel planes; left out" in said(notes, "warning")


def test_a_registration_that_tilts_keeps_the_volume(tmp_path: Path) -> None:
    angle = np.radians(8.0)
    tilt = np.eye(4)
    tilt[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    path = registration(tmp_path / "reg.dcm", uid("other"), tilt)
    region = Region(1, "Liver", [box(z) for z in (3.0, 6.0, 9.0)], frame=uid("other"))
    found, notes = build(tmp_path, [region], registrations=read_registrations(path))
    assert found["Liver"].volume_cc == pytest.approx(BOX_MM2 * 9.0 / 1000, rel=5e-3)
    expected = (tilt @ np.array([-2.0, 4.0, 6.0, 1.0]))[:3]
    assert found["Liver"].centroid_mm == pytest.approx(expected, abs=0.1)
    assert "tilted by 8.0 degrees" in said(notes, "assumed")


def test_structures_follow_a_feet_first_image(tmp_path: Path) -> None:
    image = image_of(tmp_path, orientation=(-1, 0, 0, 0, 1, 0), origin=(20.0, -10.0, 0.0))
    region = Region(1, "Liver", [box(z) for z in (-3.0, -6.0)])
    found, _ = build(tmp_path, [region], image)
    assert found["Liver"].centroid_mm == pytest.approx([-2.0, 4.0, -4.5], abs=0.05)


def test_another_frame_of_reference_is_refused(tmp_path: Path) -> None:
    region = Region(1, "Liver", [box(3.0)], frame=uid("other"))
    with pytest.raises(Inconsistent, match=r'ROI 1 "Liver": its frame of reference .* is not that'):
        build(tmp_path, [region])


@pytest.mark.parametrize("backwards", [False, True])
def test_a_registration_moves_outlines_into_the_image_s_frame(
    tmp_path: Path, backwards: bool
) -> None:
    other, move = uid("other"), turned(90.0, (1.0, 2.0, 3.0))
    if backwards:
        path = registration(
            tmp_path / "reg.dcm", image_frame(), np.linalg.inv(move), target_frame=other
        )
    else:
        path = registration(tmp_path / "reg.dcm", other, move)
    region = Region(1, "Liver", [box(3.0, (-4.0, 0.0), (-6.0, 4.0))], frame=other)
    found, notes = build(tmp_path, [region], registrations=read_registrations(path))
    # (x, y, z) goes to (-y + 1, x + 2, z + 3)
    assert found["Liver"].centroid_mm == pytest.approx([2.0, 0.0, 6.0], abs=0.05)
    assert "moved into the image's frame of reference by REG ..." in said(notes, "linked")


def image_frame() -> str:
    return uid("frame")


def test_duplicate_region_numbers_are_refused(tmp_path: Path) -> None:
    regions = [Region(1, "Liver", [box(3.0)]), Region(1, "Heart", [box(3.0)])]
    with pytest.raises(InvalidInput, match=r'ROI number 1 is used twice, for "Liver" and "Heart"'):
        build(tmp_path, regions)


def test_two_contour_lists_for_one_region_are_refused(tmp_path: Path) -> None:
    def doubled(ds: Dataset) -> None:
        ds.ROIContourSequence.append(ds.ROIContourSequence[0])

    with pytest.raises(InvalidInput, match="two lists of contours belong to ROI number 1"):
        build(tmp_path, [Region(1, "Liver", [box(3.0)])], change=doubled)


def test_contours_of_an_undefined_region_are_named(tmp_path: Path) -> None:
    def undefined(ds: Dataset) -> None:
        ds.ROIContourSequence[1].ReferencedROINumber = 99

    regions = [Region(1, "Liver", [box(3.0)]), Region(2, "Heart", [box(3.0)])]
    found, notes = build(tmp_path, regions, change=undefined)
    assert list(found) == ["Liver"]
    assert "1 contours belong to ROI number 99, which is not defined" in said(notes, "ignored")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["1", "2"], "has 2 coordinates; they must be finite and come in threes"),
        (["1", "2", "nan"] * 3, "has 9 coordinates; they must be finite"),
    ],
)
def test_impossible_coordinates_are_refused(tmp_path: Path, words: list[str], message: str) -> None:
    def broken(ds: Dataset) -> None:
        contour = ds.ROIContourSequence[0].ContourSequence[0]
        contour.add_new("ContourData", "UC", "\\".join(words))

    with pytest.raises(InvalidInput, match=message):
        build(tmp_path, [Region(1, "Liver", [box(3.0)])], change=broken)


def test_a_decimal_comma_is_refused(tmp_path: Path) -> None:
    path = structure_set(tmp_path / "rtss.dcm", [Region(1, "Liver", [box(3.0)])])
    path.write_bytes(path.read_bytes().replace(b"-10.0000", b"-10,0000"))
    with pytest.raises(InvalidInput, match='ROI 1 "Liver": a contour holds a coordinate that is'):
        read_structure_set(path)


def test_a_structure_set_cut_off_is_refused_and_not_read_with_fewer_contours(
    tmp_path: Path,
) -> None:
    regions = [Region(1, "Liver", [box(3.0 * k) for k in range(5)])]
    path = structure_set(tmp_path / "rtss.dcm", regions)
    data = path.read_bytes()
    at = data.index(b"12.0000")
    path.write_bytes(data[:at])
    with pytest.raises(InvalidInput, match="truncated or damaged"):
        read_structure_set(path)


def test_a_missing_colour_and_missing_observations_do_no_harm(tmp_path: Path) -> None:
    found, _ = build(tmp_path, [Region(1, "Liver", [box(3.0)], interpreted=None)])
    assert found["Liver"].role == "ORGAN"


def test_another_file_is_no_structure_set(tmp_path: Path) -> None:
    ct = CtSeries(tmp_path, heights=(0.0,)).write()
    with pytest.raises(InvalidInput, match="is CT, not an RTSTRUCT"):
        read_structure_set(ct.files[0])


@pytest.mark.parametrize(
    ("interpreted", "name", "role"),
    [
        ("GTV", "anything", "GTV"),
        ("ORGAN", "GTV1", "GTV"),
        ("", "ptv_60", "PTV"),
        ("", "CTV", "CTV"),
        ("CTV", "GTV1", "CTV"),
        ("EXTERNAL", "Patient", "EXTERNAL"),
        ("", "BODY", "EXTERNAL"),
        ("AVOIDANCE", "Heart", "AVOIDANCE"),
        ("SUPPORT", "Couch", "SUPPORT"),
        ("BOLUS", "bolus", "OTHER"),
        ("", "Liver", "ORGAN"),
        ("", "Gtvish", "ORGAN"),
    ],
)
def test_the_role_follows_the_declared_type_and_then_the_name(
    interpreted: str, name: str, role: str
) -> None:
    assert role_of(interpreted, name) == role


def test_a_type_that_contradicts_the_name_is_said(tmp_path: Path) -> None:
    found, notes = build(tmp_path, [Region(1, "GTV1", [box(3.0)], interpreted="CTV")])
    assert found["GTV1"].role == "CTV"
    assert "Named like a GTV but declared CTV" in said(notes, "warning")
