"""A shelf stands in the user's data folder, unless the user says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepatica.errors import InvalidInput, UsageError
from hepatica.store.shelf import open_shelf, place_of, user_data_folder
from tests.store.shelf.folders import record_only


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEPATICA_SHELF", "HEPATICA_SHELF_ARRAYS", "HEPATICA_USER", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_the_data_folder_follows_the_custom_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", "/home/x")
    assert user_data_folder() == Path("/home/x/.local/share/hepatica")
    monkeypatch.setattr("sys.platform", "darwin")
    assert user_data_folder() == Path("/home/x/Library/Application Support/hepatica")
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/home/x/local")
    assert user_data_folder() == Path("/home/x/local/hepatica")


def test_xdg_data_home_is_honoured_when_it_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", "/home/x")
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/data")
    assert place_of().folder == Path("/srv/data/hepatica/shelf")
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    assert place_of().folder == Path("/home/x/.local/share/hepatica/shelf")


def test_what_is_said_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HEPATICA_SHELF", str(tmp_path / "environment"))
    assert place_of().folder == tmp_path / "environment"
    assert place_of(str(tmp_path / "said")).folder == tmp_path / "said"
    assert place_of(str(tmp_path / "said")).arrays == tmp_path / "said/arrays"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+pg8000"])
def test_an_address_names_postgresql_and_its_name_tells_no_password(scheme: str) -> None:
    place = place_of(f"{scheme}://ann:secret@127.0.0.1:5433/hepatica?options=x")
    assert place.url == "postgresql+pg8000://ann:secret@127.0.0.1:5433/hepatica?options=x"
    assert place.name == "postgresql://127.0.0.1:5433/hepatica"
    assert place.folder is None


def test_arrays_of_postgresql_lie_where_the_user_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    address = "postgresql://127.0.0.1/hepatica"
    assert place_of(address).arrays_folder("abc") == tmp_path / "hepatica/shelf-arrays/abc"
    monkeypatch.setenv("HEPATICA_SHELF_ARRAYS", str(tmp_path / "share"))
    assert place_of(address).arrays_folder("abc") == tmp_path / "share"
    assert place_of(address, tmp_path / "said").arrays_folder("abc") == tmp_path / "said"


def test_other_databases_and_files_and_ports_of_letters_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot stand at mysql://.* begins with postgresql://"):
        place_of("mysql://ann:secret@127.0.0.1/hepatica")
    with pytest.raises(UsageError, match="a port that is no number"):
        place_of("postgresql://127.0.0.1:port/hepatica")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="file is a file; a shelf needs a folder"):
        place_of(str(tmp_path / "file"))
    with pytest.raises(UsageError, match="--arrays is for a shelf in PostgreSQL"):
        place_of(str(tmp_path), tmp_path)


def test_a_server_that_does_not_answer_is_told_without_the_password() -> None:
    pytest.importorskip("pg8000")
    place = place_of("postgresql://ann:secret@127.0.0.1:1/hepatica")
    with pytest.raises(InvalidInput, match=r"127\.0\.0\.1:1/hepatica: the database says") as caught:
        open_shelf(place, make=True)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "shelf.db").write_text("no database, and long enough to be taken for one " * 9)
    with pytest.raises(InvalidInput, match="file is not a database"):
        open_shelf(place_of(str(tmp_path)))


def test_who_does_it_is_said_or_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = place_of(str(tmp_path / "shelf"))
    monkeypatch.setenv("HEPATICA_USER", " ann ")
    with open_shelf(place, make=True) as shelf:
        shelf.put(record_only(tmp_path / "case"))
        assert shelf.log()[-1].who == "ann"
    with open_shelf(place, "ben") as shelf:
        assert shelf.who == "ben"
    monkeypatch.delenv("HEPATICA_USER")

    def nobody() -> str:
        raise OSError("no name")

    monkeypatch.setattr("getpass.getuser", nobody)
    with pytest.raises(UsageError, match=r"--who, or in the environment variable HEPATICA_USER"):
        open_shelf(place)


@pytest.mark.parametrize(("words", "message"), [("a\x00b", "NUL"), ("a\udc80", "not Unicode")])
def test_a_reason_that_no_database_can_keep_is_refused(
    tmp_path: Path, words: str, message: str
) -> None:
    with open_shelf(place_of(str(tmp_path / "shelf")), make=True) as shelf:
        with pytest.raises(UsageError, match=f"The reason holds .*{message}"):
            shelf.put(record_only(tmp_path / "case"), why=words)
        assert shelf.cases() == ()
