"""Calls the command line within this process, as if typed."""

from __future__ import annotations

import shlex
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from unittest.mock import patch

from hepatica.cli import main


@dataclass(frozen=True)
class Called:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


def hepatica(words: str) -> Called:
    """Run ``hepatica WORDS`` and catch its output."""
    out, err, code = StringIO(), StringIO(), 0
    argv = ["hepatica", *shlex.split(words)]
    with patch.object(sys, "argv", argv), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Called(code, out.getvalue(), err.getvalue())
