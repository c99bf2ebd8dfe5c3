"""Does something to a shelf in a process of its own that kills itself, as ``kill -9``, on the way.

Reads one JSON document a line: what to do, where, and at which line of the shelf's code, or after
which time, to die.
Answers with one document a line: that it was killed, or how many lines it needed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

from hepatica.store.shelf import Place, open_shelf, place_of, restore_shelf
from tests.store.shelf.folders import whole_case

_CODE = str(Path("hepatica/store/shelf"))


def main() -> None:
    """Answer until there are no more questions."""
    _warm_up()
    for line in sys.stdin:
        wish = json.loads(line)
        child = os.fork()
        if child == 0:
            _live(wish)
        if wish["after_s"]:
            time.sleep(wish["after_s"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            _say({"killed": os.WTERMSIG(status)})
        elif os.waitstatus_to_exitcode(status):
            _say({"failed": os.waitstatus_to_exitcode(status)})


def _warm_up() -> None:
    """What every child would import and prepare again, ten times as slowly while it is watched."""
    with tempfile.TemporaryDirectory() as desk:
        place = place_of(str(Path(desk) / "shelf"))
        whole_case(Path(desk) / "case")
        with open_shelf(place, make=True) as shelf:
            shelf.put(Path(desk) / "case")
            shelf.backup(Path(desk) / "backup")
            shelf.tidy()
        restore_shelf(Path(desk) / "backup", place_of(str(Path(desk) / "again")))
    if find_spec("pg8000") is not None:
        import_module("pg8000")
        import_module("sqlalchemy.dialects.postgresql.pg8000")


def _live(wish: dict[str, Any]) -> None:
    lines = 0

    def count(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal lines
        if _CODE not in frame.f_code.co_filename:
            return None
        if event == "line":
            lines += 1
            if lines == wish["die_at"]:
                os.kill(os.getpid(), signal.SIGKILL)
        return count

    if not wish["after_s"]:
        sys.settrace(count)
    try:
        _act(wish)
    finally:
        sys.settrace(None)
    _say({"lines": lines})
    os._exit(0)


def _act(wish: dict[str, Any]) -> None:
    arrays = Path(wish["arrays"])
    folder = Path(wish["folder"]) if wish["folder"] else None
    place = Place("killed", folder, wish["url"], arrays)
    case = Path(wish["case"])
    if wish["deed"] == "restore":
        restore_shelf(case, place, "killed")
        return
    with open_shelf(place, "killed", make=True) as shelf:
        if wish["deed"] == "put":
            shelf.put(case, why="killed")
        elif wish["deed"] == "backup":
            shelf.backup(case)
        elif wish["deed"] == "tidy":
            shelf.tidy()
        elif wish["deed"] == "put for ever":
            for n in range(1_000_000):
                shelf.put(case / str(n % 2), why="killed")


def _say(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
