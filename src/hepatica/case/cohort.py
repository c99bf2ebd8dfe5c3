"""Several patients together: their records, and what happened when they were read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from hepatica.case.provenance import Note
from hepatica.case.record import Record
from hepatica.errors import InvalidInput


@dataclass(frozen=True)
class Cohort:
    """Records of patients who are looked at together.

    Parameters
    ----------
    name : str
    records : one for each patient, in the order of the source
    notes : what was read, assumed and left out when the records were made
    source : str
        Where the records come from, as one would cite it.

    Raises
    ------
    InvalidInput
        If two records are of the same case.
    """

    name: str
    records: tuple[Record, ...]
    notes: tuple[Note, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            raise InvalidInput("A cohort needs a name.")
        seen: set[str] = set()
        for record in self.records:
            if record.case_id in seen:
                raise InvalidInput(
                    f"Cohort {self.name}: case {record.case_id} is in it twice; a cohort holds "
                    "each case once. Join the two records or give one another id."
                )
            seen.add(record.case_id)

    @property
    def case_ids(self) -> tuple[str, ...]:
        """The pseudonyms of the patients, in the order of the records."""
        return tuple(self._by_id)

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __getitem__(self, case_id: str) -> Record:
        """The record of a case.

        Raises
        ------
        InvalidInput
            If the case is not in the cohort.
        """
        if case_id not in self._by_id:
            raise InvalidInput(
                f"Cohort {self.name} has no case {case_id!r}; it has {len(self)} cases, see "
                "hepatica cohort show."
            )
        return self._by_id[case_id]

    @cached_property
    def _by_id(self) -> dict[str, Record]:
        return {record.case_id: record for record in self.records}
