"""What was linked, chosen, assumed and ignored when files became a case, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NoteKind = Literal["linked", "chosen", "assumed", "ignored", "warning"]

IDENTITY_NOTE = "identity"
"""Subject of the note that says that a case is under a pseudonym and its dates are moved."""


@dataclass(frozen=True)
class Note:
    """One sentence of an import report; ``subject`` is a file, series or structure."""

    kind: NoteKind
    subject: str
    text: str
