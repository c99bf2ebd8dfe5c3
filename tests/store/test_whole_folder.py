"""A folder is put in place whole; what stood there comes back when that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepatica.store.whole_folder import whole_folder


def test_what_was_filled_takes_the_place_of_what_stood_there(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "old").write_text("old")
    with whole_folder(folder) as new:
        (new / "new").write_text("new")
        assert (folder / "old").exists()
    assert [path.name for path in folder.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [folder]


def test_an_error_while_filling_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "old").write_text("old")
    with pytest.raises(FileNotFoundError), whole_folder(folder) as new:
        (new / "half/way").write_text("its folder is missing")
    assert [path.name for path in folder.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [folder]


def test_what_stood_there_comes_back_when_the_last_step_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "old").write_text("old")
    rename = Path.rename

    def fails(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise OSError("the disk is gone")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(OSError, match="the disk is gone"), whole_folder(folder) as new:
        (new / "new").write_text("new")
    assert (folder / "old").read_text() == "old"
