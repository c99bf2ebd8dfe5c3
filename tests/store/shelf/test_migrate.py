"""An older shelf is brought up to date when it is opened; a newer one is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from hepatica.errors import InvalidInput
from hepatica.store.shelf import Place, open_shelf
from hepatica.store.shelf.array_files import Anchor, ArrayFiles
from hepatica.store.shelf.database import Database
from hepatica.store.shelf.migrate import SCHEMA_TABLE, SCHEMAS, bring_up_to_date, schema_of
from hepatica.store.shelf.models import Base, IdentityRow
from hepatica.store.shelf.shelf import Shelf
from hepatica.store.shelf.trail import Deed, append
from tests.store.shelf.conftest import Filled
from tests.store.shelf.folders import whole_case

STEPS = Path(__file__).parents[3] / "src/hepatica/store/shelf/migrations/versions"


def _older_shelf(place: Place, schema: str) -> None:
    """A shelf as the Hepatica of that schema left it."""
    if place.folder is not None:
        place.folder.mkdir(parents=True)
    database = Database(place)
    with database.writing() as session:
        bring_up_to_date(session.connection(), schema)
        session.add(IdentityRow(only_one=1, lineage="a" * 32, incarnation="b" * 32))
        append(session, "a" * 32, Deed("Dr Old", "begin"))
        assert schema_of(session.connection()) == schema
    database.close()
    ArrayFiles(place.arrays_folder("b" * 32)).set_anchor(Anchor("b" * 32, 0, ""))


@pytest.mark.parametrize("schema", SCHEMAS[:-1])
def test_an_older_shelf_is_brought_up_to_date(place: Place, tmp_path: Path, schema: str) -> None:
    _older_shelf(place, schema)
    with open_shelf(place, "Dr New") as shelf:
        assert [(r.who, r.action) for r in shelf.log()] == [
            ("Dr Old", "begin"),
            ("Dr New", "upgrade"),
        ]
        assert shelf.log()[1].details == f"schema {schema} to {SCHEMAS[-1]}"
        shelf.put(whole_case(tmp_path / "case"))
        assert shelf.verify().ok


def test_a_shelf_that_is_up_to_date_is_not_touched(filled: Filled) -> None:
    with open_shelf(filled.place) as again:
        assert again.log() == filled.shelf.log()
        assert len(again.log()) == 5


def test_a_newer_shelf_is_refused(filled: Filled) -> None:
    filled.bench.run(filled.place, f"UPDATE {SCHEMA_TABLE} SET version_num = '0999'")
    for make in (False, True):
        with pytest.raises(InvalidInput, match=rf"schema 0999; .*up to {SCHEMAS[-1]}.*newer"):
            open_shelf(filled.place, make=make)


def test_the_steps_lead_to_the_tables_of_the_models(shelf: Shelf) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with shelf.database.reading() as session:
        options = {"version_table": SCHEMA_TABLE, "compare_type": True}
        context = MigrationContext.configure(session.connection(), opts=options)
        assert compare_metadata(context, Base.metadata) == []
        found = set(inspect(session.connection()).get_table_names())
        assert found == {*Base.metadata.tables, SCHEMA_TABLE}


def test_every_schema_has_its_step_and_every_step_its_schema() -> None:
    assert sorted(path.name[1:5] for path in STEPS.glob("v*.py")) == list(SCHEMAS)


def test_a_step_that_fails_leaves_the_older_shelf(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    _older_shelf(place, SCHEMAS[0])

    def half_way(connection: object, until: str = "") -> None:
        bring_up_to_date(connection)  # type: ignore[arg-type]
        raise OSError("power cut")

    monkeypatch.setattr("hepatica.store.shelf.begin.bring_up_to_date", half_way)
    with pytest.raises(OSError, match="power cut"):
        open_shelf(place)
    database = Database(place)
    with database.reading() as session:
        assert schema_of(session.connection()) == SCHEMAS[0]
        assert session.scalar(text("SELECT count(*) FROM shelf_audit")) == 1
    database.close()
