"""How a result came about: what was called, with which versions, on which files, how long it took.

Every output folder holds it as ``run.json``. It names no file, folder, user or computer: a file
name often holds a patient's name or number. What was read is told by its SHA-256.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from hepatica.errors import InvalidInput
from hepatica.store.arrays import digest_of

SCHEMA = "hepatica/run"
VERSION = 1
FILE_NAME = "run.json"

_SUFFIXES = (".dcm", ".nii", ".gz", ".yaml", ".yml", ".json", ".npz", ".svg", ".png", ".pdf")
_PACKAGES = ("hepatica", "numpy", "scipy", "numba", "pydicom", "nibabel")


@dataclass(frozen=True)
class InputFile:
    """A file or folder that was read: its place in the list, never its name, and its SHA-256.

    The SHA-256 of a folder is that of the sorted SHA-256 values of its files: it does not depend
    on their names or places.

    Parameters
    ----------
    name : ``input 1``, ``input 2`` ... in the order of the call
    kind : file or folder
    suffix : of a file, such as ``.dcm``; empty for a folder or a suffix that no format has
    files : how many there are
    """

    name: str
    kind: Literal["file", "folder"]
    suffix: str
    files: int
    sha256: str


@dataclass(frozen=True)
class RunRecord:
    """One call of Hepatica.

    Parameters
    ----------
    command : the words of the call, ``<path>`` in the place of each path
    versions : of Python, Hepatica and the packages that compute
    inputs : what was read
    protocol_sha256 : of the protocol document, where one was used
    seed : of the random numbers, where there were any
    seconds : step to wall-clock seconds; ``total`` is always there
    warnings : what the user was told
    """

    command: tuple[str, ...]
    versions: dict[str, str]
    inputs: tuple[InputFile, ...] = ()
    protocol_sha256: str | None = None
    seed: int | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """The record as JSON takes it."""
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "research_use_only": True,
            **asdict(self),
        }


class RunClock:
    """Measures a run from its beginning and writes its record at the end.

    Parameters
    ----------
    command : the words of the call; by default those of this process
        Words that are paths by their look become ``<path>``; who knows the options of the call
        hands over words without any.
    """

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = tuple(sys.argv if command is None else command)
        self._start = time.perf_counter()
        self._last = self._start
        self._seconds: dict[str, float] = {}

    def lap(self, step: str) -> None:
        """The time since the last lap was spent on this step."""
        now = time.perf_counter()
        self._seconds[step] = round(self._seconds.get(step, 0.0) + now - self._last, 3)
        self._last = now

    def record(
        self,
        inputs: Iterable[Path] = (),
        protocol_sha256: str | None = None,
        seed: int | None = None,
        warnings: Iterable[str] = (),
    ) -> RunRecord:
        """The record of the run up to now."""
        files = tuple(input_file(path, n) for n, path in enumerate(inputs, start=1))
        total = round(time.perf_counter() - self._start, 3)
        return RunRecord(
            command=tuple(_without_path(n, word) for n, word in enumerate(self._command)),
            versions=versions(),
            inputs=files,
            protocol_sha256=protocol_sha256,
            seed=seed,
            seconds={**self._seconds, "total": total},
            warnings=tuple(warnings),
        )

    def write(
        self,
        folder: Path,
        inputs: Iterable[Path] = (),
        protocol_sha256: str | None = None,
        seed: int | None = None,
        warnings: Iterable[str] = (),
    ) -> RunRecord:
        """Write ``run.json`` into a folder (made if absent) and return what it says."""
        run = self.record(inputs, protocol_sha256, seed, warnings)
        write_run(folder, run)
        return run


def write_run(folder: Path, run: RunRecord) -> Path:
    """Write ``run.json`` into a folder; an older one is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    text = json.dumps(run.as_document(), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def input_file(path: Path, number: int = 1) -> InputFile:
    """Kind and SHA-256 of a file, or of all files in a folder.

    Raises
    ------
    InvalidInput
        If there is no such file or folder.
    """
    name = f"input {number}"
    if path.is_file():
        return InputFile(name, "file", _suffix(path), 1, digest_of(path))
    if not path.is_dir():
        raise InvalidInput(f"There is no file or folder {path.name}. Check the path.")
    digests = sorted(digest_of(file) for file in path.rglob("*") if file.is_file())
    mark = sha256("\n".join(digests).encode()).hexdigest()
    return InputFile(name, "folder", "", len(digests), mark)


def versions() -> dict[str, str]:
    """Of Python and of the packages that compute, as far as they are installed."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _suffix(path: Path) -> str:
    """The format of a file by its name; a number or a word after a point is no format."""
    last = [suffix.lower() for suffix in path.suffixes[-2:]]
    if last and last[-1] == ".gz":
        return "".join(s for s in last if s in _SUFFIXES)
    return last[-1] if last and last[-1] in _SUFFIXES else ""


def _without_path(place: int, word: str) -> str:
    """``--out=/home/name/case`` becomes ``--out=<path>``; the program keeps its own name."""
    if place == 0:
        return word.replace("\\", "/").rpartition("/")[2]
    option, equals, value = word.partition("=")
    if word.startswith("-") and equals:
        return f"{option}={_without_path(1, value)}"
    is_path = any(mark in word for mark in "/\\") or _suffix(Path(word)) != ""
    return "<path>" if is_path else word
