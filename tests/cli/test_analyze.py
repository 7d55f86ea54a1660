"""`crdb-sso analyze`: what is trusted more than meant."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_cli import crdb_sso
from tests.cli.test_users_by_rights import operator
from tests.support.provider_calls import ISSUER, OWNER, create, identity, wish
from tests.support.servers import EmbeddedCluster

MAP = "server.identity_map.configuration"
GOOGLE = "https://accounts.google.com"
EVERYBODY = {"app_demo": {"identities": {"all": identity("/^[0-9]+$")}}}
ACCEPTED = {"CRDB-SSO-003": "a demo for Anybody", "CRDB-SSO-001": "not there yet"}


def google(**changes: Any) -> dict[str, Any]:
    """Return the change of a wish in which everybody with a Google account may log in."""
    return {"sources": {"idp": {"issuer": GOOGLE}}, "logins": EVERYBODY, **changes}


def by_hand(cluster: EmbeddedCluster, *lines: str) -> None:
    """Add lines to the identity map, besides those of the stack."""
    ((text,),) = cluster.execute(f"SHOW CLUSTER SETTING {MAP}")
    cluster.set(MAP, "\n".join([text.rstrip("\n"), *lines]))


def findings(*arguments: str, code: int = 0) -> dict[str, str]:
    """Return the severity of each finding by its id."""
    ended, printed, _ = crdb_sso("analyze", *arguments, "--json")
    assert ended == code
    return {one["id"]: one["severity"] for one in json.loads(printed)["findings"]}


def test_a_sound_stack_has_nothing_to_accept(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))

    code, printed, _ = crdb_sso("analyze")

    assert code == 0
    assert printed == (
        "info CRDB-SSO-007: CockroachDB accepts tokens without `exp`, forever, and no setting"
        " changes that.\n  Trust only issuers that give every token an end; take away the keys of"
        " one that does not.\n"
    )


@pytest.mark.usefixtures("cluster")
def test_an_empty_cluster_has_no_findings() -> None:
    assert crdb_sso("analyze")[:2] == (0, "nothing is trusted more than meant\n")


def test_an_error_that_nobody_accepts_ends_with_5(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    cluster.execute("CREATE USER boss")
    cluster.execute("GRANT admin TO boss")
    by_hand(cluster, f"{ISSUER} chief boss")

    code, printed, _ = crdb_sso("analyze")

    assert code == 5
    assert printed.splitlines()[0] == (
        f"error CRDB-SSO-005: chief of {ISSUER} logs in as boss (member of admin): whoever gets"
        " hold of such a token has that power."
    )
    assert findings("--stack", OWNER) == {"CRDB-SSO-007": "info"}


def test_an_accepted_finding_stays_in_the_report_with_its_reason(cluster: EmbeddedCluster) -> None:
    create(wish(cluster, **google(accept=ACCEPTED)))

    code, printed, _ = crdb_sso("analyze", "--stack", OWNER)

    assert code == 0
    first, second, *_ = printed.splitlines()
    assert first.startswith("error CRDB-SSO-003: Line 1 of the identity map")
    assert second == f"  accepted by {OWNER}: a demo for Anybody"
    (one,) = [
        one
        for one in json.loads(crdb_sso("analyze", "--json")[1])["findings"]
        if one["id"] == "CRDB-SSO-003"
    ]
    assert one["owners"] == [OWNER]
    assert one["entries"] == [{"kind": "map line", "entry": f"{GOOGLE} /^[0-9]+$ app_demo"}]
    assert one["accepted"] == [{"owner": OWNER, "reason": "a demo for Anybody"}]


def test_rows_of_nobody_accept_nothing(cluster: EmbeddedCluster) -> None:
    line = f"{GOOGLE} /^[0-9]+$ app_demo"
    create(wish(cluster, **google(accept=ACCEPTED)))
    cluster.execute("DELETE FROM crdb_sso.public.claims WHERE kind = 'accepted finding'")
    for kind, entry in (("map line", line), ("accepted finding", "CRDB-SSO-003")):
        cluster.execute(
            "INSERT INTO crdb_sso.public.claims (kind, entry, owner, text, found)"
            " VALUES (%s, %s, 'org/evil/dev/sso', %s, false)",
            [kind, entry, line],
        )

    assert findings(code=5)["CRDB-SSO-003"] == "error"


def test_viewclustersetting_is_enough_and_what_is_hidden_is_said(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    url = operator(cluster, "VIEWCLUSTERSETTING")

    code, printed, aside = crdb_sso("analyze", "--cluster-url", url)

    assert code == 0
    assert printed.startswith("info CRDB-SSO-007")
    assert "CRDB-SSO-010, CRDB-SSO-012, CRDB-SSO-015 are not known without the claims" in aside


@pytest.mark.holds(since="24.3")
def test_a_redacted_map_is_not_taken_for_an_empty_one(
    cluster: EmbeddedCluster, redact: Callable[[], None]
) -> None:
    create(wish(cluster))
    redact()
    url = operator(cluster, "VIEWCLUSTERSETTING")

    code, printed, aside = crdb_sso("analyze", "--cluster-url", url)

    assert (code, "CRDB-SSO-008" in printed) == (0, False)
    assert f"was not looked at: {MAP} is hidden." in aside


def test_an_owner_that_has_claimed_nothing_is_an_error(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))

    code, _, said = crdb_sso("analyze", "--stack", "org/nobody/dev/sso")

    assert code == 1
    assert said == (
        "crdb-sso: org/nobody/dev/sso has no claims on this cluster\n"
        f"  Next step: Owners that have: {OWNER}.\n"
    )


def test_the_page_of_access_has_the_findings_beside_its_rows(
    cluster: EmbeddedCluster, tmp_path: Path
) -> None:
    create(wish(cluster, **google(accept=ACCEPTED)))
    by_hand(cluster, f"{GOOGLE} /^[a-z]*[0-9]+$ app_demo")
    page = tmp_path / "access.html"

    code, _, _ = crdb_sso("access", "--html", str(page))

    text = page.read_text("utf-8")
    assert code == 0
    assert f"accepted by {OWNER}: a demo for Anybody" in text
    assert "Name the principals that you mean, one line each" in text
