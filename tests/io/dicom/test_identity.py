"""Two patients are never made one, and no message says who they are."""

from __future__ import annotations

from hashlib import pbkdf2_hmac

import pytest

from hepatica.errors import Inconsistent
from hepatica.io.dicom.identity import Identity, require_one_patient

ANNA = Identity("4711", "clinic", "19500101", "mueller")


def test_the_key_is_a_slow_hash_of_the_patient_id_alone() -> None:
    assert ANNA.key("1.2.3") == pbkdf2_hmac("sha256", b"4711", b"1.2.3", 200_000).hex()
    assert Identity("4711", "", "", "mueller").key("1.2.3") == ANNA.key("1.2.3")


def test_one_patient_has_another_key_in_another_frame_of_reference() -> None:
    assert ANNA.key("1.2.3") != ANNA.key("1.2.4")


def test_there_is_no_key_without_a_patient_id() -> None:
    assert Identity("", "clinic", "19500101", "mueller").key("1.2.3") == ""


@pytest.mark.parametrize(
    ("other", "field"),
    [
        (Identity("4712", "clinic", "19500101", "mueller"), "PatientID"),
        (Identity("4711", "elsewhere", "19500101", "mueller"), "IssuerOfPatientID"),
        (Identity("4711", "clinic", "19500102", "mueller"), "PatientBirthDate"),
        (Identity("4711", "clinic", "19500101", "miller"), ""),
        (Identity("4711", "", "", ""), ""),
        (Identity("", "", "19500101", "miller"), ""),
    ],
)
def test_stated_fields_must_agree_and_blank_ones_contradict_nothing(
    other: Identity, field: str
) -> None:
    assert ANNA.conflict(other) == field
    assert other.conflict(ANNA) == field


def test_without_ids_the_family_names_must_agree() -> None:
    one, two = Identity("", "", "", "liver_16"), Identity("", "", "", "liver_17")
    assert one.conflict(two) == "PatientName"


def test_different_patients_are_refused_without_their_identity() -> None:
    other = Identity("4712", "clinic", "19500101", "mueller")
    with pytest.raises(Inconsistent, match=r"PatientID differs between a.dcm and b.dcm") as fault:
        require_one_patient([("a.dcm", ANNA), ("b.dcm", other)])
    assert not any(secret in str(fault.value) for secret in ("4711", "4712", "mueller"))


def test_an_identity_prints_nothing() -> None:
    assert repr(ANNA) == "Identity()"
