"""What the images say about the questions of a protocol."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from hepatica.case import Case, Structure
from hepatica.case.record import Fact, Record, field_named
from hepatica.engine.computed_facts import (
    computed_from,
    contradictions,
    filled,
    unmatched_tumours,
)
from hepatica.protocol.criteria import computed_fields
from hepatica.protocol.criteria.vocabulary import filled_by
from tests.engine.builders import GRID, abdomen, ball

ON = date(2024, 6, 1)


def two_tumours() -> Case:
    second = Structure.from_mask("GTV2", ball((-80, 20, -20), 10), GRID, role="GTV")
    return abdomen().with_structures(second)


def values(case: Case) -> dict[str, float]:
    return {one.field + one.item: float(one.value) for one in computed_from(case)}  # type: ignore[arg-type]


def stated(field: str, value: object, **more: object) -> Fact:
    given = {"on": ON, "unit": field_named(field).unit, "source": "test"} | more
    return Fact(field, value, **given)  # type: ignore[arg-type]


def test_volumes_and_burden_of_liver_and_tumours_add_up() -> None:
    case = two_tumours()
    found = values(case)
    first, second = case.structure("GTV1").volume_cc, case.structure("GTV2").volume_cc
    liver = case.structure("Liver").volume_cc
    assert found["computed.lesion_volumeGTV1"] == pytest.approx(first)
    assert found["computed.tumour_volume"] == pytest.approx(first + second)
    assert found["computed.liver_volume"] == pytest.approx(liver)
    assert found["computed.uninvolved_liver_volume"] == pytest.approx(liver - first - second)
    assert found["computed.tumour_burden"] == pytest.approx(100 * (first + second) / liver)
    assert found["computed.gtv_count"] == 2


def test_every_computed_fact_says_what_it_was_computed_from() -> None:
    found = {one.field: one for one in computed_from(two_tumours())}
    assert found["computed.uninvolved_liver_volume"].derived_from == ("Liver", "GTV1", "GTV2")
    assert found["computed.tumour_volume"].derived_from == ("GTV1", "GTV2")
    assert found["computed.gtv_count"].as_fact().source == "computed from GTV1, GTV2"


def test_a_liver_drawn_without_its_tumours_gives_the_same_volumes() -> None:
    case = two_tumours()
    hollow = case.structure("Liver") - case.structure("GTV1") - case.structure("GTV2")
    without = case.with_structures(hollow.named("Liver"))
    assert values(without) == pytest.approx(values(case))


def test_an_outline_around_other_tumours_is_not_counted_as_one_more() -> None:
    case = two_tumours()
    both = (case.structure("GTV1") | case.structure("GTV2")).named("GTV", "GTV")
    assert values(case.with_structures(both)) == pytest.approx(values(case))


def test_the_number_of_outlines_is_only_a_lower_bound_of_the_number_of_tumours() -> None:
    count = next(f for f in computed_from(two_tumours()) if f.field == "computed.gtv_count")
    record = filled(Record("boxes"), (count,), ON)
    fact = record.latest("liver.lesion_count")
    assert fact is not None
    assert (fact.value, fact.comparator) == (2, ">=")


def test_without_liver_or_tumours_what_can_be_said_is_said() -> None:
    assert set(values(abdomen(without=("Liver",)))) == {
        *("computed.lesion_volumeGTV1", "computed.gtv_count", "computed.tumour_volume"),
        *("computed.lesion_diameterGTV1", "computed.largest_diameter"),
    }
    assert set(values(abdomen(without=("GTV1",)))) == {"computed.liver_volume"}
    assert computed_from(abdomen(without=("Liver", "GTV1"))) == ()


def test_a_computed_number_stands_in_only_where_the_record_says_nothing() -> None:
    computed = computed_from(abdomen())
    said = stated("liver.liver_volume", 1500.0)
    record = filled(Record("boxes", (said,)), computed, ON)
    assert record.latest("liver.liver_volume") == said
    outside = record.latest("liver.uninvolved_volume")
    assert outside is not None
    assert outside.source == "computed from Liver, GTV1"


@pytest.mark.parametrize(
    ("absent", "is_filled"),
    [("unknown", True), ("not_performed", True), ("not_applicable", False), ("declined", False)],
)
def test_it_stands_in_for_what_was_not_measured_but_not_for_a_refusal(
    absent: str, is_filled: bool
) -> None:
    fact = stated("liver.liver_volume", None, absent=absent)
    found = filled(Record("boxes", (fact,)), computed_from(abdomen()), ON)
    latest = found.latest("liver.liver_volume", until=ON)
    assert latest is not None
    assert (latest.value is not None) is is_filled


def test_what_the_record_says_after_the_day_does_not_count() -> None:
    late = stated("liver.liver_volume", 1500.0, on=date(2024, 6, 2))
    found = filled(Record("boxes", (late,)), computed_from(abdomen()), ON)
    latest = found.latest("liver.liver_volume", until=ON)
    assert latest is not None
    assert latest.source == "computed from Liver, GTV1"


def test_a_volume_more_than_ten_per_cent_apart_is_told() -> None:
    computed = computed_from(abdomen())
    volume = next(float(f.value) for f in computed if f.field == "computed.liver_volume")  # type: ignore[arg-type]
    near = Record("boxes", (stated("liver.liver_volume", volume * 0.91),))
    far = Record("boxes", (stated("liver.liver_volume", volume * 0.89),))
    assert contradictions(near, computed, ON) == ()
    (said,) = contradictions(far, computed, ON)
    assert "Volume of the liver with its tumours: the record says" in said
    assert "the structures Liver, GTV1 give" in said


def test_fewer_lesions_than_outlines_contradict_and_more_do_not() -> None:
    computed = computed_from(two_tumours())
    one, five = (Record("boxes", (stated("liver.lesion_count", n),)) for n in (1, 5))
    assert "give at least 2" in contradictions(one, computed, ON)[0]
    assert contradictions(five, computed, ON) == ()


def test_a_tumour_is_the_lesion_that_names_its_structure() -> None:
    computed = computed_from(two_tumours())
    record = Record(
        "boxes",
        (
            stated("lesion.structure", "GTV2", item="1"),
            stated("lesion.diameter", 30.0, item="2"),
        ),
    )
    volume = filled(record, computed, ON).latest("lesion.volume", "1")
    assert volume is not None
    assert volume.source == "computed from GTV2"
    (said,) = unmatched_tumours(record, computed)
    assert "GTV1 belongs to no lesion of the record; name it there" in said
    assert unmatched_tumours(Record("boxes"), computed) == ()


def test_what_a_computed_fact_fills_has_its_kind_and_unit() -> None:
    for name, target in filled_by().items():
        own, other = computed_fields()[name], field_named(target)
        assert (own.kind, own.unit, own.group) == (other.kind, other.unit, other.group)


def test_the_day_of_the_images_is_kept() -> None:
    assert {one.on for one in computed_from(abdomen(), ON)} == {ON}
    assert replace(computed_from(abdomen())[0], on=ON).as_fact().on == ON
