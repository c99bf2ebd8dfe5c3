"""How the patient lay: what images, plans and the user say of it, and whether they agree.

Coordinates do not depend on it; the angles of gantry and couch do. A plan that was made for a
patient on the back would, for one who lies on the front, come from the other side.
"""

from __future__ import annotations

from collections.abc import Sequence

from hepatica.case.case import PATIENT_POSITIONS
from hepatica.case.provenance import Note
from hepatica.errors import Inconsistent, UsageError


def agreed_position(
    said: Sequence[tuple[str, Sequence[str]]], asked: str, notes: list[Note]
) -> str:
    """The one patient position that all who state one agree on.

    Parameters
    ----------
    said : what speaks (a series or plan, as notes name it), and the positions that it states
    asked : what the user says; empty when nothing
    notes : receives where it comes from, and words that DICOM does not know

    Returns
    -------
    position : str
        HFS, HFP ...; empty when nobody says it.

    Raises
    ------
    UsageError
        If the user names no patient position of DICOM.
    Inconsistent
        If two of them contradict each other.
    """
    if asked and asked not in PATIENT_POSITIONS:
        raise UsageError(
            f"Patient position {asked!r}: one of {', '.join(PATIENT_POSITIONS)} is allowed."
        )
    stated = [(who, word) for who, words in said for word in words if _known(who, word, notes)]
    distinct = {word for _, word in stated} | ({asked} - {""})
    if len(distinct) > 1:
        told = [*stated, *([("the user", asked)] if asked else [])]
        raise Inconsistent(
            "How the patient lay is contradictory: "
            f"{'; '.join(f'{who} says {word}' for who, word in told)}. Beam angles mean another "
            "direction then. Import only what belongs together."
        )
    if asked and not stated:
        notes.append(Note("assumed", "patient position", f"{asked}, as the user says."))
    return distinct.pop() if distinct else ""


def _known(who: str, word: str, notes: list[Note]) -> bool:
    if word and word not in PATIENT_POSITIONS:
        text = f"the patient position {word!r} is none that Hepatica knows: taken as not stated."
        notes.append(Note("warning", who, text))
    return word in PATIENT_POSITIONS
