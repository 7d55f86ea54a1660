"""What a change has done is put back if its proof fails: all of it, unless it takes access away."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from crdb_sso.errors import ProofFailed
from crdb_sso.provider.engine_errors import FailedThoughWritten
from tests.provider.proven_wishes import (
    RESTORE,
    entries,
    more,
    only_orders,
    owners,
    proven,
    wrong,
)
from tests.support.own_issuer import ISSUER, OwnIssuer
from tests.support.provider_calls import (
    OWNER,
    asked,
    create,
    delete,
    refresh,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster

AUDIENCES = "server.jwt_authentication.audience"


def test_a_creation_that_fails_its_proof_is_undone_if_the_program_says_so(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    found = cluster.snapshot()

    with pytest.raises(ProofFailed, match="What was written before was undone") as failed:
        create(wrong(cluster, idp, **RESTORE))

    assert not isinstance(failed.value, FailedThoughWritten)
    assert cluster.snapshot() == found
    create(proven(cluster, idp, **RESTORE))


@pytest.mark.holds(since="23.1")  # `claim`
def test_everything_that_an_update_changed_is_put_back(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    cluster.execute("CREATE ROLE readers")
    cluster.set("server.jwt_authentication.audience", "others")
    state = create(proven(cluster, idp))
    before = entries(cluster)

    with pytest.raises(ProofFailed, match="What this update changed was put back"):
        update(state, more(cluster, idp, **RESTORE))

    assert entries(cluster) == before
    assert refresh(state) == state
    again = update(state, proven(cluster, idp, retire_after_h=1))
    delete(again)
    assert cluster.snapshot().setting("audience") == "others"


@pytest.mark.parametrize(
    ("login", "taken"),
    [
        pytest.param({"login": False}, "SQL user app_billing", id="the login"),
        pytest.param(
            {"identities": {}}, "map line https://idp.example.com b-1 app_billing", id="a subject"
        ),
        pytest.param({"roles": None}, "membership of app_billing in readers", id="a role"),
        pytest.param(None, "SQL user app_billing", id="the user"),
        pytest.param({}, "key ", id="a leaked key"),
    ],
)
def test_access_that_an_update_takes_away_stays_taken_away(
    cluster: EmbeddedCluster,
    idp: OwnIssuer,
    tmp_path: Path,
    login: dict[str, Any] | None,
    taken: str,
) -> None:
    cluster.execute("CREATE ROLE readers")
    logins: dict[str, Any] = wish(cluster)["logins"]
    billing = logins.pop("app_billing") | {"roles": {"readers": True}}
    state = create(proven(cluster, idp, logins={**logins, "app_billing": billing}))
    if login is not None:
        changed = {**billing, **login}
        logins["app_billing"] = {
            name: value for name, value in changed.items() if value is not None
        }
    issuer = OwnIssuer(tmp_path, "next") if login == {} else idp
    news = wrong(cluster, idp, sources=issuer.sources(), logins=logins, **RESTORE)

    with pytest.raises(FailedThoughWritten) as failed:
        update(state, news)

    said = str(failed.value)
    assert "This update also takes access away (" in said
    assert taken in said
    assert "What was written stays" in said
    kept = dict(failed.value.outs)
    assert asked(kept) == news
    assert refresh(kept) == kept
    assert owners(cluster) == [(OWNER, True)]


def test_a_first_up_that_shuts_a_user_out_is_not_undone(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    cluster.execute("CREATE USER app_billing")
    logins = wish(cluster)["logins"]
    logins["app_billing"]["login"] = False

    with pytest.raises(FailedThoughWritten, match="SQL user app_billing"):
        create(wrong(cluster, idp, logins=logins, **RESTORE))

    assert ("app_billing", "NOLOGIN", "{}") in cluster.snapshot().users


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


@pytest.mark.holds(since="23.1")  # `claim`
def test_what_others_do_meanwhile_stays(
    cluster: EmbeddedCluster, idp: OwnIssuer, tmp_path: Path, told: list[str]
) -> None:
    cluster.execute("CREATE ROLE readers")
    state = create(proven(cluster, idp))
    prove = {"app_orders": editing(cluster, tmp_path)}

    with pytest.raises(ProofFailed, match="put back"):
        update(state, more(cluster, idp, **RESTORE) | {"prove": prove})

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

    without_subject = only_orders(cluster) | {"app_billing": {"identities": {}}}
    for change in (
        wrong(cluster, idp, retire_after_h=2, accept={"CRDB-SSO-002": "one team"}, **RESTORE),
        wrong(cluster, idp, logins=without_subject, **RESTORE),
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
        update(
            state,
            wrong(cluster, second, sources=third.sources(), retire_after_h=24, **RESTORE),
        )

    assert entries(cluster) == before
    kids = {key["kid"] for key in json.loads(cluster.snapshot().setting("jwks"))["keys"]}
    assert kids == {idp.kid, second.kid}
    assert refresh(state)["retiring"] == due


def test_a_change_of_nothing_but_the_proof_puts_nothing_back(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    state = create(proven(cluster, idp))
    before = cluster.snapshot()

    with pytest.raises(ProofFailed, match="changed nothing on the cluster"):
        update(state, wrong(cluster, idp, **RESTORE))

    assert cluster.snapshot() == before


@pytest.mark.holds(since="23.1")  # `claim`
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
