"""Brings a dose or outlines into the case's frame of reference, or refuses to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hepatica.case.plan import Dose
from hepatica.case.volume import Volume
from hepatica.errors import Inconsistent
from hepatica.io.dicom.registration import Registration, way_between


def way_into(
    frame_uid: str | None,
    case_frame_uid: str,
    registrations: Sequence[Registration],
    what: str,
) -> Registration | None:
    """The registration that leads into the case's frame; None when the frames are the same.

    Raises
    ------
    Inconsistent
        If the frames differ and no registration joins them, or none is stated.
    """
    if frame_uid == case_frame_uid:
        return None
    if not frame_uid:
        raise Inconsistent(
            f"{what}: it states no FrameOfReferenceUID, so nobody knows whether it lies on this "
            f"image (frame {case_frame_uid}). Export it with its frame of reference."
        )
    way = way_between(registrations, frame_uid, case_frame_uid)
    if way is None:
        raise Inconsistent(
            f"{what}: its frame of reference {frame_uid} is not that of the image "
            f"({case_frame_uid}) and no registration (REG) joins the two. Give the image it was "
            "made on, or the rigid registration."
        )
    return way


def in_frame(
    dose: Dose, case_frame_uid: str, registrations: Sequence[Registration], what: str
) -> Dose:
    """The dose in the case's frame: its grid is turned and moved, its values stay as they are.

    Raises
    ------
    Inconsistent
        If the frames differ and no registration joins them.
    """
    way = way_into(dose.frame_of_reference_uid, case_frame_uid, registrations, what)
    if way is None:
        return dose
    moved = Volume(dose.volume.values, way.grid(dose.volume.grid), dose.volume.unit)
    return replace(
        dose,
        volume=moved,
        frame_of_reference_uid=case_frame_uid,
        origin=f"{dose.origin}, moved by REG {way.called}",
    )
