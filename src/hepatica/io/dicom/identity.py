"""Whose files these are: enough of the patient's identity to notice two patients in one import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import pbkdf2_hmac

from hepatica.errors import Inconsistent

_ROUNDS = 200_000


@dataclass(frozen=True)
class Identity:
    """The identifying fields of one file; never printed, compared only.

    ``family_name`` is the part of the name before the first caret. It counts only where both
    files lack a patient ID, because names are spelled differently from system to system.
    """

    patient_id: str = field(repr=False)
    issuer: str = field(repr=False)
    birth_date: str = field(repr=False)
    family_name: str = field(repr=False)

    def key(self, salt: str) -> str:
        """The ``patient_key`` of a case: a slow hash of the PatientID; empty without one.

        PBKDF2 with HMAC-SHA-256 (RFC 8018): a hospital number is short, so all of them could be
        tried; each try costs a tenth of a second, and a table made for one case fits no other.
        Issuer and birth date are left out because a planning system often leaves them blank in
        one object and not in another of the same patient.

        Parameters
        ----------
        salt : the frame of reference of the case, so that the same import gives the same key
        """
        if not self.patient_id:
            return ""
        number, grains = self.patient_id.encode("utf-8"), salt.encode("utf-8")
        return pbkdf2_hmac("sha256", number, grains, _ROUNDS).hex()

    def conflict(self, other: Identity) -> str:
        """The field in which two files contradict each other; empty when none does.

        A field that is blank in either file contradicts nothing.
        """
        fields = [
            ("PatientID", self.patient_id, other.patient_id),
            ("IssuerOfPatientID", self.issuer, other.issuer),
            ("PatientBirthDate", self.birth_date, other.birth_date),
        ]
        if not self.patient_id and not other.patient_id:
            fields.append(("PatientName", self.family_name, other.family_name))
        return next((name for name, a, b in fields if a and b and a != b), "")


def require_one_patient(found: Sequence[tuple[str, Identity]]) -> None:
    """Refuse files of different patients.

    Parameters
    ----------
    found : (where, identity) pairs
        ``where`` names a file or folder.

    Raises
    ------
    Inconsistent
        Naming the two places and the field, never its value.
    """
    distinct: dict[Identity, str] = {}
    for where, identity in found:
        distinct.setdefault(identity, where)
    known = list(distinct.items())
    for n, (identity, where) in enumerate(known):
        for other, elsewhere in known[n + 1 :]:
            differs = identity.conflict(other)
            if differs:
                raise Inconsistent(
                    f"The sources hold files of different patients: {differs} differs between "
                    f"{where} and {elsewhere}. Import one patient at a time, or accept the "
                    "mismatch explicitly if you know that both are the same person."
                )
