"""The provider looks which version a cluster behaves as, and says what case means there."""

from typing import Any

import pytest

from tests.support.provider_calls import (
    ISSUER,
    OWNER,
    PROVIDER,
    asked,
    create,
    delete,
    identity,
    refresh,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster

MAP = "server.identity_map.configuration"
BEFORE, SINCE = pytest.mark.holds(before="26.1"), pytest.mark.holds(since="26.1")


def logins(cluster: EmbeddedCluster, owner: str = OWNER, **subjects: str) -> dict[str, Any]:
    """Return inputs with one login a user, and the subject of each."""
    made = {user: {"identities": {"me": identity(subject)}} for user, subject in subjects.items()}
    return wish(cluster, owner, logins=made)


def about_case(told: list[str]) -> list[str]:
    """Return what was said about case since the last call."""
    lines = [line for line in told if "case" in line]
    told.clear()
    return lines


@BEFORE
def test_before_the_version_that_ignores_case_a_preview_says_what_it_will_change(
    cluster: EmbeddedCluster, told: list[str]
) -> None:
    cluster.set(MAP, f"{ISSUER} AB theirs\n")

    PROVIDER.check({}, logins(cluster, a="ab"))

    assert [line.partition(",")[0] for line in about_case(told)] == [
        f"warn: map line {ISSUER} ab a: from CockroachDB 26.1 on",
        f"info: map line {ISSUER} AB theirs",
    ]


@SINCE
def test_from_the_version_that_ignores_case_a_preview_says_who_is_one_principal(
    cluster: EmbeddedCluster, told: list[str]
) -> None:
    cluster.set(MAP, f"{ISSUER} AB theirs\n")

    PROVIDER.check({}, logins(cluster, a="ab"))

    assert [line.partition(",")[0] for line in about_case(told)] == [
        f"warn: map line {ISSUER} ab a: case does not count on this cluster",
        "info: subject ab logs in as theirs too: case does not count on this cluster",
    ]


def test_what_the_lines_offer_is_taken_and_ends_them(
    cluster: EmbeddedCluster, told: list[str]
) -> None:
    state = create(logins(cluster, a="ab", b="AB"))
    assert len(about_case(told)) == 2

    state = update(state, logins(cluster, a="/(?-i)^ab$", b="/(?-i)^AB$"))

    assert about_case(told) == []
    assert cluster.snapshot().setting(MAP) == (f"{ISSUER} /(?-i)^ab$ a\n{ISSUER} /(?-i)^AB$ b\n")
    assert refresh(state) == state
    assert about_case(told) == []
    delete(state)
    assert cluster.snapshot().setting(MAP) == ""


@SINCE
def test_a_line_that_somebody_wrote_in_other_case_is_as_it_should_be(
    cluster: EmbeddedCluster, told: list[str]
) -> None:
    state = create(logins(cluster, a="ab"))
    cluster.set(MAP, f"{ISSUER} AB a\n")
    told.clear()

    assert refresh(state) == state
    again = update(state, asked(state))

    assert told == []
    assert again == state
    assert cluster.snapshot().setting(MAP) == f"{ISSUER} AB a\n"


@BEFORE
def test_a_line_that_somebody_wrote_in_other_case_is_lost_where_case_counts(
    cluster: EmbeddedCluster, told: list[str]
) -> None:
    state = create(logins(cluster, a="ab"))
    cluster.set(MAP, f"{ISSUER} AB a\n")
    told.clear()

    seen = refresh(state)

    assert seen["logins"]["a"]["identities"] == {}
    assert "info: lost: a: idp subject ab may no longer log in" in told
