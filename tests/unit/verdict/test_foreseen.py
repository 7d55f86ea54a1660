"""Logins of a stack, judged without a token."""

from collections.abc import Sequence
from typing import Any

import pytest

from crdb_sso.crdb.identity_map import closed_line
from crdb_sso.registry.claims import Claim, Entry, Kind
from crdb_sso.verdict import UserView
from crdb_sso.verdict.foreseen import Foreseen, foreseen_logins
from crdb_sso.verdict.outcome import Check
from tests.unit.verdict.logins import ISSUER, JWT, MAP, NOW, cluster

LINE = f"{ISSUER} kyle kyle"
THERE = {MAP: LINE}


def claimed(*entries: tuple[Kind, str]) -> list[Claim]:
    return [Claim(Entry(kind, name), "me", name, found=False) for kind, name in entries]


STACK = (
    (Kind.LINE, LINE),
    (Kind.ISSUER, ISSUER),
    (Kind.AUDIENCE, "crdb"),
    (Kind.KEY, "k"),
    (Kind.USER, "kyle"),
)


def foreseen(
    entries: Sequence[tuple[Kind, str]] = STACK,
    version: str = "25.2",
    settings: dict[str, str] | None = None,
    **more: Any,
) -> tuple[Foreseen, ...]:
    unasked = more.pop("unasked", None)
    view = cluster(version, settings={**THERE, **(settings or {})}, **more)
    return foreseen_logins(view, claimed(*entries), now=NOW, unasked=unasked)


def check(one: Foreseen, name: str) -> Check:
    return next(check for check in one.verdict.checks if check.name == name)


@pytest.mark.parametrize("version", ["22.2", "24.1", "25.2", "26.4"])
def test_at_a_login_that_works_nothing_fails_and_nothing_is_promised(version: str) -> None:
    (login,) = foreseen(version=version)

    assert (login.user, login.issuer, login.subject) == ("kyle", ISSUER, "kyle")
    assert login.audiences == ("crdb",)
    assert login.verdict.first_failure is None
    assert not login.verdict.accepted
    waiting = {check.name for check in login.verdict.checks if check.passed is None}
    times = {"issued at", "expiry", "not before"}
    assert waiting == {"token sent", "token form", "key", "signature", *times}


@pytest.mark.parametrize(
    ("changes", "refused_at"),
    [
        pytest.param({"users": {}}, "user", id="the user was dropped"),
        pytest.param({"users": {"kyle": UserView(may_login=False)}}, "login privilege", id="out"),
        pytest.param({"settings": {JWT + "enabled": "false"}}, "token logins on", id="off"),
        pytest.param(
            {"settings": {JWT + "issuers.configuration": "[]"}}, "issuer", id="not trusted"
        ),
        pytest.param({"settings": {JWT + "audience": "other"}}, "audience", id="audience"),
        pytest.param({"settings": {JWT + "jwks": '{"keys":[]}'}}, "key", id="no keys"),
        pytest.param({"settings": {JWT + "jwks": "junk"}}, "key", id="unreadable keys"),
        pytest.param({"settings": {MAP: f"{ISSUER} x y"}}, "identity map", id="line gone"),
        pytest.param({"settings": {MAP: ""}}, "identity map", id="no line at all"),
        pytest.param({"settings": {JWT + "claim": "email"}}, "", id="another claim, as claimed"),
    ],
)
def test_what_the_cluster_lacks_is_found(changes: dict[str, Any], refused_at: str) -> None:
    (login,) = foreseen(**changes)

    failed = login.verdict.first_failure
    assert (failed.name if failed else "") == refused_at
    assert bool(login.verdict.fix) is bool(failed)


def test_a_lost_line_and_a_lost_key_come_back_with_the_next_up() -> None:
    (line,) = foreseen(settings={MAP: ""})
    (key,) = foreseen(settings={JWT + "jwks": '{"keys":[]}'})

    back = "Run `pulumi refresh`, then `pulumi up` of the stack: that puts it back."
    assert (line.verdict.fix, key.verdict.fix) == (back, back)


@pytest.mark.parametrize("claim", ["email", "/a~1b/c~0d/e", "sub", ""])
def test_the_principal_is_where_the_cluster_looks_for_it(claim: str) -> None:
    (login,) = foreseen(version="26.4", settings={JWT + "claim": claim})

    assert check(login, "login name").passed is True


def test_a_pattern_leaves_open_who_gets_in() -> None:
    line = f"{ISSUER} /^k.*$ kyle"
    entries = [entry for entry in STACK if entry[0] is not Kind.LINE]

    (login,) = foreseen([(Kind.LINE, line), *entries], settings={MAP: line})

    assert check(login, "identity map").passed is True
    assert check(login, "claim").passed is None
    assert check(login, "user").passed is True
    assert login.verdict.first_failure is None


def test_with_a_group_in_the_user_the_token_decides_who_it_is() -> None:
    line = rf"{ISSUER} /^(k.*)$ \1"

    (login,) = foreseen([(Kind.LINE, line), *STACK[1:]], settings={MAP: line})

    assert check(login, "user").passed is None
    assert login.verdict.first_failure is None


def test_an_issuer_without_a_line_lets_in_whom_the_token_names() -> None:
    (login,) = foreseen(STACK[1:], settings={MAP: ""})

    assert (login.user, login.subject) == ("", "")
    assert check(login, "identity map").passed is True
    assert login.verdict.first_failure is None


def test_such_an_issuer_that_has_a_line_by_now_no_longer_does() -> None:
    (login,) = foreseen(STACK[1:])

    assert login.verdict.first_failure is check(login, "identity map")


def test_who_gets_in_without_a_line_is_not_known_where_the_map_is_hidden() -> None:
    (login,) = foreseen(STACK[1:], settings={MAP: "<redacted>"})

    assert check(login, "identity map").seen == "the identity map is hidden from this operator"
    assert login.verdict.first_failure is None


def test_the_line_that_closes_an_issuer_is_not_a_login() -> None:
    assert foreseen([(Kind.LINE, closed_line(ISSUER).text), *STACK[1:]]) == ()


def test_of_several_audiences_one_that_is_not_accepted_is_named_but_decides_nothing() -> None:
    (login,) = foreseen([*STACK, (Kind.AUDIENCE, "second")])

    found = check(login, "audience")
    assert found.passed is None
    assert "'second'" in found.seen


FETCHING = {JWT + "jwks_auto_fetch.enabled": "true"}


def test_an_issuer_that_could_not_be_asked_decides_nothing() -> None:
    (asked,) = foreseen(settings=FETCHING, fetched={ISSUER: '{"keys":[]}'})
    (unasked,) = foreseen(settings=FETCHING, unasked={ISSUER: "could not be asked: down"})

    assert check(asked, "keys fetched").passed is True
    assert check(unasked, "keys fetched").passed is None
    assert check(unasked, "keys fetched").seen == "could not be asked: down"


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        (MAP, ["identity map", "login name"]),
        (JWT + "audience", ["audience"]),
        (JWT + "issuers.configuration", ["issuer"]),
        (JWT + "jwks", ["key", "signature"]),
        (JWT + "enabled", ["token logins on"]),
        (JWT + "claim", ["claim", "identity map", "login name"]),
    ],
)
def test_a_hidden_setting_is_said_and_decides_nothing(name: str, hidden: list[str]) -> None:
    (login,) = foreseen(settings={name: "<redacted>"})

    assert login.verdict.first_failure is None
    for one in hidden:
        assert check(login, one).passed is None, one
        assert check(login, one).seen.endswith("hidden from this operator")
