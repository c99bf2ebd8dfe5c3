"""A record under a pseudonym keeps its medicine and its intervals, and nothing of who it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica.case.record import Fact, Record, ReferenceRange, fields, source_under
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.deidentify import Deidentifier
from hepatica.io.fhir import write_bundle
from hepatica.io.identity_words import identity_words
from hepatica.io.pseudonym_key import PseudonymKey, pseudonym_of
from hepatica.io.record_pseudonym import under_pseudonym
from hepatica.io.record_texts import TextRule, extra_words, kept_words
from hepatica.io.tables import write_record_table
from hepatica.store.record_file import write_record
from tests.io.fhir.records import full_record, records

SECRET = b"0123456789abcdef"
KEY = PseudonymKey("P-7", SECRET)
DAY = date(2024, 3, 1)
CANARY = "Canarius"


def moved(*facts: Fact, rule: TextRule | None = None) -> list[Fact]:
    return list(under_pseudonym(Record("raw", facts), KEY, rule).record)


def one(fact: Fact, rule: TextRule | None = None) -> Fact:
    (found,) = moved(fact, rule=rule)
    return found


def written(record: Record, folder: Path) -> bytes:
    """All bytes of the record in every form in which it leaves."""
    write_record(record, folder / "case")
    for layout in ("long", "wide"):
        write_record_table([record], folder / f"{layout}.csv", layout)
    text = json.dumps(write_bundle(record), ensure_ascii=False)
    (folder / "b.json").write_text(text, encoding="utf-8")
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_every_date_moves_by_the_days_of_the_images() -> None:
    back = timedelta(days=Deidentifier("P-7", SECRET).key.days_back)
    lab = Fact("lab.alt", 30.0, unit="U/L", on=DAY, source="FHIR Observation 3")
    death = Fact("outcome.death", date(2025, 1, 2), on=date(2025, 1, 2))
    found = moved(lab, death)
    assert found[0].on == DAY - back
    assert found[1].value == found[1].on == date(2025, 1, 2) - back


def test_a_year_of_birth_that_would_move_before_the_calendar_is_left_out_and_told() -> None:
    seen = Fact("lab.alt", 30.0, unit="U/L", on=date(1950, 3, 1))
    found = under_pseudonym(Record("raw", (Fact("patient.birth_year", 1880), seen)), KEY)
    assert [fact.field for fact in found.record] == ["lab.alt"]
    assert found.left_out.early["patient.birth_year"] == 1


def test_without_a_day_the_age_is_that_of_today() -> None:
    old, young = (Fact("patient.birth_year", date.today().year - age) for age in (91, 50))
    assert under_pseudonym(Record("raw", (old,)), KEY).left_out.ages["patient.birth_year"] == 1
    assert one(young).value is not None


def test_another_pseudonym_or_secret_gives_other_days() -> None:
    days = {PseudonymKey(f"P-{n}", SECRET).days_back for n in range(50)}
    assert len(days) > 40
    assert PseudonymKey("P-7", b"fedcba9876543210").days_back != KEY.days_back
    assert PseudonymKey(" P-7 ", SECRET).days_back == KEY.days_back


@settings(max_examples=40, deadline=None)
@given(records())
def test_intervals_stay_and_nothing_typed_by_hand_does(record: Record) -> None:
    found = under_pseudonym(record, KEY).record
    assert found.case_id == "P-7"
    assert under_pseudonym(found, KEY).record == found
    days = {fact.on for fact in record} - {None}
    assert {f.on for f in found} - {None} <= {
        day - timedelta(days=KEY.days_back) for day in days if day.toordinal() > KEY.days_back
    }
    for fact in found:
        assert fact.recorded_at is None
        assert fact.source == source_under("P-7", "imported")
        assert fact.unit in ("", fields()[fact.field].unit)
        assert fact.item in ("", "1", "2") or fact.item.startswith("x")


def test_no_word_of_a_full_record_survives_in_any_byte(tmp_path: Path) -> None:
    facts = []
    for fact in full_record():
        texts = {"source": f"sheet of {CANARY}, row 3", "stated": f"said {CANARY}"}
        if fields()[fact.field].kind == "text":
            texts["value"] = f"{CANARY} 4711 seen on 2.3.2024"
        item = f"{CANARY} 2024-03-01" if fact.item else ""
        facts.append(replace(fact, **texts, item=item))
    raw = Record("MRN-4711", tuple(facts))
    (tmp_path / "raw").mkdir()
    before = written(raw, tmp_path / "raw")
    assert before.count(CANARY.encode()) > 100
    (tmp_path / "out").mkdir()
    after = written(under_pseudonym(raw, KEY).record, tmp_path / "out")
    for trace in (CANARY, "4711", "2024-03", "2.3.2024", "2024-03-02T08:30", "row 3"):
        assert trace.encode() not in after, trace


def test_numbers_limits_comparators_and_reasons_stay() -> None:
    lab = Fact(
        "lab.bilirubin",
        20.5,
        unit="umol/L",
        comparator="<",
        stated="1.2 mg/dL",
        reference=ReferenceRange(None, 17.0),
    )
    found = one(lab)
    assert (found.value, found.comparator, found.reference) == (20.5, "<", lab.reference)
    assert found.stated == "1.2 mg/dL"
    assert one(Fact("lab.inr", absent="declined", stated="Mrs X declined")).stated == ""


def test_each_text_field_has_one_rule() -> None:
    rules = kept_words()
    listed = [
        name for part in ("identifiers", "structures", "notes", "terms") for name in rules[part]
    ]
    texts = [name for name, known in fields().items() if known.kind == "text"]
    assert sorted(listed) == sorted(texts)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("drug.agent", "Oxaliplatin"),
        ("drug.dose", "85 mg/m2 every 2 weeks"),
        ("drug.dose", "2400 mg/m2 over 46 h"),
        ("drug.dose", "2000 mg/m2"),
        ("prior.regimen", "FOLFOX + bevacizumab"),
        ("prior.regimen", "5-FU/LV"),
        ("cancer.histology", "Adenocarcinoma, moderately differentiated"),
        ("cancer.t_stage", "pT3"),
        ("cancer.stage_group", "IVA"),
        ("extrahepatic.sites", "lung, lymph nodes"),
        ("radiotherapy.technique", "VMAT, breath-hold"),
        ("toxicity.term", "Thrombocytopenia"),
        ("lesion.structure", "GTV1"),
    ],
)
def test_a_text_of_known_words_stays(field: str, text: str) -> None:
    item = "1" if fields()[field].group else ""
    assert one(Fact(field, text, item=item)).value == text


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("drug.agent", "Oxaliplatin, Dr Meier"),
        ("drug.dose", "85 mg/m2 on 3/4/24"),
        ("drug.dose", "85 mg/m2 12 03 57"),
        ("drug.dose", "since 2019"),
        ("prior.regimen", "FOLFOX 01.02.2019"),
        ("cancer.histology", "adenocarcinoma 47112233"),
        ("procedure.note", "liver"),
        ("imaging.note", "stable"),
        ("liver.board_verdict", "resection"),
        ("lesion.structure", "GTV Meier"),
        ("lesion.structure", "GTV_19570812"),
    ],
)
def test_a_text_that_may_name_somebody_goes_and_is_counted(field: str, text: str) -> None:
    item = "1" if fields()[field].group else ""
    found = under_pseudonym(Record("raw", (Fact(field, text, item=item),)), KEY)
    assert not found.record.facts
    (note,) = [n for n in found.left_out.notes() if n.subject == field]
    assert note.kind == "warning"
    assert "1 text(s) left out under the pseudonym" in note.text
    assert text not in note.text


def test_a_name_that_is_an_everyday_word_goes_too() -> None:
    rule = TextRule(identity_words(["Lobe^Left"]))
    assert not moved(Fact("extrahepatic.sites", "left lung"), rule=rule)
    assert moved(Fact("extrahepatic.sites", "right lung"), rule=rule)


def test_words_of_the_user_may_stay(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("Wundermab\n", encoding="utf-8")
    fact = Fact("drug.agent", "wundermab 5 mg/kg", item="1")
    assert not moved(fact)
    assert one(fact, TextRule(extra=extra_words(file))).value == fact.value
    with pytest.raises(InvalidInput, match=r"none\.txt cannot be read as UTF-8 text"):
        extra_words(tmp_path / "none.txt")


def test_dicom_numbers_become_those_that_the_images_got() -> None:
    by = Deidentifier("P-7", SECRET)
    plan = one(Fact("radiotherapy.plan_uid", "1.2.826.99", item="1"))
    study = one(Fact("imaging.study_uid", "1.2.826.77", item="1"))
    assert (plan.value, study.value) == (by.uid("1.2.826.99"), by.uid("1.2.826.77"))


def test_the_year_of_birth_moves_with_the_dates() -> None:
    found = one(Fact("patient.birth_year", 1957, on=DAY))
    assert isinstance(found.value, int)
    assert abs((1957 - found.value) * 365.25 - KEY.days_back) <= 366
    assert found.on is not None
    assert abs((found.on.year - found.value) - (2024 - 1957)) <= 1


def test_an_age_over_89_identifies_and_goes() -> None:
    old = Record("raw", (Fact("patient.birth_year", 1930), Fact("lab.inr", 1.0, unit="1", on=DAY)))
    found = under_pseudonym(old, KEY)
    assert [fact.field for fact in found.record] == ["lab.inr"]
    assert any("age over 89 identifies" in note.text for note in found.left_out.notes())
    young = under_pseudonym(Record("raw", (Fact("patient.age", 89.0, unit="a", on=DAY),)), KEY)
    assert len(young.record.facts) == 1


def test_a_day_before_the_calendar_is_left_out_with_a_note() -> None:
    found = under_pseudonym(Record("raw", (Fact("outcome.death", date(1, 1, 2)),)), KEY)
    assert not found.record.facts
    assert any("too early to be moved" in note.text for note in found.left_out.notes())


def test_the_same_item_is_the_same_in_the_next_delivery() -> None:
    first, second = (one(Fact("lesion.diameter", 9.0, "visit May", unit="mm")) for _ in range(2))
    assert first.item == second.item != "visit May"
    assert one(Fact("lesion.diameter", 9.0, "12", unit="mm")).item == "12"


def test_no_day_moves_twice_and_another_pseudonym_is_refused() -> None:
    once = under_pseudonym(Record("raw", (Fact("outcome.death", DAY),)), KEY).record
    assert under_pseudonym(once, KEY).record == once
    again = under_pseudonym(once.with_facts([Fact("workup.pet", DAY)]), KEY).record
    assert again.facts[0].value == again.facts[1].value
    with pytest.raises(Inconsistent, match="under the pseudonym P-7 already"):
        under_pseudonym(once, PseudonymKey("P-8", SECRET))


def test_a_pseudonym_that_names_the_patient_is_refused() -> None:
    rule = TextRule(identity_words(["Muster, Erika", "MRN-4711"]))
    for word in ("Erika", "muster", "mrn4711"):
        with pytest.raises(InvalidInput, match="a number or a name of the patient"):
            under_pseudonym(Record("raw"), PseudonymKey(word, SECRET), rule)
    with pytest.raises(InvalidInput, match="needs one: say it with --pseudonym"):
        under_pseudonym(Record("raw"), PseudonymKey(" ", SECRET), rule)


@given(st.text(min_size=1, max_size=20))
def test_a_derived_pseudonym_is_stable_and_says_nothing(case_id: str) -> None:
    found = pseudonym_of("P", case_id, SECRET)
    assert found == pseudonym_of("P", case_id, SECRET) != pseudonym_of("P", case_id, SECRET[::-1])
    assert len(found) == 12


@pytest.mark.parametrize("text", ["GTV_4711", "MRN4711", "4711.", "Canarius_liver", "xx canarius2"])
def test_a_name_or_number_is_found_wherever_it_touches_other_words(text: str) -> None:
    assert identity_words(["Canarius", "4711"]).are_in(text)


@pytest.mark.parametrize("text", ["47112", "14711", "Canariusson"])
def test_a_longer_number_or_name_is_another_one(text: str) -> None:
    assert not identity_words(["Canarius", "4711"]).are_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "85 mg/m2 from 10.12. to 24.12. and 12.08",
        "day 12,10,57",
        "lung (12,10,57)",
        "12 and 10 and 57",
        "(24)(12)(57)",
        "recurrence 24.12",
    ],
)
def test_days_do_not_stay_however_they_are_written(text: str) -> None:
    assert not TextRule(extra=frozenset(["recurrence", "day"])).lets_stay("drug.dose", text)


@pytest.mark.parametrize("text", ["85 mg/m2", "2.5 mg", "1.5 mL", "120 mg day 1"])
def test_a_dose_stays(text: str) -> None:
    assert TextRule().lets_stay("drug.dose", text)


def test_an_age_counts_up_to_the_last_day_of_the_record() -> None:
    age = Fact("patient.age", 86.0, unit="a", on=date(2015, 3, 1))
    later = Fact("lab.alt", 30.0, unit="U/L", on=DAY)
    found = under_pseudonym(Record("raw", (age, later)), KEY)
    assert [fact.field for fact in found.record] == ["lab.alt"]
    assert found.left_out.ages["patient.age"] == 1
    earlier = replace(later, on=date(2016, 3, 1))
    assert len(under_pseudonym(Record("raw", (age, earlier)), KEY).record.facts) == 2


def test_a_later_delivery_that_makes_the_patient_old_takes_the_year_of_birth_out() -> None:
    born = Fact("patient.birth_year", 1930)
    first = under_pseudonym(
        Record("raw", (born, Fact("lab.alt", 3.0, unit="U/L", on=date(2018, 3, 1)))), KEY
    )
    assert "patient.birth_year" in {fact.field for fact in first.record}
    later = first.record.with_facts([Fact("lab.alt", 30.0, unit="U/L", on=DAY)])
    found = under_pseudonym(later, KEY)
    assert "patient.birth_year" not in {fact.field for fact in found.record}
    assert len(found.record.facts) == 2
