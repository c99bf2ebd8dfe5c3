"""What the user decided where the files leave a choice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Choices:
    """Explicit decisions for one import; nothing is decided without being asked for.

    Parameters
    ----------
    series_uid : the CT series to use (SeriesInstanceUID, or ``UID#2`` for its second stack)
    structure_set_uid : the RTSTRUCT to use (SOPInstanceUID or SeriesInstanceUID)
    resample_missing : interpolate over missing slices and uneven dose planes
    sum_beam_doses : add the doses of the single beams when all beams of the plan are there
    accept_identity_mismatch : the files name different patients, and the user knows better
    fraction_dose_is_one_fraction : an RTDOSE with DoseSummationType FRACTION holds one treatment
        session, against the standard's "entire delivery of a fraction group"; multiply it
    accept_high_dose : take a dose beyond what external beams give: that of sources in the body
    patient_position : how the patient lay (HFS ...), for files that do not say it
    """

    series_uid: str | None = None
    structure_set_uid: str | None = None
    resample_missing: bool = False
    sum_beam_doses: bool = False
    accept_identity_mismatch: bool = False
    fraction_dose_is_one_fraction: bool = False
    accept_high_dose: bool = False
    patient_position: str = ""
