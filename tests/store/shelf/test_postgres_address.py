"""An address of PostgreSQL means what it means to PostgreSQL's own programs."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from sqlalchemy import make_url

from hepatica.errors import UsageError
from hepatica.store.shelf.postgres_address import connection_of

BASE = "postgresql+pg8000://ann@db.clinic:5433/hepatica"


def arguments(query: str = "") -> dict:
    return connection_of(make_url(BASE + query))[1]


@pytest.fixture(autouse=True)
def no_password_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))


def test_ssl_is_tried_unless_the_address_says_more() -> None:
    assert arguments()["ssl_context"] is None
    assert arguments("?sslmode=disable")["ssl_context"] is False
    required = arguments("?sslmode=require")["ssl_context"]
    assert (required.verify_mode, required.check_hostname) == (ssl.CERT_NONE, False)
    issued = arguments("?sslmode=verify-ca")["ssl_context"]
    assert (issued.verify_mode, issued.check_hostname) == (ssl.CERT_REQUIRED, False)
    full = arguments("?sslmode=verify-full")["ssl_context"]
    assert (full.verify_mode, full.check_hostname) == (ssl.CERT_REQUIRED, True)
    with pytest.raises(UsageError, match="sslmode is 'always'; it needs to be one of disable"):
        arguments("?sslmode=always")


def test_options_are_settings_of_the_session() -> None:
    found = arguments("?options=-csearch_path%3Dmine%20-c%20work_mem%3D64MB")
    assert found["startup_params"] == {"search_path": "mine", "work_mem": "64MB"}
    with pytest.raises(UsageError, match=r"give them as -cname=value"):
        arguments("?options=--fast")


def test_what_is_not_understood_is_refused() -> None:
    with pytest.raises(UsageError, match="says target_session_attrs; sslmode, options"):
        arguments("?target_session_attrs=read-write")
    with pytest.raises(UsageError, match="connect_timeout is 'long'; give seconds"):
        arguments("?connect_timeout=long")
    assert arguments("?connect_timeout=3")["timeout"] == 3


def test_the_password_comes_from_address_environment_or_password_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert connection_of(make_url(BASE))[0].password is None
    file = tmp_path / "pgpass"
    file.write_text(
        "# db.clinic:5433:hepatica:ann:commented\n"
        "other:5433:hepatica:ann:wrong\n"
        "db.clinic:*:hepatica:ann:with\\:colon\n"
        "*:*:*:*:last\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PGPASSFILE", str(file))
    assert connection_of(make_url(BASE))[0].password == "with:colon"
    assert connection_of(make_url(BASE.replace("ann", "bob")))[0].password == "last"
    monkeypatch.setenv("PGPASSWORD", "from outside")
    assert connection_of(make_url(BASE))[0].password == "from outside"
    said = connection_of(make_url(BASE.replace("ann", "ann:said")))[0]
    assert said.password == "said"
