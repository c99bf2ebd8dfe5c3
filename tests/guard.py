"""Runs a server for as long as the program that asked for it lives, however that program ends.

The input of this one is a pipe that its starter holds. It ends when the starter closes it or
dies, ``kill -9`` included; then the server is stopped. Needs nothing installed.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from select import select
from typing import BinaryIO

_LONGEST_STOP_S = 30.0
_LOOK_EVERY_S = 0.2


def guarded(
    words: list[str], log: BinaryIO, stop_with: signal.Signals, folder: Path, user: str | None
) -> subprocess.Popen[bytes]:
    """Start a server in a folder of its own, which goes with it.

    A server that ends by itself ends its guard and leaves the folder, with the log, to be read.
    """
    guard = [sys.executable, "-I", "-S", __file__, stop_with.name, str(folder), user or "", *words]
    return subprocess.Popen(
        guard, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd="/", start_new_session=True
    )


def dismiss(guard: subprocess.Popen[bytes]) -> None:
    """Stop the server; returns when it and its folder are gone."""
    assert guard.stdin is not None
    guard.stdin.close()
    guard.wait(2 * _LONGEST_STOP_S)


def main() -> None:
    """Be the guard."""
    parser = ArgumentParser()
    for name in ("stop_with", "folder", "user"):
        parser.add_argument(name)
    parser.add_argument("words", nargs="...")
    _guard(parser.parse_args())


def _guard(order: Namespace) -> None:
    user = order.user or None
    server = subprocess.Popen(order.words, stdin=subprocess.DEVNULL, user=user, cwd=order.folder)
    while not select([sys.stdin], [], [], _LOOK_EVERY_S)[0]:
        if server.poll() is not None:
            sys.exit(f"The server ended by itself with code {server.returncode}.")
    server.send_signal(signal.Signals[order.stop_with])
    try:
        server.wait(_LONGEST_STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    shutil.rmtree(order.folder)


if __name__ == "__main__":
    main()
