"""Puts a peer into pytest's cache folder, once for each list of versions and each Python."""

from __future__ import annotations

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

PIP = ("-m", "pip", "install", "-q", "--disable-pip-version-check", "--only-binary", ":all:")


def installed(request: pytest.FixtureRequest, name: str, mark: str, *commands: list[str]) -> Path:
    """A folder in pytest's cache in which the commands were run once; {folder} stands for it."""
    cache = request.config.cache
    assert cache is not None
    folder = cache.mkdir("peers") / f"{name}-{sha256(mark.encode()).hexdigest()[:12]}"
    if (folder / "complete").is_file():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for command in commands:
        words = [word.replace("{folder}", str(folder)) for word in command]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)
            pytest.skip(f"{name} could not be installed: {done.stderr.strip()[-300:]}")
    (folder / "complete").touch()
    return folder
