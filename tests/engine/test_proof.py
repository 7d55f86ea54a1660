"""Logins that are proven, through the real engine: what it saves, prints and tries again."""

import json
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.test_killed import Helpers
from tests.support.servers import PATIENCE_S, EmbeddedCluster, LocalIssuer, minted
from tests.support.stacks import Outcome, Stack

pytestmark = pytest.mark.engine

PROVE = {"prove": {"app_orders": {"kind": "file", "path": "token"}}}


@pytest.fixture
def proven(stack: Stack, issuer: LocalIssuer, wish: dict[str, Any]) -> dict[str, Any]:
    """A wish whose login is proven with a token that opens it."""
    stack.environment["CRDB_SSO_PROOF_WAIT_S"] = "1"
    give(stack, issuer, "orders")
    return wish | PROVE


def give(stack: Stack, issuer: LocalIssuer, subject: str) -> str:
    """Write a token to where the program looks for it."""
    token = minted(issuer, sub=subject, aud="crdb")
    (stack.folder / "token").write_text(token)
    return token


def up(stack: Stack) -> Outcome:
    """Bring the stack up, which may fail."""
    return stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name)


def logins(stack: Stack) -> dict[str, Any]:
    """Return the state of the logins."""
    resources = json.loads(stack.state())["deployment"]["resources"]
    (found,) = [one for one in resources if one["type"].endswith("ClusterLogins")]
    return dict(found)


def in_any_order(cluster: EmbeddedCluster) -> tuple[Any, ...]:
    """Return what is on a cluster; what is put back into a list comes last."""
    shot = cluster.snapshot()
    return [sorted(value.splitlines()) for _, value, _ in shot.settings], shot.users, shot.claims


def plain(state: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a state says, but for its secret, which is encrypted anew each time."""
    return [
        {name: value for name, value in state[part].items() if name != "cluster_url"}
        for part in ("inputs", "outputs")
    ]


def one_login(wish: dict[str, Any]) -> dict[str, Any]:
    return wish | {"logins": {"app_orders": wish["logins"]["app_orders"]}}


def test_a_proof_is_announced_made_once_and_not_repeated_without_a_change(
    stack: Stack, proven: dict[str, Any]
) -> None:
    stack.wish(proven)

    assert "app_orders: will log in once all is written, with a token from file" in stack.preview()
    assert "proof: app_orders logged in" in stack.up()

    again = stack.up()
    assert "proof" not in again
    assert "unchanged" in again
    assert "proof" not in stack.destroy()


def test_a_failed_creation_is_in_the_state_and_tried_again_by_the_next_up(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, proven: dict[str, Any]
) -> None:
    found = cluster.snapshot()
    token = give(stack, issuer, "somebody")
    stack.wish(proven)

    failed = up(stack)

    assert failed.code != 0
    assert "the login of app_orders failed: JWT authentication: invalid principal" in failed.text
    assert "What was written stays" in failed.text
    assert "Traceback" not in failed.text
    assert token not in failed.text + stack.state()
    state = logins(stack)
    assert state["outputs"]["unproven"] == ["app_orders"]
    assert "ciphertext" in state["outputs"]["cluster_url"]
    assert state["outputs"]["__provider"] == state["inputs"]["__provider"]
    assert up(stack).code != 0
    assert "unproven" in logins(stack)["outputs"]
    stack.refresh()
    assert "will log in once all is written" in stack.preview()

    give(stack, issuer, "orders")
    assert "proof: app_orders logged in" in stack.up()

    assert "unproven" not in logins(stack)["outputs"]
    stack.preview("--expect-no-changes")
    stack.destroy()
    assert cluster.snapshot() == found


def test_an_update_that_fails_its_proof_is_put_back_if_the_program_says_so(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, proven: dict[str, Any]
) -> None:
    restored = proven | {"on_failed_proof": "restore"}
    stack.wish(restored)
    stack.up()
    before, state = in_any_order(cluster), logins(stack)
    give(stack, issuer, "somebody")
    stack.wish(one_login(restored))

    failed = up(stack)

    assert failed.code != 0
    assert "What this update changed was put back." in failed.text
    assert in_any_order(cluster) == before
    assert plain(logins(stack)) == plain(state)
    stack.wish(restored)
    stack.preview("--expect-no-changes")
    stack.destroy()


def test_a_failed_update_is_in_the_state_so_that_going_back_is_a_change(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, proven: dict[str, Any]
) -> None:
    stack.wish(proven)
    stack.up()
    give(stack, issuer, "somebody")
    stack.wish(one_login(proven))

    assert up(stack).code != 0

    assert set(logins(stack)["outputs"]["logins"]) == {"app_orders"}
    assert "app_billing" not in {user for user, _, _ in cluster.snapshot().users}
    give(stack, issuer, "orders")
    stack.wish(proven)
    assert "+ app_billing: SQL user" in stack.preview()
    stack.up()
    stack.destroy()


def test_an_engine_that_is_killed_during_a_proof_leaves_what_the_next_up_completes(
    cluster: EmbeddedCluster, stack: Stack, proven: dict[str, Any]
) -> None:
    found = cluster.snapshot()
    mark = stack.folder / "asked"
    script = stack.folder / "slow.py"
    script.write_text(f"import pathlib, time\npathlib.Path({str(mark)!r}).touch()\ntime.sleep(3)\n")
    slow = {"app_orders": {"kind": "command", "command": f"{sys.executable} {script}"}}
    stack.wish(proven | {"prove": slow, "on_failed_proof": "restore"})

    with stack.begun("up", "--yes", "--skip-preview") as engine:
        helpers = Helpers(engine)
        until(mark.exists)
        helpers.note()
        engine.send_signal(signal.SIGKILL)
        engine.wait(timeout=60)
    helpers.end()
    stack.pulumi("cancel", "--yes", "-s", stack.name)

    assert cluster.execute("SELECT completed FROM crdb_sso.public.owners") == [(None,)]
    stack.wish(proven)
    assert "proof: app_orders logged in" in stack.up()
    stack.destroy()
    assert cluster.snapshot() == found


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    latest = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < latest
        time.sleep(0.05)
