"""THE DOCUMENT: what a written treatment protocol may say."""

from hepatica.protocol.describe import describe
from hepatica.protocol.fault import Fault
from hepatica.protocol.load import load_protocol, parse_protocol, protocol_names, validate
from hepatica.protocol.parts import Condition, Derivation, Source
from hepatica.protocol.schema import (
    MODALITIES,
    Advice,
    Derived,
    Fact,
    Limit,
    OtherReading,
    Prescription,
    Protocol,
    Report,
    Row,
    Stratum,
    Target,
)

__all__ = [
    "MODALITIES",
    "Advice",
    "Condition",
    "Derivation",
    "Derived",
    "Fact",
    "Fault",
    "Limit",
    "OtherReading",
    "Prescription",
    "Protocol",
    "Report",
    "Row",
    "Source",
    "Stratum",
    "Target",
    "describe",
    "load_protocol",
    "parse_protocol",
    "protocol_names",
    "validate",
]
