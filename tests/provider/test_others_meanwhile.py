"""What somebody else does on the cluster while a stack writes."""

import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from crdb_sso.clients.sql.session import Session
from crdb_sso.errors import ClusterChanged, ClusterRefused
from tests.support.provider_calls import create, delete, update, wish
from tests.support.servers import EmbeddedCluster, embedded_cluster
from tests.support.snapshots import ISSUERS

MAP = "server.identity_map.configuration"
THEIRS = "https://theirs.example.com  their-subject  their_user\n"
KEYS, AUDIENCES = "server.jwt_authentication.jwks", "server.jwt_authentication.audience"
SPOILT = '["https://a"] trailing'


def test_a_line_that_somebody_adds_while_users_are_created_is_kept_and_reported(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("pulumi.log.info", said.append)
    states: list[dict[str, Any]] = []
    cluster.faults({"match": "CREATE USER", "kind": "hold"})  # a real one waits for leases here
    creating = threading.Thread(target=lambda: states.append(create(wish(cluster))))

    creating.start()
    cluster.until_held()
    cluster.set(MAP, THEIRS)
    cluster.faults()
    creating.join()

    assert THEIRS in cluster.snapshot().setting(MAP)
    assert said == [f"somebody else has set {MAP} meanwhile: their change is kept"]
    assert "o-1 app_orders" in cluster.snapshot().setting(MAP)
    delete(states[0])
    assert cluster.snapshot().setting(MAP) == THEIRS


@pytest.mark.parametrize(
    "held",
    [
        pytest.param("INSERT INTO .*owners", id="before the claims"),
        pytest.param("ALTER USER", id="while users change"),
        pytest.param(f"SET CLUSTER SETTING {KEYS}", id="while another setting is written"),
    ],
)
def test_what_somebody_adds_after_the_planning_survives_a_removal(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    """Between the plan and the first SET, minutes may pass: a reading from before is worthless."""
    state = create(wish(cluster))
    fewer = wish(cluster)
    del fewer["logins"]["app_billing"], fewer["sources"]["idp"]["keys"]["k1"]
    fewer["logins"]["app_orders"]["login"] = False
    by_hand = {MAP: f"{cluster.snapshot().setting(MAP)}{THEIRS}", AUDIENCES: '["crdb", "theirs"]'}
    said: list[str] = []
    monkeypatch.setattr("pulumi.log.info", said.append)
    cluster.faults({"match": held, "kind": "hold"})
    changing = threading.Thread(target=lambda: update(state, fewer))

    changing.start()
    cluster.until_held()
    for name, text in by_hand.items():
        cluster.set(name, text)
    cluster.faults()
    changing.join()

    after = cluster.snapshot()
    assert after.setting(MAP).endswith(THEIRS)
    assert "app_billing" not in after.setting(MAP)
    assert after.setting(AUDIENCES) == by_hand[AUDIENCES]
    assert {line for line in said if "meanwhile" in line} == {
        f"somebody else has set {name} meanwhile: their change is kept" for name in by_hand
    }


def test_a_text_that_somebody_breaks_in_the_meantime_is_not_overwritten(
    cluster: EmbeddedCluster,
) -> None:
    state = create(wish(cluster, logins={}))
    cluster.faults({"match": f"SET CLUSTER SETTING {MAP}", "kind": "delay", "ms": 1500})
    moved = {"idp": {"issuer": "https://moved.example.com", "keys": {}}}
    failed: list[BaseException | None] = []

    def updating() -> None:
        with pytest.raises(ClusterChanged) as caught:
            update(state, wish(cluster, sources=moved))
        failed.append(caught.value)

    thread = threading.Thread(target=updating)
    thread.start()
    while "app_orders" not in {user for user, _, _ in cluster.snapshot().users}:
        assert thread.is_alive()
    cluster.set(ISSUERS, SPOILT)
    thread.join()

    (error,) = failed
    assert "somebody wrote a setting while this stack was writing: the live value of" in str(error)
    assert "that completes what was begun" in str(error)
    assert cluster.snapshot().setting(ISSUERS) == SPOILT


def restart(times: int) -> dict[str, Any]:
    """Return CockroachDB's answer to a transaction that has to restart."""
    message = "restart transaction: TransactionRetryWithProtoRefreshError"
    return {"match": "CREATE USER", "kind": "error", "message": message, "times": times}


def test_a_transaction_that_has_to_restart_does(cluster: EmbeddedCluster) -> None:
    found = cluster.snapshot()
    cluster.faults(restart(2))

    state = create(wish(cluster))

    assert {"app_orders", "app_billing"} < {user for user, _, _ in cluster.snapshot().users}
    delete(state)
    assert cluster.snapshot() == found


def test_a_transaction_that_never_succeeds_ends_and_leaves_nothing(
    cluster: EmbeddedCluster,
) -> None:
    found = cluster.snapshot()
    cluster.faults(restart(-1))

    with pytest.raises(ClusterRefused, match="creating users: restart transaction"):
        create(wish(cluster))

    assert cluster.snapshot() == found


def test_every_statement_may_be_restarted(cluster: EmbeddedCluster) -> None:
    """Each statement in turn is asked to restart, once; no operation sends 60 of them."""
    found = cluster.snapshot()
    wanted = create(wish(cluster)), cluster.snapshot()
    delete(wanted[0])
    for skipped in range(60):
        message = "restart transaction: TransactionRetryWithProtoRefreshError"
        fault = {"match": "^(?!CONNECT|LOGIN)", "kind": "error", "skip": skipped}
        cluster.faults(fault | {"message": message})

        state = create(wish(cluster))

        cluster.faults()
        assert cluster.snapshot() == wanted[1]
        delete(state)
        assert cluster.snapshot() == found


def test_a_setting_that_was_set_is_not_set_again_when_what_follows_has_to_restart(
    cluster: EmbeddedCluster,
) -> None:
    """Somebody may have edited it since; a first `up` sets each setting once."""
    once = {"kind": "error", "message": "set twice", "skip": 1, "times": -1}
    twice = [{"match": f"SET CLUSTER SETTING {name} ", **once} for name in (KEYS, AUDIENCES, MAP)]
    for skipped in range(12):
        renewal = restart(1) | {"match": "UPDATE .*lease.* SET until = CASE", "skip": skipped}
        cluster.faults(renewal, *twice)

        state = create(wish(cluster))

        cluster.faults()
        delete(state)


def test_a_transaction_that_was_sent_by_half_is_over_before_a_setting_is_set(
    cluster: EmbeddedCluster,
) -> None:
    """A refusal may come while what follows it is still being sent."""
    setting = sql.SQL("SET CLUSTER SETTING {} = {}").format(sql.SQL(MAP), sql.Literal(THEIRS))
    with psycopg.connect(cluster.admin_url, autocommit=True) as conn:
        conn.execute("BEGIN")

        shown = Session(conn, "crdb_sso").run_then(setting, [], (sql.SQL("SELECT 1"), None))

    assert shown == [(1,)]
    assert cluster.snapshot().setting(MAP) == THEIRS


@pytest.mark.parametrize(
    "propagation_ms",
    [
        pytest.param(5_000, id="visible after five seconds"),
        pytest.param(11_000, id="visible so late that the cluster gives up waiting"),
    ],
)
def test_a_value_that_becomes_visible_late_is_waited_for(
    tmp_path: Path, propagation_ms: int
) -> None:
    with embedded_cluster(tmp_path) as cluster:
        state = create(wish(cluster))
        before = cluster.snapshot()
    with embedded_cluster(tmp_path, "--propagation-ms", str(propagation_ms)) as cluster:
        moved = {"cluster_url": cluster.admin_url}
        state = update(state | moved, wish(cluster, enabled=False))
        assert cluster.snapshot().setting("jwt_authentication.enabled") == "false"
    with embedded_cluster(tmp_path) as cluster:
        update(state | {"cluster_url": cluster.admin_url}, wish(cluster))
        assert cluster.snapshot() == before
