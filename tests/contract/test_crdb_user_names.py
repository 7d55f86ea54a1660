"""Which names users may have."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from tests.contract.expectations import DUPLICATE_OBJECT, RESERVED_NAME, holds, refusal, says

if TYPE_CHECKING:
    from tests.contract.cluster import Connection
    from tests.contract.temporary_users import Users

pytestmark = holds(since="24.1")

SOME = secrets.token_hex(3)


def _exists(db: Connection, name: str) -> bool:
    rows = db.execute("SELECT username FROM [SHOW USERS] WHERE username = %s", [name])
    return rows.fetchone() is not None


def _create(name: str, tail: str = "") -> sql.Composed:
    return sql.SQL(f"CREATE USER {tail} {{}}").format(sql.Identifier(name))


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        pytest.param(f"ct_{SOME}", f"ct_{SOME}", id="letters, digits, underscores"),
        pytest.param(f"_ct_{SOME}", f"_ct_{SOME}", id="an underscore first"),
        pytest.param(f"9ct{SOME}", f"9ct{SOME}", id="a digit first"),
        pytest.param("1" + str(uuid.uuid4().int)[:20], None, id="digits only"),
        pytest.param(str(uuid.uuid4()), None, id="a GUID"),
        pytest.param(f"ct.{SOME}.x", f"ct.{SOME}.x", id="periods"),
        pytest.param(f"ct-{SOME}-x", f"ct-{SOME}-x", id="dashes"),
        pytest.param(f"ct{SOME}é", f"ct{SOME}é", id="letters beyond ASCII"),
        pytest.param(f"CT_{SOME}_Upper", f"ct_{SOME}_upper", id="capitals are folded"),
        pytest.param(f"ct{SOME}ΟΜΗΡΟς", f"ct{SOME}ομηρος", id="Greek capitals too"),
        pytest.param(f"ct{SOME}ΔΣ", f"ct{SOME}δσ", id="letter by letter: no final sigma"),
        pytest.param(f"ct{SOME}e\N{COMBINING ACUTE ACCENT}x", f"ct{SOME}éx", id="NFC"),
        pytest.param(f"ct{SOME}".ljust(63, "x"), None, id="63 bytes"),
    ],
)
def test_these_names_are_valid(
    db: Connection, users: Users, written: str, stored: str | None
) -> None:
    users.own(written)
    db.execute(_create(written))
    assert _exists(db, stored or written)


INVALID = [
    pytest.param("", '"": username is empty', "42602", id="nothing"),
    pytest.param("a b", '"a b": username is invalid', "42602", id="a blank"),
    pytest.param("a@b.c", '"a@b.c": username is invalid', "42602", id="an e-mail address"),
    pytest.param("a/b", '"a/b": username is invalid', "42602", id="a slash"),
    pytest.param("a$b", '"a$b": username is invalid', "42602", id="a dollar"),
    pytest.param("a:b", '"a:b": username is invalid', "42602", id="a colon"),
    pytest.param("-ct", '"-ct": username is invalid', "42602", id="a dash first"),
    pytest.param(".ct", '".ct": username is invalid', "42602", id="a period first"),
    pytest.param("c" * 64, f'"{"c" * 64}": username is too long', "42622", id="64 bytes"),
    pytest.param(
        "é" * 32, f'"{"é" * 32}": username is too long', "42622", id="64 bytes, 32 letters"
    ),
]


@pytest.mark.parametrize(("name", "error", "sqlstate"), INVALID)
@pytest.mark.parametrize("tail", ["", "IF NOT EXISTS"])
def test_these_names_are_invalid(
    db: Connection, name: str, error: str, sqlstate: str, tail: str
) -> None:
    said = refusal(db, _create(name, tail))
    assert (said.sqlstate, said.message_primary) == (sqlstate, error)
    assert said.message_hint
    assert "63" in said.message_hint


@pytest.mark.parametrize(
    "name", ["public", "none", "node", "pg_ct", "pg_", "crdb_internal_ct", "Node", "PUBLIC"]
)
@pytest.mark.parametrize("tail", ["", "IF NOT EXISTS"])
def test_reserved_names_cannot_be_created(db: Connection, name: str, tail: str) -> None:
    said = refusal(db, _create(name, tail))
    assert says(f'role name "{name.lower()}" is reserved', said.message_primary)
    assert said.sqlstate == RESERVED_NAME


@pytest.mark.parametrize("name", ["public", "node"])
def test_reserved_names_cannot_be_dropped(db: Connection, name: str) -> None:
    said = refusal(db, sql.SQL("DROP USER {}").format(sql.Identifier(name)))
    assert said.message_primary == f'role name "{name}" is reserved'
    assert said.sqlstate == RESERVED_NAME


@pytest.mark.parametrize("name", ["root", "admin"])
def test_root_and_admin_exist(db: Connection, name: str) -> None:
    said = refusal(db, _create(name))
    assert said.message_primary == f"a role/user named {name} already exists"
    assert said.sqlstate == DUPLICATE_OBJECT
    db.execute(_create(name, "IF NOT EXISTS"))


@pytest.mark.parametrize("word", ["CURRENT_USER", "SESSION_USER"])
def test_a_word_for_the_current_user_is_not_a_name(db: Connection, word: str) -> None:
    said = refusal(db, f"CREATE USER {word}")
    assert said.message_primary == f"{word} cannot be used as a role name here"
    assert said.sqlstate == RESERVED_NAME
