"""What a secret makes of one patient: the same pseudonym always gives the same dates and numbers.

Images and clinical record of a patient may come on different days and from different systems, which
call the patient differently. What they have in common is the pseudonym that the user gives; the
days by which dates move hang on it and on nothing in the files, so that intervals between an
operation in the record and a scan stay what they were.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from hepatica.errors import InvalidInput

# Dates move back by at least a year and at most ten: no season and no age can be read off.
LEAST_DAYS, MOST_DAYS = 366, 3652
_LEAST_BYTES = 16


@dataclass(frozen=True)
class PseudonymKey:
    """The user's secret, for one patient.

    Parameters
    ----------
    pseudonym : str
        What the patient is called.
    secret : bytes
        Of the user; 16 or more.

    Raises
    ------
    InvalidInput
        If the secret is shorter.
    """

    pseudonym: str
    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) < _LEAST_BYTES:
            raise InvalidInput(
                f"The secret of the pseudonyms has {len(self.secret)} bytes; it needs 16 or more."
            )

    @property
    def days_back(self) -> int:
        """By how many days all dates of the patient move into the past."""
        span = MOST_DAYS - LEAST_DAYS + 1
        mark = self.mark("days", self.pseudonym.strip())
        return LEAST_DAYS + int.from_bytes(mark[:8], "big") % span

    def uid(self, uid: str) -> str:
        """The new DICOM identifier of an old one, the same under every pseudonym."""
        return f"2.25.{int.from_bytes(self.mark('uid', uid)[:16], 'big')}"

    def mark(self, kind: str, what: str) -> bytes:
        """32 bytes that stand for a text; without the secret nobody can go back."""
        return hmac.digest(self.secret, f"{kind}|{what}".encode(), "sha256")


def pseudonym_of(prefix: str, case_id: str, secret: bytes) -> str:
    """A pseudonym for a patient of a table: the same one in each delivery.

    Examples
    --------
    >>> pseudonym_of("P", "4711", b"0123456789abcdef")
    'P-709ed36e84'
    """
    return f"{prefix}-{PseudonymKey(prefix, secret).mark('case', case_id)[:5].hex()}"
