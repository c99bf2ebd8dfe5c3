"""The identifiers of an exported case: the same case always gets the same, another never."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from hepatica.errors import InvalidInput

IMPLEMENTATION_CLASS_UID = "2.25.302043790172249692526321623266752743501"
"""Names the writer in the file header; a constant of this program."""

_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")


@dataclass(frozen=True)
class UidMap:
    """Identifiers made from what they identify, under the root 2.25 that needs no registration.

    DICOM forbids one identifier for two contents. Therefore the content itself is among the parts
    of each: exporting a case twice gives equal identifiers, and an edited structure gives its
    structure set a new one, so that no archive keeps the old one in its place.

    Parameters
    ----------
    case_id : str
    frame_of_reference_uid : str
        Kept as it is in every file; coordinates have no meaning without it.
    edition : str
        What else all files say alike (the version of the program, a date).

    Raises
    ------
    InvalidInput
        If the frame of reference is not a DICOM identifier.
    """

    case_id: str
    frame_of_reference_uid: str
    edition: str = ""

    def __post_init__(self) -> None:
        uid = self.frame_of_reference_uid
        if len(uid) > 64 or not _UID.fullmatch(uid):
            raise InvalidInput(
                f"Case {self.case_id}: the frame of reference {uid!r} is not a DICOM identifier; "
                "it needs numbers joined by points, 64 characters at most."
            )

    def study(self) -> str:
        """The study that all files of the export belong to."""
        return self.of("study")

    def of(self, kind: str, *parts: str | int | bytes) -> str:
        """Identifier of one thing of this case.

        Parameters
        ----------
        kind : str
            ``study``, ``series``, ``instance``, ``plan`` ...
        parts : what tells this thing from others of its kind, its content included

        Returns
        -------
        uid : str
            ``2.25.`` and 128 bits of a SHA-256 as a decimal number (PS3.5 B.2).
        """
        digest = hashlib.sha256()
        alike = (self.case_id, self.frame_of_reference_uid, self.edition)
        for part in (*alike, kind, *parts):
            blob = part if isinstance(part, bytes) else str(part).encode()
            digest.update(len(blob).to_bytes(8, "big") + blob)
        return f"2.25.{int.from_bytes(digest.digest()[:16], 'big')}"
