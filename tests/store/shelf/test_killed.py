"""``kill -9`` at any moment of a write loses no case that was kept and leaves no half of one."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hepatica.errors import InvalidInput
from hepatica.store.shelf import Place, open_shelf, restore_shelf
from tests.store.shelf.conftest import Bench, Filled
from tests.store.shelf.folders import files_of, whole_case

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with fork")

on_sqlite_and_slowly_on_postgresql = pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)

ROOT = Path(__file__).parents[3]
Deed = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def victim() -> Iterator[Deed]:
    """Asks a program to do something and to die at a line of the shelf's code."""
    words = [sys.executable, "-m", "tests.store.shelf.killed"]
    program = subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert program.stdin is not None
    assert program.stdout is not None

    def ask(
        deed: str, place: Place, case: Path, die_at: int = 0, after_s: float = 0.0
    ) -> dict[str, Any]:
        assert program.stdin is not None
        assert program.stdout is not None
        wish = {
            "deed": deed,
            "folder": str(place.folder or ""),
            "url": place.url,
            "arrays": str(place.arrays),
            "case": str(case),
            "die_at": die_at,
            "after_s": after_s,
        }
        program.stdin.write(json.dumps(wish) + "\n")
        program.stdin.flush()
        answer: dict[str, Any] = json.loads(program.stdout.readline())
        assert "failed" not in answer
        return answer

    yield ask
    program.stdin.close()
    program.wait(30)
    program.stdout.close()


def _points(lines: int, how_many: int) -> list[int]:
    """Lines to die at, the last one included."""
    return sorted({1 + (lines - 1) * n // (how_many - 1) for n in range(how_many)})


@pytest.mark.slow
def test_a_killed_put_keeps_all_of_the_case_or_nothing(
    place: Place, victim: Deed, tmp_path: Path
) -> None:
    kept = [whole_case(tmp_path / f"v0{n}", shade=90 + n) for n in (0, 1)]
    lines = [victim("put", place, case)["lines"] for case in kept][1]
    removed, outcomes = 0, set()
    for n, die_at in enumerate([*_points(lines, 14), lines - 12, lines - 6], start=1):
        case = whole_case(tmp_path / f"v{n}", shade=100 + n)
        answer = victim("put", place, case, die_at)
        with open_shelf(place) as shelf:
            assert shelf.verify().faults == ()
            versions = len(shelf.versions("p001"))
            outcomes.add((answer.get("killed", 0), versions - len(kept)))
            assert versions - len(kept) in (0, 1)
            kept += [case] * (versions - len(kept))
            shelf.get("p001", tmp_path / f"back{n}")
            assert files_of(tmp_path / f"back{n}") == files_of(kept[-1])
            removed += shelf.tidy().removed
    assert {(9, 0), (9, 1)} <= outcomes
    assert removed > 0
    with open_shelf(place) as shelf:
        assert shelf.verify().faults == ()
        for version, case in enumerate(kept, start=1):
            shelf.get("p001", tmp_path / f"last{version}", version)
            assert files_of(tmp_path / f"last{version}") == files_of(case)


@on_sqlite_and_slowly_on_postgresql
def test_a_killed_beginning_leaves_a_place_to_begin_again(
    bench: Bench, victim: Deed, tmp_path: Path
) -> None:
    case = whole_case(tmp_path / "case")
    lines = victim("begin", bench.place(), case)["lines"]
    for die_at in _points(lines, 6):
        place = bench.place()
        assert victim("begin", place, case, die_at) == {"killed": 9}
        with open_shelf(place, make=True) as shelf:
            shelf.put(case)
            assert shelf.verify().ok


@on_sqlite_and_slowly_on_postgresql
def test_a_killed_restore_leaves_no_shelf_or_a_whole_one(
    filled: Filled, victim: Deed, tmp_path: Path
) -> None:
    filled.shelf.backup(tmp_path / "backup")
    lines = victim("restore", filled.bench.place(), tmp_path / "backup")["lines"]
    outcomes = set()
    for die_at in _points(lines, 6):
        place = filled.bench.place()
        assert victim("restore", place, tmp_path / "backup", die_at) == {"killed": 9}
        try:
            open_shelf(place).close()
            outcomes.add("whole")
        except InvalidInput:
            restore_shelf(tmp_path / "backup", place)
            outcomes.add("none")
        with open_shelf(place) as shelf:
            assert shelf.verify().ok
            assert len(shelf.versions()) == 4
    assert outcomes == {"whole", "none"}


@on_sqlite_and_slowly_on_postgresql
@pytest.mark.parametrize("deed", ["backup", "tidy"])
def test_a_killed_backup_or_tidying_changes_no_case(
    filled: Filled, victim: Deed, tmp_path: Path, deed: str
) -> None:
    orphan = filled.shelf.arrays.folder / "00" / ("00" + "1" * 62)
    lines = victim(deed, filled.place, tmp_path / "whole")["lines"]
    for die_at in _points(lines, 6):
        orphan.parent.mkdir(exist_ok=True)
        orphan.write_bytes(b"orphan")
        victim(deed, filled.place, tmp_path / f"backup{die_at}", die_at)
        assert filled.shelf.verify().faults == ()
        if deed == "backup" and (tmp_path / f"backup{die_at}").exists():
            assert restore_shelf(tmp_path / f"backup{die_at}", filled.bench.place()).versions == 4
    filled.shelf.tidy()
    assert not orphan.exists()


@pytest.mark.slow
def test_a_writer_that_is_killed_at_any_time_leaves_whole_cases(
    place: Place, victim: Deed, tmp_path: Path
) -> None:
    cases = [whole_case(tmp_path / f"cases/{n}", shade=n) for n in (0, 1)]
    with open_shelf(place, make=True) as shelf:
        shelf.put(cases[0])
    delays, known = random.Random(7), 1
    for n in range(6):
        # A busy machine may not finish one case in so short a life; it gets longer ones.
        after_s = delays.uniform(0.1, 0.6) * (1 if known > 1 else 2**n)
        answer = victim("put for ever", place, tmp_path / "cases", after_s=after_s)
        assert answer == {"killed": 9}
        with open_shelf(place) as shelf:
            assert shelf.verify().faults == ()
            assert len(shelf.versions("p001")) >= known
            known = len(shelf.versions("p001"))
            shelf.get("p001", tmp_path / f"back{n}")
            assert files_of(tmp_path / f"back{n}") in [files_of(case) for case in cases]
            shelf.tidy()
    assert known > 1
