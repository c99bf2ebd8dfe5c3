"""The PostgreSQL of these tests never outlives them, not even a test run that is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LONGEST_START_S = 120.0
LONGEST_STOP_S = 60.0
RUN = """
import time
from tests.store.shelf.conftest import postgres

def test_that_never_ends(postgres):
    with open({told!r}, "w") as file:
        file.write(f"{{postgres.port}} {{postgres.folder}}\\n")
    time.sleep(3600)
"""


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(told: Path, run: subprocess.Popen[bytes]) -> str:
    last = time.monotonic() + LONGEST_START_S
    while time.monotonic() < last and run.poll() is None:
        if told.is_file() and (text := told.read_text()).endswith("\n"):
            return text
        time.sleep(0.1)
    pytest.fail("the run did not start a server")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a system with SIGKILL")
def test_a_killed_run_of_the_tests_leaves_no_server_and_no_folder(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("postgres")
    told, file = tmp_path / "told.txt", tmp_path / "test_run.py"
    file.write_text(RUN.format(told=str(told)))
    words = [sys.executable, "-m", "pytest", str(file), f"--rootdir={tmp_path}", "-c", os.devnull]
    run = subprocess.Popen([*words, "-p", "no:cacheprovider"], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        port, folder = wait_for(told, run).split()
        assert answers(int(port))
        pid = int((Path(folder) / "data/postmaster.pid").read_text().split()[0])
    finally:
        run.kill()
        run.wait()
    last = time.monotonic() + LONGEST_STOP_S
    while time.monotonic() < last and (answers(int(port)) or Path(folder).exists()):
        time.sleep(0.1)
    assert not answers(int(port))
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
