"""Which parts a written treatment must have, by its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from hepatica.protocol.document import Document, Finding

NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "photon_sbrt": ("prescription", "targets", "limits", "report"),
        "whole_liver_radiotherapy": ("phases", "limits"),
        "thermoradiotherapy": ("phases", "heat"),
        "hepatic_arterial_infusion": ("drugs", "infusion"),
        "selection": ("eligibility", "options"),
        "resection": ("eligibility", "procedure"),
        "ablation": ("eligibility", "procedure"),
        "cryotherapy": ("eligibility", "procedure"),
        "chemoembolisation": ("eligibility", "procedure"),
        "radioembolisation": ("eligibility", "procedure"),
        "systemic": ("eligibility", "drugs"),
        "immunotherapy": ("eligibility", "drugs"),
        "imaging": ("imaging",),
    }
)
"""The parts without which a treatment of that kind cannot be carried out or shown."""

ONLY_FOR: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "prescription": ("photon_sbrt",),
        "report": ("photon_sbrt",),
        "design": ("photon_sbrt",),
        "heat": ("thermoradiotherapy",),
        "options": ("selection",),
    }
)
"""Parts that the program carries out for these kinds of treatment only."""


def modality_has_its_parts(document: Document) -> Iterator[Finding]:
    """What the kind of treatment needs is there, and nothing that it would ignore."""
    modality = document.get("modality")
    if not isinstance(modality, str) or modality not in NEEDS:
        return
    for key in NEEDS[modality]:
        is_told_by_the_schema = modality == "photon_sbrt"
        if document.get(key) in (None, ()) and not is_told_by_the_schema:
            yield (), f"{key} is missing; a {modality} protocol needs {', '.join(NEEDS[modality])}."
    for key, kinds in ONLY_FOR.items():
        if key in document and modality not in kinds:
            yield (
                (key,),
                f"{key} belongs to {' and '.join(kinds)}, not to {modality}; leave it out.",
            )
