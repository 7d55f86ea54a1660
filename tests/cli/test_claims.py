"""`crdb-sso claims list` and `reclaim`, and `crdb-sso plan --destroy`."""

import json
import re

import pytest

from tests.cli.test_cli import OTHER, crdb_sso, stock
from tests.support.provider_calls import (
    ISSUER,
    KEY_1,
    OWNER,
    create,
    delete,
    identity,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster

DISABLED = (
    "a SQL user whose login says `on_delete: disable` stays, shut out: only the stack's state knows"
)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")

# claims list


def test_a_list_shows_what_each_entry_says(cluster: EmbeddedCluster) -> None:
    create(wish(cluster, logins={"app": {"identities": {"s": identity("s-1")}, "login": False}}))

    code, printed, _ = crdb_sso("claims", "list")

    assert code == 0
    rows = [line.split("  ") for line in printed.splitlines()]
    said = {row[0].strip(): [cell.strip() for cell in row if cell.strip()] for row in rows}
    assert "NOLOGIN" in said["user"]
    assert "true" in said["setting"]
    keys = [line for line in printed.splitlines() if line.startswith(" key ")]
    assert "EC P-256 ES256, thumbprint oKIywvGUpTVT..." in keys[0]
    assert "OKP Ed25519 EdDSA, thumbprint kPrK_qmxVWaY..." in keys[1]


def test_as_json_a_list_has_the_whole_text_and_the_instance(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster))

    _, printed, _ = crdb_sso("claims", "list", "--json")

    (key,) = [claim for claim in json.loads(printed) if claim["entry"] == "k1"]
    assert (key["text"], key["instance"], key["until"]) == (KEY_1, state["instance"], "")


def test_on_a_narrow_terminal_long_texts_take_few_lines(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    create(wish(cluster))

    _, printed, _ = crdb_sso("claims", "list")

    lines = COLOURS.sub("", printed).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 50  # 11 entries
    assert "…" not in printed


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_rows_that_no_stack_writes_are_named(
    cluster: EmbeddedCluster, more: tuple[str, ...]
) -> None:
    create(wish(cluster))
    forged = f"{ISSUER} /.*/ root\nhttps://evil sub root"
    row = "INSERT INTO crdb_sso.public.claims (kind, entry, owner, text, found) VALUES"
    cluster.execute(f"{row} ('map line', 'harmless', 'org/evil/dev/sso', %s, false)", [forged])

    code, printed, aside = crdb_sso("claims", "list", *more)

    assert code == 0
    assert "evil" not in printed
    named = (
        "no stack writes this; it is left alone: map line 'harmless', claimed by org/evil/dev/sso"
    )
    assert named in aside


# plan --destroy


def test_a_plan_shows_what_destroying_will_remove_and_writes_nothing(
    cluster: EmbeddedCluster,
) -> None:
    create(wish(cluster))
    state = stock(cluster)
    before = cluster.snapshot()

    code, printed, errors = crdb_sso("plan", "--destroy", OTHER)

    assert (code, errors) == (0, "")
    assert printed.splitlines() == [
        f"- map line {ISSUER} s-1 app_stock",
        "- SQL user app_stock",
        "- 7 claims",
        DISABLED,
    ]
    assert cluster.snapshot() == before
    delete(state)
    assert "app_stock" not in {user for user, _, _ in cluster.snapshot().users}


def test_a_plan_as_json_has_the_same_lines(cluster: EmbeddedCluster) -> None:
    stock(cluster)

    code, printed, aside = crdb_sso("plan", "--destroy", OTHER, "--json")

    assert (code, aside) == (0, "")
    found = json.loads(printed)
    assert found["owner"] == OTHER
    assert "- SQL user app_stock" in found["removes"]
    assert found["unseen"] == [DISABLED]
    _, released, _ = crdb_sso("claims", "release", OTHER, "--yes", "--json")
    assert json.loads(released)["removed"] == found["removes"]


def test_a_plan_as_statements_says_as_a_comment_what_only_the_state_knows(
    cluster: EmbeddedCluster,
) -> None:
    stock(cluster)

    _, printed, _ = crdb_sso("plan", "--destroy", OTHER, "--print-sql")

    assert printed.splitlines()[-1] == f"-- {DISABLED}"


def test_a_plan_for_an_unknown_owner_names_those_that_are_known(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))

    code, printed, errors = crdb_sso("plan", "--destroy", "org/typo/dev/sso")

    assert (code, printed) == (1, "")
    assert f"Owners that have: {OWNER}." in errors


# claims reclaim


def test_after_reclaiming_the_next_creation_takes_over(cluster: EmbeddedCluster) -> None:
    lost = create(wish(cluster))
    before = cluster.snapshot()

    code, printed, _ = crdb_sso("claims", "reclaim", OWNER, "--yes")

    assert (code, printed) == (
        0,
        f"run `pulumi up` now: the stack that calls itself {OWNER} takes over\n",
    )
    state = create(wish(cluster))
    assert state["instance"] != lost["instance"]
    after = cluster.snapshot()
    assert (after.settings, after.users) == (before.settings, before.users)
    delete(state)
    assert cluster.snapshot().claims == ()


@pytest.mark.parametrize(("said", "code"), [("y\n", 0), ("n\n", 3), ("", 3)])
def test_reclaiming_asks_whether_the_state_was_lost(
    cluster: EmbeddedCluster, said: str, code: int
) -> None:
    create(wish(cluster))

    ended, printed, _ = crdb_sso("claims", "reclaim", OWNER, said=said)

    assert ended == code
    assert f"Was the state of {OWNER} lost" in printed
    (completed,) = cluster.execute("SELECT completed FROM crdb_sso.public.owners")
    assert (completed == (None,)) is (code == 0)


def test_an_owner_without_claims_can_still_be_released(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    cluster.execute("DELETE FROM crdb_sso.public.claims")

    code, printed, _ = crdb_sso("claims", "release", OWNER, "--yes")

    assert (code, printed) == (0, f"released: {OWNER}\n")
    assert cluster.execute("SELECT owner FROM crdb_sso.public.owners") == []


def test_a_stack_that_wants_nothing_any_more_leaves_no_owner(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster))
    state = update(state, wish(cluster, logins={}, sources={}))

    delete(state)

    assert cluster.execute("SELECT owner FROM crdb_sso.public.owners") == []
