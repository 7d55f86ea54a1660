"""A login is tried once all is written: what that proves, and what becomes of a change if not."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from crdb_sso.errors import InvalidInput, ProofFailed
from crdb_sso.provider.engine_errors import FailedThoughWritten
from crdb_sso.workload import tokens
from tests.support.own_issuer import ISSUER, OwnIssuer
from tests.support.provider_calls import (
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

AUDIENCES = "server.jwt_authentication.audience"
RESTORE = {"on_failed_proof": "restore"}


@pytest.fixture
def idp(tmp_path: Path) -> OwnIssuer:
    return OwnIssuer(tmp_path)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRDB_SSO_PROOF_WAIT_S", "0.5")


def proven(cluster: EmbeddedCluster, idp: OwnIssuer, **changes: Any) -> dict[str, Any]:
    """Return a wish whose login app_orders is proven with a token of its subject."""
    prove = {"app_orders": idp.source("o-1")}
    return wish(cluster, **{"sources": idp.sources(), "prove": prove, **changes})


def wrong(cluster: EmbeddedCluster, idp: OwnIssuer, **changes: Any) -> dict[str, Any]:
    """Return a wish whose proof fails: the token names somebody else."""
    return proven(cluster, idp, prove={"app_orders": idp.source("somebody")}, **changes)


def two_more(cluster: EmbeddedCluster, idp: OwnIssuer, **changes: Any) -> dict[str, Any]:
    """Return a wish that differs from `proven` in every kind of entry; its proof fails."""
    new_key = OwnIssuer(idp.file.parent, "new")
    return wrong(
        cluster,
        idp,
        sources={"idp": {"issuer": "https://new-idp.example.com", "keys": new_key.keys}},
        logins={
            "app_orders": {
                "identities": {"orders": identity("o-2") | {"audience": "crdb-2"}},
                "roles": {"readers": True},
            },
            "app_stock": {"identities": {"stock": identity("s-1")}, "on_delete": "disable"},
        },
        accept={"CRDB-SSO-002": "one team"},
        claim="email",
        **changes,
    )


def entries(cluster: EmbeddedCluster) -> tuple[Any, ...]:
    """Return what a cluster has, with its lists in any order."""
    shot = cluster.snapshot()
    settings = {name: in_any_order(value) for name, value, _ in shot.settings}
    return settings, shot.users, shot.claims, owners(cluster)


def in_any_order(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        return sorted(text.splitlines())
    items = found.get("keys", found) if isinstance(found, dict) else found
    return sorted(map(json.dumps, items)) if isinstance(items, list) else [text]


def owners(cluster: EmbeddedCluster) -> list[Any]:
    return cluster.execute(
        "SELECT owner, completed >= begun FROM crdb_sso.public.owners ORDER BY owner"
    )


def test_a_login_that_is_let_in_proves_the_change(
    cluster: EmbeddedCluster, idp: OwnIssuer, told: list[str]
) -> None:
    state = create(proven(cluster, idp))

    assert "info: proof: app_orders logged in" in told
    assert owners(cluster) == [(OWNER, True)]
    assert "unproven" not in state
    assert asked(state) == proven(cluster, idp)


def test_a_refused_login_fails_the_creation_whose_state_is_kept(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    with pytest.raises(FailedThoughWritten) as failed:
        create(wrong(cluster, idp))

    text = str(failed.value)
    assert text.startswith("the login of app_orders failed: JWT authentication: invalid principal")
    assert "The login of app_orders is refused at: " in text
    assert "What was written stays" in text
    assert "eyJ" not in text
    state = dict(failed.value.outs)
    assert state["unproven"] == ["app_orders"]
    assert asked(state) == wrong(cluster, idp)
    assert owners(cluster) == [(OWNER, True)]
    assert refresh(state) == state
    assert PROVIDER.diff(OWNER, state, wrong(cluster, idp)).changes

    state = update(state, proven(cluster, idp))

    assert "unproven" not in state
    assert not PROVIDER.diff(OWNER, state, proven(cluster, idp)).changes


def test_a_creation_that_fails_its_proof_is_undone_if_the_program_says_so(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    found = cluster.snapshot()

    with pytest.raises(ProofFailed, match="What was written before was undone") as failed:
        create(wrong(cluster, idp, **RESTORE))

    assert not isinstance(failed.value, FailedThoughWritten)
    assert cluster.snapshot() == found
    create(proven(cluster, idp, **RESTORE))


def test_everything_that_an_update_changed_is_put_back(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    cluster.execute("CREATE ROLE readers")
    cluster.set("server.jwt_authentication.audience", "others")
    state = create(proven(cluster, idp))
    before = entries(cluster)

    with pytest.raises(ProofFailed, match="What this update changed was put back"):
        update(state, two_more(cluster, idp, **RESTORE))

    assert entries(cluster) == before
    assert refresh(state) == state
    again = update(state, proven(cluster, idp, retire_after_h=1))
    delete(again)
    assert cluster.snapshot().setting("audience") == "others"


def test_a_user_that_the_update_would_drop_is_never_dropped(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    state = create(proven(cluster, idp))
    cluster.execute("CREATE TABLE public.orders (id INT8)")
    cluster.execute("GRANT SELECT ON TABLE public.orders TO app_billing")
    try:
        with pytest.raises(ProofFailed):
            update(state, wrong(cluster, idp, logins=only_orders(cluster), **RESTORE))

        grants = cluster.execute("SHOW GRANTS ON TABLE public.orders FOR app_billing")
        assert grants
    finally:
        cluster.execute("DROP TABLE public.orders")


def only_orders(cluster: EmbeddedCluster) -> dict[str, Any]:
    return {"app_orders": wish(cluster)["logins"]["app_orders"]}


EDIT = """\
import psycopg

with psycopg.connect({url!r}, autocommit=True) as conn:
    conn.execute("CREATE USER IF NOT EXISTS theirs")
    conn.execute("SET CLUSTER SETTING {audience} = '[\\"crdb\\", \\"crdb-2\\", \\"theirs\\"]'")
    conn.execute("ALTER USER app_stock WITH CREATEROLE")
print("no-token")
"""


def editing(cluster: EmbeddedCluster, folder: Path) -> dict[str, str]:
    """Return a token source that edits the cluster as a person would during the proof."""
    script = folder / "edit.py"
    script.write_text(EDIT.format(url=cluster.admin_url, audience=AUDIENCES))
    return {"kind": "command", "command": f"{sys.executable} {script}"}


def test_what_others_do_meanwhile_stays(
    cluster: EmbeddedCluster, idp: OwnIssuer, tmp_path: Path, told: list[str]
) -> None:
    cluster.execute("CREATE ROLE readers")
    state = create(proven(cluster, idp))
    prove = {"app_orders": editing(cluster, tmp_path)}

    with pytest.raises(ProofFailed, match="put back"):
        update(state, two_more(cluster, idp, **RESTORE) | {"prove": prove})

    shot = cluster.snapshot()
    assert json.loads(shot.setting("authentication.audience")) == ["crdb", "theirs"]
    assert {user for user, _, _ in shot.users} >= {"theirs", "app_stock"}
    assert {claim[1] for claim in shot.claims if claim[0] == "user"} == {
        "app_billing",
        "app_orders",
    }
    assert any("kept: SQL user app_stock is no longer as this stack left it" in t for t in told)


def test_what_was_taken_away_by_hand_before_is_not_put_back(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    state = create(proven(cluster, idp))
    cluster.set("server.identity_map.configuration", f"{ISSUER} o-1 app_orders")
    before = entries(cluster)

    for change in (
        wrong(cluster, idp, retire_after_h=2, **RESTORE),
        wrong(cluster, idp, logins=only_orders(cluster), **RESTORE),
    ):
        with pytest.raises(ProofFailed):
            update(state, change)
        assert entries(cluster) == before

    state = update(state, proven(cluster, idp, retire_after_h=2))
    assert "b-1" not in cluster.snapshot().setting("identity_map.configuration")
    delete(state)


def test_a_new_key_goes_at_once_and_a_retired_one_keeps_its_end(
    cluster: EmbeddedCluster, idp: OwnIssuer, tmp_path: Path
) -> None:
    second, third = OwnIssuer(tmp_path, "second"), OwnIssuer(tmp_path, "third")
    state = create(proven(cluster, idp, retire_after_h=24))
    prove = {"app_orders": second.source("o-1")}
    state = update(
        state, proven(cluster, second, sources=second.sources(), prove=prove, retire_after_h=24)
    )
    before, due = entries(cluster), state["retiring"]

    with pytest.raises(ProofFailed):
        update(state, wrong(cluster, second, sources=third.sources(), **RESTORE))

    assert entries(cluster) == before
    kids = {key["kid"] for key in json.loads(cluster.snapshot().setting("jwks"))["keys"]}
    assert kids == {idp.kid, second.kid}
    assert refresh(state)["retiring"] == due


def test_a_change_that_drops_a_login_is_completed_after_its_proof(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    state = create(proven(cluster, idp))

    state = update(state, proven(cluster, idp, logins=only_orders(cluster)))

    shot = cluster.snapshot()
    assert "app_billing" not in {user for user, _, _ in shot.users}
    assert "app_billing" not in {claim[1] for claim in shot.claims}
    assert owners(cluster) == [(OWNER, True)]
    assert refresh(state) == state


def test_a_failed_proof_leaves_a_change_completed_unless_it_is_put_back(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    state = create(proven(cluster, idp))

    with pytest.raises(FailedThoughWritten, match="What was written stays") as failed:
        update(state, wrong(cluster, idp, logins=only_orders(cluster)))

    assert "app_billing" not in {user for user, _, _ in cluster.snapshot().users}
    assert owners(cluster) == [(OWNER, True)]
    assert refresh(dict(failed.value.outs)) == failed.value.outs


def test_a_change_of_nothing_but_the_proof_puts_nothing_back(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    state = create(proven(cluster, idp))
    before = cluster.snapshot()

    with pytest.raises(ProofFailed, match="changed nothing on the cluster"):
        update(state, wrong(cluster, idp, **RESTORE))

    assert cluster.snapshot() == before


def test_what_cannot_be_put_back_is_kept_in_the_state(
    cluster: EmbeddedCluster, idp: OwnIssuer, tmp_path: Path
) -> None:
    state = create(proven(cluster, idp))
    faults = json.dumps([{"match": "^(SET|RESET) CLUSTER", "kind": "drop_before", "times": 99}])
    script = tmp_path / "break.py"
    script.write_text(
        f"open({str(cluster.faults_file)!r}, 'w').write({faults!r})\nprint('no-token')"
    )
    prove = {"app_orders": {"kind": "command", "command": f"{sys.executable} {script}"}}
    news = wish(cluster, sources=idp.sources(), prove=prove, claim="email", **RESTORE)

    with pytest.raises(FailedThoughWritten, match="could not be put back") as failed:
        update(state, news)

    cluster.faults()
    kept = dict(failed.value.outs)
    assert kept["claim"] == "email"
    state = update(kept, proven(cluster, idp))
    delete(state)


def test_a_setting_that_spreads_slowly_is_waited_for(
    cluster: EmbeddedCluster, idp: OwnIssuer, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    monkeypatch.setenv("CRDB_SSO_PROOF_WAIT_S", "60")
    cluster.faults({"match": "^LOGIN app_orders", "kind": "drop_before", "times": 2})

    create(proven(cluster, idp))

    assert any(line.startswith("info: proof: not let in after 0 s, trying again") for line in told)
    assert "info: proof: app_orders logged in" in told


def test_a_token_that_comes_later_is_waited_for_and_asked_for_anew(
    cluster: EmbeddedCluster, idp: OwnIssuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRDB_SSO_PROOF_WAIT_S", "60")
    token = tokens.self_signed(ISSUER, "o-1", "crdb", key_file=idp.file).token().value
    script, mark = tmp_path / "later.py", tmp_path / "mark"
    script.write_text(
        f"from pathlib import Path\nmark = Path({str(mark)!r})\n"
        f"print({str(token)!r} if mark.exists() else 'not-yet')\nmark.touch()\n"
    )
    prove = {"app_orders": {"kind": "command", "command": f"{sys.executable} {script}"}}

    state = create(proven(cluster, idp, prove=prove))

    assert "unproven" not in state


def test_several_logins_are_tried_and_each_failure_is_told(
    cluster: EmbeddedCluster, idp: OwnIssuer, told: list[str]
) -> None:
    prove = {
        "app_orders": idp.source("o-1"),
        "app_billing": {"kind": "environment", "name": "NO_SUCH_TOKEN"},
    }

    with pytest.raises(FailedThoughWritten) as failed:
        create(proven(cluster, idp, prove=prove))

    assert "info: proof: app_orders logged in" in told
    assert str(failed.value).startswith("the login of app_billing failed: there is no token: ")
    assert "NO_SUCH_TOKEN is not set" in str(failed.value)
    assert failed.value.outs["unproven"] == ["app_billing"]


def test_a_login_that_is_shut_out_is_not_tried(cluster: EmbeddedCluster, idp: OwnIssuer) -> None:
    logins = wish(cluster)["logins"]
    logins["app_orders"]["login"] = False

    state = create(wrong(cluster, idp, logins=logins))

    assert "unproven" not in state


def test_nothing_a_command_prints_is_told(
    cluster: EmbeddedCluster, idp: OwnIssuer, told: list[str]
) -> None:
    secret = "s3cret-argument"
    prove = {"app_orders": {"kind": "command", "command": f"echo {secret}"}}
    news = proven(cluster, idp, prove=prove, secret_inputs=["/prove/app_orders/command"])

    with pytest.raises(FailedThoughWritten) as failed:
        create(news)

    assert secret not in str(failed.value) + "".join(told)


def test_a_preview_says_which_logins_will_be_tried(
    cluster: EmbeddedCluster, idp: OwnIssuer, told: list[str]
) -> None:
    news = proven(cluster, idp, **RESTORE)

    assert not PROVIDER.check({}, news).failures

    assert (
        "info: ? app_orders: will log in once all is written, with a token from self_signed\n"
        "? if a login fails, what this update changed is put back" in told
    )
    state = create(news)
    told.clear()
    PROVIDER.diff(OWNER, state, news)
    assert not [line for line in told if "will log in" in line]


def test_a_proof_that_cannot_be_is_refused_before_anything_is_written(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    prove = {
        "app_order": idp.source("o-1"),
        "app_billing": {"kind": "fil"},
        "app_orders": {"kind": "file", "path": "t", "identity": "x"},
    }

    failures = PROVIDER.check({}, proven(cluster, idp, prove=prove)).failures or []

    assert sorted((one.property, one.reason.partition("\n")[0]) for one in failures) == [
        ('prove["app_billing"]', "there is no token source 'fil'"),
        ('prove["app_order"]', "there is no login 'app_order' to prove"),
        ('prove["app_orders"]', "the login app_orders has no identity 'x'"),
    ]


def test_a_wrong_limit_is_told_before_anything_is_written(
    cluster: EmbeddedCluster, idp: OwnIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRDB_SSO_PROOF_WAIT_S", "long")
    found = cluster.snapshot()

    with pytest.raises(InvalidInput, match="CRDB_SSO_PROOF_WAIT_S"):
        create(proven(cluster, idp))

    assert cluster.snapshot() == found
