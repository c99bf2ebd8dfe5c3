"""One patient at one time: image, structures, plans and doses; facts only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from hepatica.case.plan import Dose, Plan
from hepatica.case.provenance import Note
from hepatica.case.structure import Structure
from hepatica.case.volume import Volume
from hepatica.errors import InvalidInput

PATIENT_POSITIONS = ("HFS", "HFP", "HFDL", "HFDR", "FFS", "FFP", "FFDL", "FFDR")
"""Head or feet first to the machine; on the back (S), front (P), left (DL) or right side (DR)."""


@dataclass(frozen=True, eq=False)
class Case:
    """The facts about one patient that a treatment is planned and judged on.

    Parameters
    ----------
    case_id : str
        A pseudonym; never a patient's name or hospital number.
    image : Volume, HU
    frame_of_reference_uid : str
        The DICOM frame in which all coordinates of this case are given.
    structures : name to Structure
    plans, doses : what other systems planned and computed
    notes : the import report
    patient_key : str
        One-way hash of the identity in the files, to recognise a file of another patient.
    patient_position : str
        How the patient lay, in DICOM's words (HFS: head first, on the back ...); empty when the
        files do not say.
    """

    case_id: str
    image: Volume
    frame_of_reference_uid: str
    structures: Mapping[str, Structure] = field(default_factory=dict)
    plans: tuple[Plan, ...] = ()
    doses: tuple[Dose, ...] = ()
    notes: tuple[Note, ...] = ()
    patient_key: str = ""
    patient_position: str = ""

    def __post_init__(self) -> None:
        if not self.case_id:
            raise InvalidInput("A case needs an id; give one with --id.")
        if self.patient_position and self.patient_position not in PATIENT_POSITIONS:
            raise InvalidInput(
                f"Case {self.case_id}: the patient position is {self.patient_position!r}; it needs "
                f"to be one of {', '.join(PATIENT_POSITIONS)}, or empty when it is not known."
            )
        for name, structure in self.structures.items():
            if name != structure.name:
                raise InvalidInput(f"Structure {structure.name} is filed under the name {name}.")
        object.__setattr__(self, "structures", MappingProxyType(dict(self.structures)))

    @property
    def gtvs(self) -> tuple[Structure, ...]:
        """The gross tumour volumes, in the order of their names."""
        found = [s for s in self.structures.values() if s.role == "GTV"]
        return tuple(sorted(found, key=lambda s: s.name))

    def structure(self, name: str) -> Structure:
        """The structure of that name.

        Raises
        ------
        InvalidInput
            If there is none; the message lists those there are.
        """
        if name not in self.structures:
            raise InvalidInput(
                f"Case {self.case_id} has no structure {name}. It has: "
                f"{', '.join(sorted(self.structures)) or 'none'}."
            )
        return self.structures[name]

    def with_structures(self, *more: Structure) -> Case:
        """The case with these structures added or replaced."""
        return replace(self, structures={**self.structures, **{s.name: s for s in more}})

    def with_doses(self, *more: Dose) -> Case:
        """The case with these doses added."""
        return replace(self, doses=(*self.doses, *more))
