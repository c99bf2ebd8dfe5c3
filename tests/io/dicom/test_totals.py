"""Doses are added, multiplied and left out as their files and the user say, and no further."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hepatica.case.plan import Dose
from hepatica.case.provenance import Note
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.choices import Choices
from hepatica.io.dicom.dose import read_rtdose
from hepatica.io.dicom.plan import read_plan_fully
from hepatica.io.dicom.totals import total_doses
from tests.io.dicom.builders import DoseFile, plan


def totals(
    tmp_path: Path,
    files: Sequence[dict[str, Any]],
    *,
    choices: Choices | None = None,
    with_plan: bool = True,
    **plan_options: Any,
) -> tuple[tuple[Dose, ...], str]:
    path = plan(tmp_path / "plan.dcm", **{"prescriptions": (4.0,), **plan_options})
    reads = [
        read_rtdose(DoseFile(tmp_path / f"dose{n}.dcm", **{"plan_path": path, **options}).write())
        for n, options in enumerate(files)
    ]
    read = read_plan_fully(path)
    notes: list[Note] = []
    known = {read.plan.uid: read} if with_plan else {}
    doses = total_doses(reads, known, choices or Choices(), notes)
    return doses, " | ".join(f"{n.subject}: {n.text}" for n in notes)


ASKED = Choices(sum_beam_doses=True)


def test_a_plan_dose_is_taken_and_linked(tmp_path: Path) -> None:
    (dose,), notes = totals(tmp_path, [{}])
    assert dose.summation == "PLAN"
    assert dose.label == f"plan: RTDOSE ...{dose.uid[-8:]}"
    assert 'It belongs to plan "plan"' in notes


def test_beside_a_plan_dose_its_parts_are_left_out(tmp_path: Path) -> None:
    files = [{}, {"summation": "BEAM", "beams": (1,)}, {"summation": "FRACTION"}]
    doses, notes = totals(tmp_path, files, choices=ASKED)
    assert [d.summation for d in doses] == ["PLAN"]
    assert notes.count("The dose of the whole plan is there") == 2


def test_several_plan_doses_are_all_kept_and_told_apart(tmp_path: Path) -> None:
    doses, notes = totals(tmp_path, [{}, {}])
    assert [d.volume.values.max() for d in doses] == pytest.approx([4.0, 4.0])
    assert len({d.label for d in doses}) == 2
    assert "all kept, none added; name the one to evaluate" in notes


def test_beam_doses_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    files = [{"summation": "BEAM", "beams": (n,)} for n in (1, 2)]
    doses, notes = totals(tmp_path, files)
    assert doses == ()
    assert "ask for --sum-beam-doses" in notes


def test_a_complete_set_of_beam_doses_is_added_when_asked(tmp_path: Path) -> None:
    files = [{"summation": "BEAM", "beams": (n,)} for n in (1, 2)]
    (dose,), notes = totals(tmp_path, files, choices=ASKED)
    assert dose.summation == "PLAN"
    assert dose.volume.values[:, 0, 0] == pytest.approx([2, 4, 6, 8])
    assert "2 beam doses, all beams of the plan, were added as asked" in notes


def test_doses_of_one_session_of_a_beam_are_multiplied_before_they_are_added(
    tmp_path: Path,
) -> None:
    files = [{"summation": "BEAM_SESSION", "beams": (n,)} for n in (1, 2)]
    (dose,), _ = totals(tmp_path, files, choices=ASKED)
    assert dose.volume.values.max() == pytest.approx(4.0 * 6 * 2)


@pytest.mark.parametrize(
    ("beams", "message"),
    [
        ([(1,)], "missing beams: 2"),
        ([(1,), (1, 2)], "beams held twice: 1"),
        ([(1,), ()], "no beam is named by: RTDOSE ...*, BEAM; missing beams: 2"),
        ([(1,), (2,), (7,)], "beams that are not treatment beams of the plan: 7"),
    ],
)
def test_an_incomplete_set_of_beams_is_refused(
    tmp_path: Path, beams: list[tuple[int, ...]], message: str
) -> None:
    files = [{"summation": "BEAM", "beams": b} for b in beams]
    with pytest.raises(Inconsistent, match=message):
        totals(tmp_path, files, choices=ASKED)


def test_beams_on_different_grids_are_refused(tmp_path: Path) -> None:
    files: list[dict[str, Any]] = [
        {"summation": "BEAM", "beams": (1,)},
        {"summation": "BEAM", "beams": (2,), "position": (-14.0, -8.0, 1.0)},
    ]
    with pytest.raises(Inconsistent, match="lie on different grids and cannot be added"):
        totals(tmp_path, files, choices=ASKED)


def test_beams_without_their_plan_are_not_added(tmp_path: Path) -> None:
    files = [{"summation": "BEAM", "beams": (n,)} for n in (1, 2)]
    with pytest.raises(InvalidInput, match="only when their plan is in the sources"):
        totals(tmp_path, files, choices=ASKED, with_plan=False)


def test_control_point_doses_are_left_out(tmp_path: Path) -> None:
    doses, notes = totals(tmp_path, [{"summation": "CONTROL_POINT"}], choices=ASKED)
    assert doses == ()
    assert "A dose of control points" in notes


def test_a_fraction_dose_is_the_whole_delivery_of_its_group(tmp_path: Path) -> None:
    (dose,), notes = totals(tmp_path, [{"summation": "FRACTION"}])
    assert dose.summation == "PLAN"
    assert dose.volume.values.max() == pytest.approx(4.0)
    assert "Taken as the whole delivery of its fraction group" in notes


def test_a_fraction_dose_far_below_the_prescription_is_refused(tmp_path: Path) -> None:
    files = [{"summation": "FRACTION"}]
    with pytest.raises(Inconsistent, match=r"maximum is 4\.00 Gy where 24 Gy are prescribed"):
        totals(tmp_path, files, prescriptions=(24.0,))


def test_a_fraction_dose_of_one_fraction_is_multiplied_when_the_user_says_so(
    tmp_path: Path,
) -> None:
    (dose,), notes = totals(
        tmp_path,
        [{"summation": "FRACTION"}],
        prescriptions=(24.0,),
        choices=Choices(fraction_dose_is_one_fraction=True),
    )
    assert dose.volume.values.max() == pytest.approx(24.0)
    assert dose.origin.endswith("times 6 fractions")
    assert "multiplied by 6 fractions of the plan" in notes


def test_a_session_dose_is_multiplied_by_the_fractions_of_its_plan(tmp_path: Path) -> None:
    (dose,), _ = totals(tmp_path, [{"summation": "FRACTION_SESSION"}], prescriptions=(24.0,))
    assert dose.volume.values.max() == pytest.approx(24.0)
    assert dose.summation == "PLAN"


def test_a_fraction_dose_without_its_plan_is_no_total(tmp_path: Path) -> None:
    (dose,), notes = totals(tmp_path, [{"summation": "FRACTION_SESSION"}], with_plan=False)
    assert dose.summation == "FRACTION"
    assert dose.volume.values.max() == pytest.approx(4.0)
    assert "kept as it is and is no total" in notes
    assert "The plan it belongs to is not in the sources" in notes


def test_a_session_dose_of_a_plan_without_fractions_is_no_total(tmp_path: Path) -> None:
    (dose,), notes = totals(tmp_path, [{"summation": "FRACTION_SESSION"}], fractions=(None,))
    assert dose.summation == "FRACTION"
    assert "the plan states no number of fractions" in notes


def test_one_of_two_fraction_groups_is_no_total_of_the_plan(tmp_path: Path) -> None:
    (dose,), _ = totals(tmp_path, [{"summation": "FRACTION"}], fractions=(25, 5))
    assert dose.summation == "FRACTION"


def test_a_dose_that_names_no_plan_is_kept_and_said(tmp_path: Path) -> None:
    (dose,), notes = totals(tmp_path, [{"plan_path": None}])
    assert dose.plan_uid is None
    assert "It names no plan" in notes
