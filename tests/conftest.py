"""Where the real data lie, and a clear skip when they do not."""

from __future__ import annotations

import os
import tarfile
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import settings
from ruamel.yaml import YAML
from ruamel.yaml.nodes import Node

import hepatica.document.text

# The workers of pytest-xdist inherit this. They fill the cores; threads of theirs for small
# matrices would only wait for each other, which takes up to four times the processor time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A shared machine makes any time limit on a single example a coin toss. Continuous integration
# always tries the same examples, so that a red run can be repeated; at a desk they differ.
settings.register_profile(
    "house", deadline=None, max_examples=60, derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("house")

ROOT = Path(__file__).resolve().parents[1]


@lru_cache(maxsize=128)
def _composed(text: str) -> Node:
    return YAML(typ="safe", pure=True).compose(text)


class _KeptYaml(YAML):
    """Reads the same text once; what Hepatica makes of it is made anew every time."""

    def compose(self, stream: str) -> Node:
        # A directive (%YAML 1.1) changes the reader as well as what is read.
        return super().compose(stream) if stream.startswith("%") else _composed(stream)


def pytest_configure() -> None:
    """Keep what YAML says: nine tenths of loading a protocol, which a run does some 500 times."""
    hepatica.document.text.YAML = _KeptYaml  # type: ignore[misc]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the repository."""
    folder = Path(os.environ.get("HEPATICA_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip("the shared data are not beside the repository")
    return folder


def _unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="session")
def ircad17(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real liver with two tumours: CT and eight mask series, without frame of reference."""
    archive = shared / "data/ircad17/3Dircadb1.17_dicom.tar.xz"
    return _unpacked(archive, tmp_path_factory.mktemp("ircad17"))


@pytest.fixture(scope="session")
def rt_set_breast(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real plan, structures and dose of a planning system, with one CT slice."""
    archive = shared / "data/rt_set_breast/example_data.tar.xz"
    return _unpacked(archive, tmp_path_factory.mktemp("breast")) / "example_data"
