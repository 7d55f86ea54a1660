"""Small rules of the front end: durations, start-up options, passwords, error texts."""

from __future__ import annotations

import pytest

from dev.emulator.go.durations import go_duration
from dev.emulator.login.passwords import matches
from dev.emulator.session.error_translation import translate
from dev.emulator.setting_texts.settings import settings_of
from dev.emulator.sqlerror import SqlError
from dev.emulator.versions import DEFAULT
from dev.emulator.wire.messages import Notice
from dev.emulator.wire.startup_options import parse_options, wants_jwt

JWT = "crdb:jwt_auth_enabled"


@pytest.mark.parametrize(
    ("microseconds", "expected"),
    [
        (0, "0s"),
        (7, "7µs"),
        (1_500, "1.5ms"),
        (999_999, "999.999ms"),
        (15_000_000, "15s"),
        (90_500_000, "1m30.5s"),
        (604_800_000_000, "168h0m0s"),
        (-1_000_000, "-1s"),
    ],
)
def test_durations_are_printed_as_go_does(microseconds: int, expected: str) -> None:
    assert go_duration(microseconds) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("--crdb:jwt_auth_enabled=true", {JWT: "true"}),
        ("-c crdb:jwt_auth_enabled=true", {JWT: "true"}),
        ("-ccrdb:jwt_auth_enabled=true", {JWT: "true"}),
        ("--CRDB:jwt-auth-enabled=true", {JWT: "true"}),
        ("--a=1  --b=2", {"a": "1", "b": "2"}),
        ("--a=1+--b=2", {"a": "1", "b": "2"}),
        ("--a%3D1", {"a": "1"}),
        (r"--a=x\ y", {"a": "x y"}),
        (r"--a=x\\y", {"a": r"x\y"}),
        ("-c --a=1", {"__a": "1"}),
    ],
)
def test_options_are_read(text: str, expected: dict[str, str]) -> None:
    assert parse_options(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a=1", "option \"a=1\" is invalid, must have prefix '-c' or '--'"),
        ("--a", "option \"--a\" is invalid, check '='"),
        ("--a=b=c", "option \"--a=b=c\" is invalid, check '='"),
    ],
)
def test_bad_options_are_refused(text: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        parse_options(text)
    assert (raised.value.sqlstate, raised.value.message) == ("08P01", message)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("t", True), ("True", True), ("0", False), ("F", False), ("FALSE", False)],
)
def test_the_jwt_option_takes_the_booleans_of_go(value: str, *, expected: bool) -> None:
    assert wants_jwt({JWT: value}) is expected
    assert wants_jwt({}) is False


@pytest.mark.parametrize("value", ["on", "yes", "", "tRUE"])
def test_the_jwt_option_takes_no_others(value: str) -> None:
    with pytest.raises(SqlError) as raised:
        wants_jwt({JWT: value})
    assert raised.value.sqlstate == "22023"
    assert raised.value.message == (f'{JWT}: strconv.ParseBool: parsing "{value}": invalid syntax')


# Made by PostgreSQL from `pencil`, with the salt of the example in RFC 7677.
VERIFIER = (
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
    "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
)


@pytest.mark.parametrize(
    ("password", "expected"), [("pencil", True), ("Pencil", False), ("", False)]
)
def test_a_password_is_checked_against_its_verifier(password: str, *, expected: bool) -> None:
    assert matches(password, VERIFIER) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("server.jwt_authentication.issuers", "server.jwt_authentication.issuers.configuration"),
        ("SERVER.JWT_Authentication.Issuers", "server.jwt_authentication.issuers.configuration"),
        ("Version", "version"),
    ],
)
def test_an_alias_stands_for_the_preferred_name(name: str, expected: str) -> None:
    assert settings_of(DEFAULT).preferred(name) == expected


@pytest.mark.parametrize(
    ("code", "message", "new_code", "expected"),
    [
        (
            "42501",
            "permission denied for table claims",
            "42501",
            "user ann does not have SELECT privilege on relation claims",
        ),
        ("3F000", 'schema "a.b.public" does not exist', "3D000", 'database "a.b" does not exist'),
        (
            "42703",
            'column "x" of relation "t" does not exist',
            "42703",
            'column "x" does not exist',
        ),
        ("42601", 'syntax error at or near "from"', "42601", 'at or near "from": syntax error'),
        ("42703", "column t.x does not exist", "42703", 'column "t.x" does not exist'),
        (
            "23502",
            'null value in column "a" of relation "t" violates not-null constraint',
            "23502",
            'null value in column "a" violates not-null constraint',
        ),
        (
            "23514",
            'new row for relation "t" violates check constraint "positive"',
            "23514",
            "failed to satisfy CHECK constraint (positive)",
        ),
        (
            "22P02",
            'invalid input syntax for type uuid: "x"',
            "22P02",
            'could not parse "x" as type uuid',
        ),
        ("22012", "division by zero", "22012", "division by zero"),
    ],
)
def test_errors_are_told_in_the_words_of_cockroachdb(
    code: str, message: str, new_code: str, expected: str
) -> None:
    given = {"S": "ERROR", "V": "ERROR", "C": code, "M": message, "W": "here", "F": "x.c", "H": ""}
    told = translate(Notice(given), "ann", "SELECT").fields
    assert told == {"S": "ERROR", "V": "ERROR", "C": new_code, "M": expected}
