"""hepatica cohort: many patients from a table, looked at, and written again."""

from __future__ import annotations

import json
from pathlib import Path

from hepatica.io.tables import read_record_table
from hepatica.store.cohort_folder import read_cohort
from tests.cli.run import hepatica

MAPPING = """case: id
source: a made-up registry
missing: {-9: unknown}
columns:
  ecog: performance.ecog
  hb: {field: lab.haemoglobin, unit: g/dL}
  os: {field: outcome.overall_survival, unit: mo}
"""


def _files(folder: Path) -> tuple[Path, Path]:
    table, mapping = folder / "t.csv", folder / "m.yaml"
    table.write_text("id,ecog,hb,os,shoe\nP1,1,12,7.5,42\nP2,-9,,60,\nP3,0,<9,3,\n", "utf-8")
    mapping.write_text(MAPPING, "utf-8")
    return table, mapping


def test_a_table_becomes_a_cohort_that_is_shown_and_written_again(tmp_path: Path) -> None:
    table, mapping = _files(tmp_path)
    called = hepatica(f"cohort import {table} --mapping {mapping} --out {tmp_path}/c")
    assert called.code == 0
    assert "Cohort c: 3 case(s), 8 fact(s)" in called.out
    assert "shoe" in called.out
    run = json.loads((tmp_path / "c" / "run.json").read_text(encoding="utf-8"))
    assert run["warnings"] == ["shoe: not in the mapping; 1 filled cell(s) were not read"]
    shown = json.loads(hepatica(f"cohort show {tmp_path}/c --json").out)
    rows = {row["field"]: row for row in shown["fields"]}
    assert [rows["performance.ecog"][k] for k in ("known", "absent", "not_said")] == [2, 1, 0]
    assert rows["lab.haemoglobin"]["values"] == (
        "median 120 (120 to 120) g/L; 1 known on one side only"
    )
    assert rows["outcome.overall_survival"]["values"].startswith("3 to 60 mo, events and censored")
    assert "median 0.5" in hepatica(f"cohort show {tmp_path}/c").out
    for layout in ("long", "wide"):
        out = tmp_path / f"{layout}.csv"
        assert hepatica(f"cohort export {tmp_path}/c --out {out} --layout {layout}").code == 0
        assert read_record_table(out) == read_cohort(tmp_path / "c").records


def test_faults_leave_nothing_behind(tmp_path: Path) -> None:
    table, mapping = _files(tmp_path)
    table.write_text("id,ecog,hb,os\nP1,9,12,7\nP2,0,12,long\n", "utf-8")
    called = hepatica(f"cohort import {table} --mapping {mapping} --out {tmp_path}/c --json")
    assert called.code == 3
    message = json.loads(called.out)["message"]
    assert "row 2, column ecog: Fact performance.ecog (column ecog): 9" in message
    assert "row 3, column os: 'long' is not a number" in message
    assert not (tmp_path / "c").exists()


def test_words_that_do_not_fit_are_said(tmp_path: Path) -> None:
    table, mapping = _files(tmp_path)
    hepatica(f"cohort import {table} --mapping {mapping} --out {tmp_path}/c")
    assert hepatica(f"cohort import {table} --mapping {mapping} --out {tmp_path}/c").code == 2
    assert hepatica(f"cohort import {table} --out {tmp_path}/d").code == 2
    assert (
        "it is long or wide"
        in hepatica(f"cohort export {tmp_path}/c --out {tmp_path}/x.csv --layout tall").err
    )
    assert "exists" in hepatica(f"cohort export {tmp_path}/c --out {table}").err
