"""THE PATIENT: images, structures and facts, frozen."""

from hepatica.case.case import Case
from hepatica.case.contours import Contours
from hepatica.case.grid import Grid
from hepatica.case.plan import Beam, Dose, Plan, Segment
from hepatica.case.provenance import Note
from hepatica.case.structure import Margin, Structure
from hepatica.case.volume import Volume

__all__ = [
    "Beam",
    "Case",
    "Contours",
    "Dose",
    "Grid",
    "Margin",
    "Note",
    "Plan",
    "Segment",
    "Structure",
    "Volume",
]
