"""A case on disk comes back the same, is never half written, and shows when it was damaged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hepatica.case import (
    Beam,
    Case,
    Contours,
    Dose,
    Grid,
    Note,
    Plan,
    Segment,
    Structure,
    Volume,
)
from hepatica.errors import InvalidInput, UsageError
from hepatica.store.case_folder import case_summary, is_case_folder, read_case, write_case

GRID = Grid((6, 10, 12), (1.5, 2.0, 3.0), (-5.0, 7.25, 1.0 / 3.0))


def _structures() -> dict[str, Structure]:
    mask = np.zeros(GRID.shape, bool)
    mask[1:4, 2:6, 3:7] = True
    soft = np.zeros(GRID.shape, np.float32)
    soft[2:4, 3:5, 3:6] = np.float32(1.0 / 3.0)
    square = np.array([(0, 0, 1), (6, 0, 1), (6, 4, 1), (0, 4, 1.0)])
    return {
        "Liver": Structure.from_mask("Liver", mask, GRID, origin="mask series liver"),
        "GTV1": Structure.from_mask("GTV1", soft, GRID, "GTV", "labels, label 2"),
        "Drawn": Structure(
            "Drawn",
            Volume(mask[1:4, 2:6, 3:7], GRID.crop((1, 2, 3), (4, 6, 7)), "1"),
            origin="RTSTRUCT",
            derived=True,
            contours=Contours((square, square + np.array([0.1, 0.2, 3.0]))),
        ),
        "Empty": Structure.from_mask("Empty", np.zeros(GRID.shape), GRID),
    }


def _case(image: Any = None) -> Case:
    rng = np.random.default_rng(3)
    values = rng.integers(-1000, 1000, GRID.shape).astype(np.int16) if image is None else image
    gy = Volume(rng.random((3, 4, 5)), Grid((3, 4, 5), (2.5, 2.5, 2.5)), "Gy")
    beam = Beam(1, "AP", "PHOTON", 6.0, 0.0, None, 100.5)
    plan = Plan("1.2", "plan", 6, 41.4, (beam,), "1.2.3", None, "APPROVED")
    return Case(
        "demo",
        Volume(values, GRID, "HU"),
        "1.2.3",
        _structures(),
        (plan,),
        (Dose("1.5", "dose", gy, "PLAN", "1.2", "1.2.3", "RTDOSE"),),
        (Note("assumed", "CT", "frame of reference"),),
        "abc",
    )


def _edit(folder: Path, **changes: Any) -> None:
    path = folder / "case.json"
    document = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(document))


def test_a_case_comes_back_bit_for_bit(tmp_path: Path) -> None:
    case = _case()
    back = read_case(write_case(case, tmp_path / "case"))
    assert np.array_equal(back.image.values, case.image.values)
    assert back.image.values.dtype == case.image.values.dtype
    assert back.image.grid == case.image.grid
    assert list(back.structures) == list(case.structures)
    for name, structure in case.structures.items():
        again = back.structures[name]
        assert np.array_equal(again.coverage.values, structure.coverage.values)
        assert again.grid == structure.grid
        assert (again.role, again.origin, again.derived) == (
            structure.role,
            structure.origin,
            structure.derived,
        )
    assert (back.plans, back.notes, back.patient_key) == (case.plans, case.notes, "abc")
    assert np.array_equal(back.doses[0].volume.values, case.doses[0].volume.values)
    assert back.doses[0].label == "dose"


def test_outlines_come_back_to_the_last_digit(tmp_path: Path) -> None:
    case = _case()
    back = read_case(write_case(case, tmp_path / "case")).structures["Drawn"].contours
    was = case.structures["Drawn"].contours
    assert back is not None
    assert was is not None
    assert all(np.array_equal(a, b) for a, b in zip(back.loops, was.loops, strict=True))


def test_what_lies_between_the_outlines_is_remembered(tmp_path: Path) -> None:
    drawn = _structures()["Drawn"]
    assert drawn.contours is not None
    bent = replace(drawn, contours=drawn.contours.blended(0.25))
    back = read_case(write_case(_case().with_structures(bent), tmp_path / "case"))
    contours = back.structures["Drawn"].contours
    assert contours is not None
    assert contours.solid == drawn.contours.blended(0.25).solid


@pytest.mark.parametrize("kind", [np.float32, np.uint16, np.int32])
def test_the_type_of_the_image_is_kept(tmp_path: Path, kind: type) -> None:
    values = np.full(GRID.shape, 40, kind)
    values[0, 0, 0] = 41
    back = read_case(write_case(_case(values), tmp_path / "case"))
    assert back.image.values.dtype == kind
    assert np.array_equal(back.image.values, values)


def test_fractions_in_an_image_are_not_rounded(tmp_path: Path) -> None:
    values = np.linspace(-1000, 1000, 720, dtype=np.float32).reshape(GRID.shape)
    back = read_case(write_case(_case(values), tmp_path / "case"))
    assert np.array_equal(back.image.values, values)


def test_the_same_case_is_written_as_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write_case(_case(), tmp_path / name) for name in ("a", "b"))
    for path in first.rglob("*.*"):
        assert path.read_bytes() == (second / path.relative_to(first)).read_bytes()


def test_an_existing_case_is_replaced_only_with_force(tmp_path: Path) -> None:
    folder = write_case(_case(), tmp_path / "case")
    with pytest.raises(UsageError, match=r"case holds a case already.*--force"):
        write_case(_case(), folder)
    (folder / "run.json").write_text("{}")
    write_case(_case(), folder, force=True)
    assert not (folder / "run.json").exists()


def test_foreign_files_are_never_deleted_even_with_force(tmp_path: Path) -> None:
    folder = write_case(_case(), tmp_path / "case")
    (folder / "thesis.docx").write_text("years of work")
    with pytest.raises(UsageError, match=r"not part of a case \(thesis\.docx\).*never deleted"):
        write_case(_case(), folder, force=True)
    assert (folder / "thesis.docx").exists()


def test_an_empty_folder_may_be_filled_and_a_file_may_not(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    assert is_case_folder(write_case(_case(), tmp_path / "new"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="file is a file; a case needs a folder"):
        write_case(_case(), tmp_path / "file", force=True)


def test_a_failed_write_leaves_the_old_case_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_case(_case(), tmp_path / "case")

    def broken(*_: object) -> str:
        raise OSError("disk full")

    monkeypatch.setattr("hepatica.store.case_folder.write_arrays", broken)
    with pytest.raises(OSError, match="disk full"):
        write_case(_case(), folder, force=True)
    assert read_case(folder).case_id == "demo"
    assert [p.name for p in tmp_path.iterdir()] == ["case"]


def test_a_changed_array_is_noticed(tmp_path: Path) -> None:
    folder = write_case(_case(), tmp_path / "case")
    path = folder / "image.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(InvalidInput, match=r"image\.npz is not the one that was written"):
        read_case(folder)


def test_a_missing_array_is_noticed(tmp_path: Path) -> None:
    folder = write_case(_case(), tmp_path / "case")
    (folder / "structures/002.npz").unlink()
    with pytest.raises(InvalidInput, match=r"002\.npz is missing"):
        read_case(folder)


def test_a_folder_without_a_case_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"is no case folder.*hepatica case import"):
        read_case(tmp_path)


def test_a_damaged_document_is_refused(tmp_path: Path) -> None:
    folder = write_case(_case(), tmp_path / "case")
    (folder / "case.json").write_text("{ not JSON")
    with pytest.raises(InvalidInput, match=r"case\.json is damaged"):
        read_case(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "other/thing"}, "is not of schema hepatica/case-folder"),
        ({"version": 4}, r"has version 4; this Hepatica reads version 3\. Read it with"),
        ({"version": 2}, r"version 3\. It is from before beams kept .*Import it again"),
        ({"image": None}, "incomplete or was edited"),
        ({"structures": [{"name": "Liver"}]}, "incomplete or was edited"),
        ({"notes": [{"kind": "assumed"}]}, "incomplete or was edited"),
    ],
)
def test_an_edited_document_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    folder = write_case(_case(), tmp_path / "case")
    _edit(folder, **changes)
    with pytest.raises(InvalidInput, match=message):
        read_case(folder)


def test_a_document_that_names_a_file_elsewhere_is_refused(tmp_path: Path) -> None:
    folder = write_case(_case(), tmp_path / "case")
    image = json.loads((folder / "case.json").read_text())["image"]
    _edit(folder, image=image | {"file": "../image.npz"})
    with pytest.raises(InvalidInput, match="names a file outside of it"):
        read_case(folder)


def test_the_summary_gives_every_structure_in_numbers() -> None:
    summary = case_summary(_case())
    liver = summary["structures"]["Liver"]
    assert liver["volume_cc"] == pytest.approx(3 * 4 * 4 * 9.0 / 1000, abs=1e-3)
    assert liver["voxels"] == 48
    assert liver["extent_mm"] == [6.0, 8.0, 9.0]
    assert liver["centroid_mm"] == pytest.approx([1.75, 14.25, 6.333], abs=1e-3)
    assert liver["contour_volume_cc"] is None
    assert summary["structures"]["GTV1"]["role"] == "GTV"
    assert summary["structures"]["Empty"]["centroid_mm"] is None
    assert summary["structures"]["Drawn"]["derived"]
    assert (summary["schema"], summary["version"]) == ("hepatica/case", 1)


def test_the_summary_is_plain_json_with_image_plans_doses_and_notes() -> None:
    summary = json.loads(json.dumps(case_summary(_case()), allow_nan=False))
    assert summary["image"]["shape"] == [6, 10, 12]
    assert summary["image"]["spacing_mm"] == [1.5, 2.0, 3.0]
    assert summary["plans"][0]["prescription_gy"] == 41.4
    assert summary["doses"][0]["maximum_gy"] > 0
    assert summary["notes"] == [{"kind": "assumed", "subject": "CT", "text": "frame of reference"}]


def test_the_summary_knows_the_volume_of_the_outlines() -> None:
    drawn = case_summary(_case())["structures"]["Drawn"]
    assert drawn["contour_volume_cc"] == pytest.approx(2 * 24 * 3 / 1000, rel=1e-6)


def _planned() -> Case:
    leaves = np.array([[-5.0, -1.0 / 3.0], [5.0, 7.123456789012345]])
    openings = (
        Segment(60.1, leaves, None, (-20.0, 1.0 / 3.0)),
        Segment(40.4, leaves + 0.1, None, (-20.0, 20.0)),
    )
    beam = Beam(
        3, "AP", "PHOTON", 6.0, 0.0, 0.0, 100.5, 15.0, (1.0, 2.0, 3.0), 1000.0, "linac",
        (-10.0, 0.0, 10.0), openings, "STATIC", 1.9,
    )  # fmt: skip
    plain = Beam(4, "setup", "PHOTON", 6.0, 0.0, None, None, delivery="DYNAMIC")
    plan = Plan("1.2", "plan", 6, 41.4, (beam, plain), "1.2.3", None, "APPROVED", "HFS")
    return replace(_case(), plans=(plan, *_case().plans), patient_position="HFS")


def test_segments_and_patient_position_come_back_to_the_last_digit(tmp_path: Path) -> None:
    case = _planned()
    back = read_case(write_case(case, tmp_path / "case"))
    assert back.plans == case.plans
    assert back.patient_position == "HFS"
    segment = back.plans[0].beams[0].segments[0]
    assert isinstance(segment.jaw_y_mm, tuple)
    assert segment.leaf_mm.dtype == np.float64


def test_leaf_positions_that_were_changed_on_disk_are_noticed(tmp_path: Path) -> None:
    folder = write_case(_planned(), tmp_path / "case")
    (folder / "plans/001.npz").write_bytes(b"other leaves")
    with pytest.raises(InvalidInput, match=r"001\.npz is not the one that was written"):
        read_case(folder)


def test_leaf_positions_outside_of_the_folder_are_not_read(tmp_path: Path) -> None:
    folder = write_case(_planned(), tmp_path / "case")
    row = json.loads((folder / "case.json").read_text())["plans"][0]
    _edit(folder, plans=[{**row, "file": "../leaves.npz"}])
    with pytest.raises(InvalidInput, match="names a file outside of it"):
        read_case(folder)


def test_the_summary_tells_segments_without_their_leaves(tmp_path: Path) -> None:
    summary = case_summary(_planned())
    assert summary["patient_position"] == "HFS"
    segments = summary["plans"][0]["beams"][0]["segments"]
    assert [s["meterset_mu"] for s in segments] == [60.1, 40.4]
    assert "leaf_mm" not in segments[0]
    json.dumps(summary)
