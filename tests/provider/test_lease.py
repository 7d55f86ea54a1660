"""One stack writes at a time; the others wait, and know for which one."""

import threading
from typing import Any

import psycopg
import pytest

from crdb_sso.clients.cluster import Names
from crdb_sso.clients.connecting.connection import connection
from crdb_sso.clients.operation import Operation, carry_out
from crdb_sso.errors import ClusterBusy, ClusterRefused
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Entry, Kind
from tests.support.provider_calls import OWNER, PROVIDER, create, delete, update, wish
from tests.support.servers import EmbeddedCluster

OTHER = "org/other/prod/sso"
HOLDER = f"{OTHER} (process 7 on ci-7)"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is reported in the meantime."""
    lines: list[str] = []
    monkeypatch.setattr("pulumi.log.info", lines.append)
    return lines


def held_by_another(cluster: EmbeddedCluster, seconds: float) -> None:
    """Let somebody else hold the lease who stays silent from now on."""
    cluster.execute(
        "UPDATE crdb_sso.public.lease SET holder = %s, token = gen_random_uuid(), since = now(),"
        " until = now() + %s::FLOAT * '1s'::INTERVAL WHERE id = 1",
        [HOLDER, seconds],
    )


def test_the_lease_is_released_after_every_operation(cluster: EmbeddedCluster) -> None:
    free = "SELECT count(*) FROM crdb_sso.public.lease WHERE until <= now()"
    state = create(wish(cluster))
    assert cluster.execute(free) == [(1,)]
    state = update(state, wish(cluster, enabled=False))
    assert cluster.execute(free) == [(1,)]
    delete(state)
    assert cluster.execute(free) == [(1,)]


def test_others_see_owner_process_and_host_but_nothing_of_the_url(
    cluster: EmbeddedCluster,
) -> None:
    create(wish(cluster))

    ((holder,),) = cluster.execute("SELECT holder FROM crdb_sso.public.lease")

    assert holder.startswith(f"{OWNER} (process ")
    assert "postgresql" not in holder


def test_a_failed_operation_releases_the_lease(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRDB_SSO_LEASE_WAIT_S", "0")
    state = create(wish(cluster))
    for kind in ("drop_before", "drop_after", "error"):
        cluster.faults({"match": "DROP USER", "kind": kind, "sqlstate": "XXUUU", "message": "no"})
        with pytest.raises(Exception, match="dropping users"):
            delete(state)
        cluster.faults()

    delete(state)


def test_a_waiting_writer_hears_once_for_whom_it_waits_and_since_when(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = create(wish(cluster))
    held_by_another(cluster, 3600)
    said: list[str] = []

    def hear(line: str) -> None:
        said.append(line)
        held_by_another(cluster, 0)  # it has been waited for

    monkeypatch.setattr("pulumi.log.info", hear)
    update(state, wish(cluster, enabled=False))

    (line,) = said
    assert line.startswith(f"waiting for {HOLDER}, which has been writing to this cluster since 20")
    assert line.endswith(" UTC")
    assert cluster.snapshot().setting("jwt_authentication.enabled") == "false"


def test_waiting_ends_with_an_error_that_names_the_holder_and_what_to_do(
    cluster: EmbeddedCluster, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRDB_SSO_LEASE_WAIT_S", "1")
    state = create(wish(cluster))
    held_by_another(cluster, 3600)
    before = cluster.snapshot()

    with pytest.raises(ClusterBusy) as caught:
        update(state, wish(cluster, enabled=False))

    assert f"after 1 s still waiting for {HOLDER}" in caught.value.what
    assert "CRDB_SSO_LEASE_WAIT_S" in caught.value.hint
    assert len(said) == 1
    assert cluster.snapshot() == before
    held_by_another(cluster, 0)


@pytest.mark.parametrize("years", [1, 100])
def test_a_lease_longer_than_any_of_ours_keeps_nobody_out(
    cluster: EmbeddedCluster, said: list[str], years: int
) -> None:
    state = create(wish(cluster))
    held_by_another(cluster, years * 365.25 * 86_400)

    update(state, wish(cluster, enabled=False))

    assert cluster.snapshot().setting("jwt_authentication.enabled") == "false"
    assert said == []


def test_reading_waits_for_nobody(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster))
    held_by_another(cluster, 3600)

    assert PROVIDER.read(OWNER, state).id == OWNER

    held_by_another(cluster, 0)


def test_what_was_written_while_we_waited_is_kept(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster))
    held_by_another(cluster, 3600)
    updating = threading.Thread(target=lambda: update(state, wish(cluster, enabled=False)))

    updating.start()
    cluster.set("server.jwt_authentication.audience", '["crdb", "theirs"]')
    held_by_another(cluster, 0)
    updating.join()

    assert cluster.snapshot().setting("audience") == '["crdb", "theirs"]'
    assert cluster.snapshot().setting("jwt_authentication.enabled") == "false"


@pytest.mark.parametrize("moment", ["CREATE USER", "SET CLUSTER SETTING", "INSERT INTO .*claims"])
def test_a_writer_that_slept_too_long_notices_and_starts_over(
    cluster: EmbeddedCluster, said: list[str], moment: str
) -> None:
    """The other writer takes over right before the statement, as if this one had been stopped."""
    delete(create(wish(cluster)))
    other = wish(cluster, owner=OTHER, logins={})
    cluster.faults({"match": moment, "kind": "hold"})
    states: list[dict[str, Any]] = []
    creating = threading.Thread(target=lambda: states.append(create(wish(cluster))))

    creating.start()
    cluster.until_held()
    if moment == "SET CLUSTER SETTING":
        held_by_another(cluster, 0.5)
    cluster.faults()
    creating.join()
    other_state = create(other)

    claims = [claim for claim in cluster.snapshot().claims if claim[2] == OWNER]
    assert len(claims) == 9
    assert bool(said) is (moment == "SET CLUSTER SETTING")
    delete(states[0])
    delete(other_state)
    assert cluster.snapshot().claims == ()


def test_a_commit_that_takes_longer_than_the_lease_lasts_keeps_it(
    cluster: EmbeddedCluster, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    delete(create(wish(cluster)))
    monkeypatch.setenv("CRDB_SSO_LEASE_S", "3")
    cluster.faults({"match": "^SET CLUSTER SETTING", "kind": "hold"})
    states: list[dict[str, Any]] = []
    creating = threading.Thread(target=lambda: states.append(create(wish(cluster))))
    longer_than_the_lease = threading.Timer(5.0, cluster.faults)

    creating.start()
    cluster.until_held()
    longer_than_the_lease.start()
    user = Entry(Kind.USER, "app_other")  # not through the provider, where operations wait in line
    other = Operation(
        cluster.admin_url,
        "crdb_sso",
        OwnerRequest(OTHER, {user: "LOGIN"}),
        Names(frozenset({"app_other"})),
        said.append,
    )
    carry_out(other)
    waited_for = [line for line in said if line.startswith(f"waiting for {OWNER}")]
    creating.join()
    longer_than_the_lease.join()

    assert waited_for
    assert "another process took over: waiting for our turn" not in said


def test_the_wait_for_locked_rows_is_bounded(
    cluster: EmbeddedCluster,
) -> None:
    state = create(wish(cluster))
    url = f"{cluster.admin_url}&options=-c%20lock_timeout%3D300ms"
    before = cluster.snapshot()
    with psycopg.connect(cluster.admin_url) as conn:
        conn.execute("SELECT text FROM crdb_sso.public.claims FOR UPDATE")

        with pytest.raises(ClusterRefused, match="lock timeout") as caught:
            delete(state | {"cluster_url": url})

    assert "SHOW SESSIONS" in caught.value.hint
    assert cluster.snapshot().claims == before.claims


def test_nobody_waits_for_a_writer_stopped_in_a_transaction(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster))
    with connection(cluster.admin_url) as conn:
        assert conn.execute("SHOW idle_in_transaction_session_timeout").fetchall() in IDLE_TIMES
        conn.execute("BEGIN")
        conn.execute("SELECT text FROM crdb_sso.public.claims FOR UPDATE")
        conn.execute("SET idle_in_transaction_session_timeout = '300ms'")

        delete(state)

        with pytest.raises(psycopg.Error, match="idle-in-transaction"):
            conn.execute("SELECT 1")


IDLE_TIMES = ([("20s",)], [("20000",)])
"""As PostgreSQL writes it, or CockroachDB."""


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        pytest.param("CRDB_SSO_LEASE_S", "0.5", id="shorter than a second"),
        pytest.param("CRDB_SSO_LEASE_S", "long", id="not a number"),
        pytest.param("CRDB_SSO_LEASE_S", "3601", id="longer than an hour"),
        pytest.param("CRDB_SSO_LEASE_WAIT_S", "-1", id="negative"),
    ],
)
def test_senseless_times_are_refused(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(Exception, match=f"{variable}='{text}' is not a number of seconds"):
        create(wish(cluster))
