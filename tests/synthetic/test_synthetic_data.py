"""Every number that synthetic patients are made of says where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hepatica.synthetic.data import anchors, hounsfield, shapes


def rows(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in table.items():
        if isinstance(value, dict) and "value" in value:
            yield f"{path}{key}", value
        elif isinstance(value, dict):
            yield from rows(value, f"{path}{key}.")


DRAWN = {k: v for k, v in anchors().items() if k in ("body", "liver", "tumours", "motion")}


@pytest.mark.parametrize(("name", "row"), list(rows(DRAWN)))
def test_each_anchor_has_unit_source_and_status(name: str, row: dict[str, Any]) -> None:
    assert row["unit"], name
    assert len(row["source"]) > 5, name
    assert row["status"] in ("verified", "recalled"), name


@pytest.mark.parametrize("table", [anchors()["hu"], anchors()["volumes_cc"], shapes()])
def test_tables_of_one_source_name_it(table: dict[str, Any]) -> None:
    assert table["source"]
    assert table["status"] in ("verified", "recalled")


def test_volume_ranges_run_upward() -> None:
    ranges = {k: v for k, v in anchors()["volumes_cc"].items() if isinstance(v, list)}
    assert all(low < high for low, high in ranges.values())


def test_tissues_are_ordered_as_on_a_portal_venous_scan() -> None:
    order = ["air", "lung", "fat", "gallbladder", "tumour", "liver", "portal_vein", "rib"]
    values = [hounsfield(tissue) for tissue in order]
    assert values == sorted(values)
