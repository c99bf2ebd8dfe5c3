"""The small patient that the tests of this room share."""

from __future__ import annotations

import pytest

from tests.physics.optimise.patient import Patient, flat_patient


@pytest.fixture(scope="session")
def patient() -> Patient:
    return flat_patient()
