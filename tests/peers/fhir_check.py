"""Runs in the environment of fhir.resources: reads bundles as FHIR R4 and writes them again.

One JSON bundle a line comes in; for each goes out a line with what is wrong, and the bundle as the
peer writes it.
"""

from __future__ import annotations

import json
import sys

from fhir.resources.bundle import Bundle
from pydantic import ValidationError


def main() -> None:
    for line in sys.stdin:
        try:
            again = json.loads(Bundle.parse_raw(line).json())
            answer = {"faults": [], "again": again}
        except ValidationError as error:
            answer = {"faults": [str(error)[:400]], "again": None}
        sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
