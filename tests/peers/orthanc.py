"""Debian's Orthanc for the length of some tests: loopback only, its own port, its own folder."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

_LONGEST_START_S = 60.0
_LONGEST_STOP_S = 20.0
_PLACES = ("/usr/sbin/Orthanc", "/usr/local/sbin/Orthanc")
_HERE = build_opener(ProxyHandler({}))


@dataclass(frozen=True)
class Orthanc:
    """The REST interface of a running server."""

    address: str

    def bytes_of(self, path: str, content: bytes | None = None) -> bytes:
        """The answer to a GET, or to a POST of this content."""
        request = Request(f"{self.address}{path}", data=content)
        if content is not None:
            request.add_header("Content-Type", "application/dicom")
        with _HERE.open(request, timeout=30) as answer:
            found: bytes = answer.read()
            return found

    def ask(self, path: str, content: bytes | None = None) -> Any:
        """The same, read as JSON."""
        return json.loads(self.bytes_of(path, content))


@contextmanager
def running_orthanc(folder: Path) -> Iterator[Orthanc]:
    """An Orthanc that stores into a folder and is stopped at the end, whatever happens."""
    program = shutil.which("Orthanc") or next((p for p in _PLACES if Path(p).is_file()), None)
    if program is None:
        pytest.skip("Orthanc is not installed (Debian package orthanc)")
    port = _free_port()
    settings = {
        "Name": "Hepatica test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "index"),
        "HttpPort": port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomServerEnabled": False,
        "Plugins": [],
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [program, str(folder / "orthanc.json")], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            server = Orthanc(f"http://127.0.0.1:{port}")
            _wait(server, process, folder / "log.txt")
            yield server
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(server: Orthanc, process: subprocess.Popen[bytes], log: Path) -> None:
    last = time.monotonic() + _LONGEST_START_S
    while time.monotonic() < last:
        if process.poll() is not None:
            break
        try:
            server.ask("/system")
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"Orthanc did not start: {log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_LONGEST_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
