"""What a stack accepts is a claim of its own: it comes, changes and goes with the stack."""

from typing import Any

import pytest

from crdb_sso.errors import GuardRefused
from tests.support.provider_calls import OWNER, PROVIDER, create, delete, identity, update, wish
from tests.support.provider_calls import refresh as refreshed
from tests.support.servers import EmbeddedCluster

OTHER = "org/stock/dev/sso"
WHY = {"CRDB-SSO-003": "a public demo"}
GOOGLE: dict[str, Any] = {
    "sources": {"idp": {"issuer": "https://accounts.google.com"}},
    "logins": {"app_demo": {"identities": {"all": identity("/^[0-9]+$")}}},
}


def accepted(cluster: EmbeddedCluster) -> list[tuple[Any, ...]]:
    return cluster.execute(
        "SELECT entry, text, found FROM crdb_sso.public.claims WHERE kind = 'accepted finding'"
        " ORDER BY entry, text"
    )


def test_it_comes_changes_and_goes_with_the_stack(cluster: EmbeddedCluster) -> None:
    found = cluster.snapshot()
    state = create(wish(cluster, accept=WHY))
    assert accepted(cluster) == [("CRDB-SSO-003", "a public demo", False)]
    assert refreshed(state) == state

    other = {"CRDB-SSO-003": "until May", "CRDB-SSO-001": "one team"}
    state = update(state, wish(cluster, accept=other))
    assert accepted(cluster) == [
        ("CRDB-SSO-001", "one team", False),
        ("CRDB-SSO-003", "until May", False),
    ]

    state = update(state, wish(cluster))
    assert accepted(cluster) == []

    delete(state)
    assert cluster.snapshot() == found


def test_two_stacks_may_accept_the_same_for_reasons_of_their_own(cluster: EmbeddedCluster) -> None:
    first = create(wish(cluster, accept=WHY))
    create(wish(cluster, owner=OTHER, accept={"CRDB-SSO-003": "ours too"}))

    delete(first)

    assert accepted(cluster) == [("CRDB-SSO-003", "ours too", False)]


def test_everybody_is_let_in_only_by_a_stack_that_accepts_it(cluster: EmbeddedCluster) -> None:
    with pytest.raises(GuardRefused, match="CRDB-SSO-003") as refused:
        create(wish(cluster, **GOOGLE))
    assert 'accept={"CRDB-SSO-003": "why"}' in refused.value.hint

    state = create(wish(cluster, **GOOGLE, accept=WHY))

    without = wish(cluster, **GOOGLE)
    assert update(state, without)["logins"] == without["logins"]


def test_rows_of_nobody_accept_nothing(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster))
    line = "https://accounts.google.com /^[0-9]+$ app_demo"
    for kind, entry in (("map line", line), ("accepted finding", "CRDB-SSO-003")):
        cluster.execute(
            "INSERT INTO crdb_sso.public.claims (kind, entry, owner, text, found)"
            " VALUES (%s, %s, 'org/evil/dev/sso', %s, false)",
            [kind, entry, line],
        )

    with pytest.raises(GuardRefused, match="CRDB-SSO-003"):
        update(state, wish(cluster, **GOOGLE))


def test_an_unknown_id_names_the_nearest(cluster: EmbeddedCluster) -> None:
    news = wish(cluster, accept={"CRDB-SSO-16": "why", "CRDB-SSO-003": ""})

    failures = PROVIDER.check({"owner": OWNER}, news).failures or []

    assert [(one.property, one.reason.partition("\n")[0]) for one in failures] == [
        ('accept["CRDB-SSO-003"]', "there is no reason to accept CRDB-SSO-003"),
        ('accept["CRDB-SSO-16"]', "there is no finding 'CRDB-SSO-16'"),
    ]
