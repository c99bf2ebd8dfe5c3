"""Two implementations of FHIR R4 read what Hepatica writes, and find nothing wrong with it.

fhir.resources (Python, BSD) has a class for each resource of R4 4.0.1: elements, types,
cardinality, choices. The npm package fhir (Apache-2.0) validates against the definitions of R4,
with the value sets that codes such as a status must be from. Neither knows profiles or the
invariants; those are written down in tests/io/fhir/r4_rules.py.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from hepatica.case.record import Record
from hepatica.io.fhir import read_bundle, write_bundle
from hepatica.synthetic import synthetic_patient
from hepatica.synthetic.record import synthetic_record
from tests.io.fhir.mcode_chart import chart
from tests.io.fhir.records import DAY, full_record, records
from tests.peers.installed import PIP, installed

pytestmark = [pytest.mark.peer, pytest.mark.slow]

HERE = Path(__file__).parent
NPM = "fhir@4.12.0"
_RANDOM = 60


@pytest.fixture(scope="session")
def fhir_resources(request: pytest.FixtureRequest) -> list[str]:
    """How fhir.resources is called; it needs an older pydantic than ours."""
    wanted = HERE / "fhir_resources.txt"
    python = "{folder}/bin/python"
    folder = installed(
        request,
        "fhir-resources",
        wanted.read_text("utf-8") + sys.version,
        [sys.executable, "-m", "venv", "{folder}"],
        [python, *PIP, "--no-deps", "-r", str(wanted)],
    )
    return [str(folder / "bin" / "python"), str(HERE / "fhir_check.py")]


@pytest.fixture(scope="session")
def fhir_js(request: pytest.FixtureRequest) -> list[str]:
    """How the npm package is called."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("node and npm are not installed; the npm package fhir needs them")
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    install = [npm, "install", "--prefix", "{folder}", *quiet, NPM]
    folder = installed(request, "fhir-js", NPM, install)
    shutil.copy(HERE / "fhir_check.cjs", folder / "check.cjs")
    return [node, str(folder / "check.cjs")]


def asked(command: list[str], bundles: list[dict[str, Any]]) -> list[Any]:
    """What a peer says of each bundle."""
    lines = "".join(json.dumps(bundle, allow_nan=False) + "\n" for bundle in bundles)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def written() -> list[Record]:
    """The demonstration's record, one of every field, and some that nobody would think of."""
    found = [synthetic_record(synthetic_patient(1), DAY), full_record(), Record("case-1")]

    @settings(
        max_examples=_RANDOM,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(records())
    def gather(record: Record) -> None:
        found.append(record)

    gather()
    return found


def broken() -> list[dict[str, Any]]:
    """Bundles with one fault each, which a peer that is worth asking has to notice."""
    fact = full_record().facts[0]
    changes: list[dict[str, Any]] = [{"status": None}, {"code": [{"text": "x"}]}, {"bogus": 1}]
    found = []
    for change in changes:
        bundle = write_bundle(Record("case-1", (fact, *full_record().facts[60:61])))
        resource = bundle["entry"][-1]["resource"]
        resource.update(change)
        if change.get("status", "") is None:
            del resource["status"]
        found.append(bundle)
    return found


def test_fhir_resources_reads_every_record(
    fhir_resources: list[str], written: list[Record]
) -> None:
    assert len(written) > _RANDOM // 2
    answers = asked(fhir_resources, [write_bundle(record) for record in written])
    assert [answer["faults"] for answer in answers if answer["faults"]] == []
    assert len(answers) == len(written)


def test_what_fhir_resources_writes_is_the_same_record(
    fhir_resources: list[str], written: list[Record]
) -> None:
    answers = asked(fhir_resources, [write_bundle(record) for record in written])
    for record, answer in zip(written, answers, strict=True):
        assert read_bundle(answer["again"], record.case_id).record == record


def test_the_definitions_of_r4_are_kept_by_every_record(
    fhir_js: list[str], written: list[Record]
) -> None:
    answers = asked(fhir_js, [write_bundle(record) for record in written])
    assert [errors for errors in answers if errors] == []
    assert len(answers) == len(written)


def test_both_peers_notice_what_is_wrong(fhir_resources: list[str], fhir_js: list[str]) -> None:
    assert all(answer["faults"] for answer in asked(fhir_resources, broken()))
    assert all(asked(fhir_js, broken()))
    wrong = write_bundle(full_record())
    wrong["entry"][-1]["resource"]["status"] = "nope"
    assert any("not found in value set" in error for error in asked(fhir_js, [wrong])[0])


def test_the_chart_of_the_tests_is_fhir_itself(
    fhir_resources: list[str], fhir_js: list[str]
) -> None:
    (answer,) = asked(fhir_resources, [chart()])
    assert answer["faults"] == []
    assert asked(fhir_js, [chart()]) == [[]]
    ours = read_bundle(chart(), "case-1").record
    assert read_bundle(answer["again"], "case-1").record == ours
