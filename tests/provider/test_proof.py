"""A login is tried once all is written: what that proves, and what is said if it fails."""

import json
import sys
from pathlib import Path

import pytest

from crdb_sso.errors import ClusterRefused, InvalidInput
from crdb_sso.provider.engine_errors import FailedThoughWritten
from crdb_sso.workload import tokens
from tests.provider.proven_wishes import RESTORE, only_orders, owners, proven, wrong
from tests.support.own_issuer import ISSUER, OwnIssuer
from tests.support.provider_calls import (
    OWNER,
    PROVIDER,
    asked,
    create,
    refresh,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster


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
        "? if a login fails, what this update changed is put back unless it takes access away"
        in told
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
    lacking = {"app_orders": {"kind": "self_signed", "subject": "o-1", "issuer": ISSUER}}

    failures = PROVIDER.check({}, proven(cluster, idp, prove=prove)).failures or []

    assert sorted((one.property, one.reason.partition("\n")[0]) for one in failures) == [
        ('prove["app_billing"]', "there is no token source 'fil'"),
        ('prove["app_order"]', "there is no login 'app_order' to prove"),
        ('prove["app_orders"]', "the login app_orders has no identity 'x'"),
    ]
    (failure,) = PROVIDER.check({}, proven(cluster, idp, prove=lacking)).failures or []
    assert failure.reason.startswith("the private key is missing")


def test_a_virtual_cluster_that_cannot_be_read_is_told_before_anything_is_written(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    found = cluster.snapshot()
    url = f"{cluster.admin_url}&options=-ccluster%3Da%27b"

    with pytest.raises(InvalidInput, match="name a virtual cluster in a way that can't be read"):
        create(proven(cluster, idp) | {"cluster_url": url})

    assert cluster.snapshot() == found


def test_a_wrong_limit_is_told_before_anything_is_written(
    cluster: EmbeddedCluster, idp: OwnIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRDB_SSO_PROOF_WAIT_S", "long")
    found = cluster.snapshot()

    with pytest.raises(InvalidInput, match="CRDB_SSO_PROOF_WAIT_S"):
        create(proven(cluster, idp))

    assert cluster.snapshot() == found


def breaking(
    cluster: EmbeddedCluster, idp: OwnIssuer, folder: Path, **fault: object
) -> dict[str, str]:
    """Return a source of good tokens after which the cluster has a fault."""
    token = tokens.self_signed(ISSUER, "o-1", "crdb", key_file=idp.file).token().value
    script = folder / "break.py"
    script.write_text(
        f"open({str(cluster.faults_file)!r}, 'w').write({json.dumps([fault])!r})\n"
        f"print({str(token)!r})\n"
    )
    return {"kind": "command", "command": f"{sys.executable} {script}"}


@pytest.mark.holds(since="23.1")  # `claim`
def test_the_claim_of_the_program_is_judged_where_the_cluster_cannot_be_asked(
    cluster: EmbeddedCluster, idp: OwnIssuer, tmp_path: Path
) -> None:
    prove = {"app_orders": breaking(cluster, idp, tmp_path, match="SHOW", kind="drop_before")}

    with pytest.raises(FailedThoughWritten) as failed:
        create(proven(cluster, idp, prove=prove, claim="email"))

    assert "The login of app_orders is refused at: claim" in str(failed.value)


def test_a_creation_that_is_proven_and_cannot_be_completed_is_undone(
    cluster: EmbeddedCluster, idp: OwnIssuer, tmp_path: Path
) -> None:
    found = cluster.snapshot()
    fault = {"match": "UPDATE .*lease", "kind": "error", "sqlstate": "42501", "message": "no"}
    prove = {"app_orders": breaking(cluster, idp, tmp_path, **fault)}

    with pytest.raises(ClusterRefused, match="undone"):
        create(proven(cluster, idp, prove=prove))

    cluster.faults()
    assert cluster.snapshot() == found


def test_a_key_that_the_same_up_made_proves_nothing_until_it_is_handed_out(
    cluster: EmbeddedCluster, idp: OwnIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRDB_SSO_SIGNING_KEY", raising=False)
    source = {"kind": "self_signed", "issuer": ISSUER, "key_env": "CRDB_SSO_SIGNING_KEY"}
    news = proven(cluster, idp, prove={"app_orders": source | {"subject": "o-1"}})

    with pytest.raises(FailedThoughWritten, match="CRDB_SSO_SIGNING_KEY is not set") as failed:
        create(news)

    monkeypatch.setenv("CRDB_SSO_SIGNING_KEY", idp.file.read_text())
    assert "unproven" not in update(dict(failed.value.outs), news)
