"""SQL user names: folding, and which ones may be created."""

from __future__ import annotations

import pytest

from dev.emulator.sqlerror import SqlError
from dev.emulator.usernames import check_new, may_not_use_jwt, normalise

HINT = (
    "Usernames are case insensitive, must start with a letter, digit or underscore, may contain "
    "letters, digits, dashes, periods, or underscores, and must not exceed 63 characters."
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("UsEr1", "user1", id="lower case"),
        pytest.param(
            "\u039f\u03bc\u03b7\u03c1\u03bf\u03c2",
            "\u03bf\u03bc\u03b7\u03c1\u03bf\u03c2",
            id="Greek",
        ),
        pytest.param("\u039f\u03a3", "\u03bf\u03c3", id="no final sigma is made up"),
        pytest.param("e\u0301", "\u00e9", id="composed to NFC"),
        pytest.param("\u0130\u0131I", "iii", id="every i is the same"),
        pytest.param("\u00df", "\u00df", id="sharp s stays"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_name_is_folded_character_by_character(name: str, expected: str) -> None:
    assert normalise(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("0123121132", id="digits only"),
        pytest.param("3f2504e0-4f89-11d3-9a0c-0305e82c3301", id="a GUID"),
        pytest.param("_x.y-z", id="underscore, dot, dash"),
        pytest.param("UPPER", id="upper case is folded first"),
        pytest.param("\u03bf\u03bc\u03b7\u03c1\u03bf\u03c2", id="Greek letters"),
        pytest.param("x" * 63, id="63 bytes"),
        pytest.param("pgx", id="only pg_ is reserved"),
        pytest.param("root", id="root is not reserved, it exists"),
        pytest.param("admin", id="admin is not reserved, it exists"),
    ],
)
def test_a_legal_name_passes(name: str) -> None:
    check_new(name)


@pytest.mark.parametrize(
    ("name", "sqlstate", "message", "hint"),
    [
        pytest.param("", "42602", '"": username is empty', HINT, id="empty"),
        pytest.param("a@b", "42602", '"a@b": username is invalid', HINT, id="an e-mail address"),
        pytest.param("-a", "42602", '"-a": username is invalid', HINT, id="leading dash"),
        pytest.param(".a", "42602", '".a": username is invalid', HINT, id="leading dot"),
        pytest.param("a b", "42602", '"a b": username is invalid', HINT, id="a blank"),
        pytest.param("a\x1f", "42602", '"a\\x1f": username is invalid', HINT, id="control"),
        pytest.param("a\x85", "42602", '"a\\u0085": username is invalid', HINT, id="next line"),
        pytest.param("\U000e0001", "42602", '"\\U000e0001": username is invalid', HINT, id="a tag"),
        pytest.param("a\n", "42602", '"a\\n": username is invalid', HINT, id="a line end"),
        pytest.param('A"', "42602", '"a\\"": username is invalid', HINT, id="a quote"),
        pytest.param(
            "\u5f20", "42602", '"\u5f20": username is invalid', HINT, id="caseless letter"
        ),
        pytest.param("x" * 64, "42622", f'"{"x" * 64}": username is too long', HINT, id="64 bytes"),
        pytest.param(
            "\u03bf" * 32,
            "42622",
            '"' + "\u03bf" * 32 + '": username is too long',
            HINT,
            id="bytes count",
        ),
        pytest.param(
            "@" * 64, "42622", f'"{"@" * 64}": username is too long', HINT, id="length first"
        ),
        *[
            pytest.param(name, "42939", f'role name "{name.lower()}" is reserved', None, id=name)
            for name in ("public", "None", "node", "pg_x", "crdb_internal_x")
        ],
    ],
)
def test_an_illegal_name_is_refused(
    name: str, sqlstate: str, message: str, hint: str | None
) -> None:
    with pytest.raises(SqlError) as refusal:
        check_new(name)
    assert (refusal.value.message, refusal.value.sqlstate) == (message, sqlstate)
    assert refusal.value.hint == hint


@pytest.mark.parametrize(
    ("name", "expected"),
    [("root", True), ("node", True), ("pg_monitor", True), ("admin", False), ("kyle", False)],
)
def test_root_and_reserved_names_never_use_tokens(*, name: str, expected: bool) -> None:
    assert may_not_use_jwt(name) is expected
