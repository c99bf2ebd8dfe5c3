"""FHIR R4: the record of a patient as a bundle that other hospital systems write and understand."""

from hepatica.io.fhir.read import FhirReading, read_bundle
from hepatica.io.fhir.write import write_bundle

__all__ = ["FhirReading", "read_bundle", "write_bundle"]
