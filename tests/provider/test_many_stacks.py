"""Sixteen stacks on one cluster at the same time, one process each: nobody loses anything.

`make soak` runs many rounds of it; the normal tests two, one for each isolation level that the
embedded cluster has.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.provider_calls import wish
from tests.support.provider_processes import ProviderProcess, provider_processes
from tests.support.servers import EmbeddedCluster, embedded_cluster
from tests.support.snapshots import ISSUERS, Snapshot
from tests.unit.named_keys import ed_key

ROUNDS = int(os.environ.get("CRDB_SSO_SOAK_ROUNDS", "2"))
STACKS = 16
ISOLATIONS = ("read-committed", "serializable")
FOREIGN = {
    "server.jwt_authentication.jwks": '{"note":1, "keys" : [ {"kty":"RSA","e":"AQAB","n":"sXc"} ]}',
    ISSUERS: '[ "https://others.example.org/" ]',
    "server.jwt_authentication.audience": "others",
    "server.identity_map.configuration": "# theirs\n\nhttps://others.example.org/\t/^x$ u #!\n",
}
THEIRS = ('{"kty":"RSA","e":"AQAB","n":"sXc"}', '"https://others.example.org/"', '"others"')
SETTING_OF = {
    "issuer": ISSUERS,
    "audience": "audience",
    "key": "jwks",
    "map line": "identity_map.configuration",
}


@pytest.fixture(scope="module", params=ISOLATIONS)
def shared_cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedCluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with embedded_cluster(folder, "--isolation", request.param) as cluster:
        cluster.execute("CREATE ROLE readers")
        for name, value in FOREIGN.items():
            cluster.set(name, value)
        yield cluster


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ProviderProcess]]:
    folder = tmp_path_factory.mktemp("stacks")
    with provider_processes(folder, STACKS, CRDB_SSO_LEASE_WAIT_S="240") as started:
        yield started


def wished(cluster: EmbeddedCluster, number: int, version: int) -> dict[str, Any]:
    """Return what one stack wants: some of its own, some shared with a few, some with all."""
    shared, own = f"idp-{number % 4}", f"own-{number}-{version}"
    identities = {
        "a": {"source": shared, "audience": f"aud-{number % 3}", "subject": f"s-{number}"},
        "b": {"source": own, "audience": f"aud-{version}", "subject": "b"},
    }
    return wish(
        cluster,
        owner=f"org/shop/stack-{number}/sso",
        sources={
            name: {"issuer": f"https://{name}.example.com", "keys": {name: ed_key(name)}}
            for name in (shared, own)
        },
        logins={
            f"app_{number}_{version}": {"identities": identities, "roles": {"readers": True}},
            "app_all": {"identities": {"a": identities["a"]}},
        },
    )


def check_whole(snapshot: Snapshot, owners: set[str]) -> None:
    """Check that every claim's entry is there, nothing unclaimed of ours, and theirs untouched."""
    assert {owner for _, _, owner, _, _ in snapshot.claims} == owners
    entries = {(kind, entry) for kind, entry, _, _, _ in snapshot.claims}
    keys = json.loads(snapshot.setting("jwks"))["keys"]
    lines = snapshot.setting("identity_map.configuration").splitlines()
    live = {
        "issuer": json.loads(snapshot.issuers),
        "audience": json.loads(snapshot.setting("audience")),
        "key": [key.get("kid", "") for key in keys],
        "map line": lines,
        "user": [user for user, _, _ in snapshot.users],
        "membership": [
            f"{role} {user}" for user, _, roles in snapshot.users for role in roles[1:-1].split(",")
        ],
    }
    for kind, entry in entries - {("setting", "server.jwt_authentication.enabled")}:
        assert live[kind].count(entry) == 1, (kind, entry)
    for kind, theirs in (
        ("issuer", 1),
        ("audience", 1),
        ("key", 1),
        ("map line", FOREIGN["server.identity_map.configuration"].count("\n")),
    ):
        assert len(live[kind]) == theirs + sum(claimed == kind for claimed, _ in entries), kind
    assert snapshot.setting("identity_map.configuration").startswith(
        FOREIGN["server.identity_map.configuration"]
    )
    for raw, kind in zip(THEIRS, ("key", "issuer", "audience"), strict=True):
        assert raw in snapshot.setting(SETTING_OF[kind])


def owners(numbers: range) -> set[str]:
    return {f"org/shop/stack-{number}/sso" for number in numbers}


@pytest.mark.parametrize("number", range((ROUNDS + 1) // len(ISOLATIONS)))
def test_stacks_that_come_change_and_go_together_lose_nothing_and_leave_nothing(
    shared_cluster: EmbeddedCluster, stacks: list[ProviderProcess], number: int
) -> None:
    before = shared_cluster.snapshot()
    one, two = 2 * number, 2 * number + 1

    for n, stack in enumerate(stacks):
        stack.ask("create", wished(shared_cluster, n, one))
    states = [stack.answer() for stack in stacks]
    check_whole(shared_cluster.snapshot(), owners(range(STACKS)))

    leaving, staying = range(STACKS // 2), range(STACKS // 2, STACKS)
    for n in leaving:
        stacks[n].ask("delete", states[n])
        stacks[n + STACKS // 2].ask(
            "update",
            states[n + STACKS // 2],
            wished(shared_cluster, n + STACKS // 2, two),
        )
    states = [stack.answer() for stack in stacks]
    check_whole(shared_cluster.snapshot(), owners(staying))

    for n in staying:
        stacks[n].ask("delete", states[n])
    for n in staying:
        stacks[n].answer()
    assert shared_cluster.snapshot() == before
