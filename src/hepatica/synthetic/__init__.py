"""SYNTHETIC PATIENTS: seeded anatomy for demonstrations and virtual trials."""

from hepatica.synthetic.breathing import breathing_phase, tumour_motion
from hepatica.synthetic.draw import Anatomy, Draw, draw_patient, draw_tumours
from hepatica.synthetic.patient import SyntheticPatient, synthetic_patient

__all__ = [
    "Anatomy",
    "Draw",
    "SyntheticPatient",
    "breathing_phase",
    "draw_patient",
    "draw_tumours",
    "synthetic_patient",
    "tumour_motion",
]
