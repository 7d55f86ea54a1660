"""What a client's start-up options say, and which of them are refused."""

from __future__ import annotations

import pytest

from dev.emulator.sqlerror import SqlError
from dev.emulator.wire.startup_options import parse_options, wants_jwt

JWT = "crdb:jwt_auth_enabled"


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


@pytest.mark.parametrize("text", ["--a=x%00user%00postgres", "--a%00=1", "%00"])
def test_a_nul_ends_no_parameter(text: str) -> None:
    with pytest.raises(SqlError) as raised:
        parse_options(text)
    assert raised.value.sqlstate == "22021"
