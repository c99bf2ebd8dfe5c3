"""Rules that weigh the therapies against each other, one pack per source, as data."""

from hepatica.protocol.rules.catalogue import (
    Examination,
    Therapy,
    examination_for,
    examinations,
    silent_documents,
    therapies,
    therapy_named,
)
from hepatica.protocol.rules.load import (
    load_pack,
    pack_names,
    parse_pack,
    rules_of_every_pack,
)
from hepatica.protocol.rules.pack import (
    Advice,
    Evidence,
    Rule,
    RulePack,
    Sequence,
    Step,
    Term,
    Then,
)

__all__ = [
    "Advice",
    "Evidence",
    "Examination",
    "Rule",
    "RulePack",
    "Sequence",
    "Step",
    "Term",
    "Then",
    "Therapy",
    "examination_for",
    "examinations",
    "load_pack",
    "pack_names",
    "parse_pack",
    "rules_of_every_pack",
    "silent_documents",
    "therapies",
    "therapy_named",
]
