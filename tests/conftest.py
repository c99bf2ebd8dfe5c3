"""Where the real data lie, and a clear skip when they do not."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import settings

# A shared machine makes any time limit on a single example a coin toss. Continuous integration
# always tries the same examples, so that a red run can be repeated; at a desk they differ.
settings.register_profile(
    "house", deadline=None, max_examples=60, derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("house")

ROOT = Path(__file__).resolve().parents[1]


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
