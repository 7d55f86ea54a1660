"""The report: order, who lives with a finding, and what could not be seen."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from crdb_sso.crdb.privileges import MEMBER_OF_ADMIN
from crdb_sso.crdb.settings import REDACTED, Setting
from crdb_sso.errors import InvalidInput
from crdb_sso.registry.claims import Kind
from crdb_sso.verdict.access.views import Account
from crdb_sso.verdict.findings import RULES, Acceptance, Severity, analyzed, check_id
from tests.unit.standard_keys import EC
from tests.unit.verdict.findings.analyzed_clusters import (
    DEV,
    GOOGLE,
    IDP,
    OTHER,
    PROD,
    claim,
    found,
    key_set,
    settings,
    situation,
)

LINE = f"{GOOGLE} /^.*$ app_orders"
WIDE = settings((LINE,), (GOOGLE,))


def test_ids_are_numbered_without_gaps_and_never_reused() -> None:
    assert [rule.id for rule in RULES] == [f"CRDB-SSO-{n:03}" for n in range(1, 16)]


def test_the_worst_comes_first() -> None:
    two = settings((f"{IDP} x boss",), (IDP, GOOGLE))
    report = analyzed(situation(two, users={"boss": Account(rights=(MEMBER_OF_ADMIN,))}))

    assert [(one.severity.value, one.id) for one in report.findings] == [
        ("error", "CRDB-SSO-005"),
        ("error", "CRDB-SSO-008"),
        ("warning", "CRDB-SSO-001"),
        ("warning", "CRDB-SSO-005"),
        ("info", "CRDB-SSO-007"),
    ]
    assert report.has_open_errors


def test_a_stack_that_has_a_part_in_a_finding_may_accept_it() -> None:
    accepted = claim(Kind.ACCEPTED, "CRDB-SSO-003", text="a demo for everybody")
    given = situation(WIDE, claim(Kind.LINE, LINE), accepted)

    (one,) = found("003", given)

    assert one.owners == (PROD,)
    assert one.accepted == (Acceptance(PROD, "a demo for everybody"),)
    assert not analyzed(given).has_open_errors


@pytest.mark.parametrize("mine", [(), (claim(Kind.LINE, LINE),)], ids=["by hand", "of another"])
def test_nobody_accepts_what_others_did(mine: tuple[object, ...]) -> None:
    accepted = claim(Kind.ACCEPTED, "CRDB-SSO-003", DEV, text="not ours")

    given = situation(WIDE, *mine, accepted)  # type: ignore[arg-type] # claims

    assert [one.accepted for one in found("003", given)] == [()]
    assert analyzed(given).has_open_errors


@pytest.mark.parametrize(
    ("id_", "texts"),
    [("003", WIDE), ("001", settings(issuers=(IDP, OTHER)))],
    ids=["of a line", "of the cluster as a whole"],
)
def test_rows_of_nobody_accept_nothing(id_: str, texts: Mapping[str, str]) -> None:
    forged = (claim(Kind.LINE, LINE), claim(Kind.ACCEPTED, f"CRDB-SSO-{id_}", text="trust me"))

    assert [one.accepted for one in found(id_, situation(texts, *forged, owners=(DEV,)))] == [()]
    assert [
        one.accepted
        for one in found(
            id_, situation(texts, *(replace(one, instance="") for one in forged), owners=(DEV,))
        )
    ] == [()]


def test_a_stack_accepts_a_finding_about_its_own_key_and_no_other_of_that_name() -> None:
    weak = {"kty": "RSA", "kid": "s", "n": "-w", "e": "AQAB"}
    texts = settings(jwks=key_set(weak))
    accepted = claim(Kind.ACCEPTED, "CRDB-SSO-011", text="a test")
    own = claim(Kind.KEY, "s", text=json.dumps(weak))
    another = claim(Kind.KEY, "s", text=json.dumps({**EC, "kid": "s"}))

    assert [len(one.accepted) for one in found("011", situation(texts, accepted, own))] == [1]
    assert [len(one.accepted) for one in found("011", situation(texts, accepted, another))] == [0]


def test_any_stack_may_accept_what_is_about_the_cluster_as_a_whole() -> None:
    accepted = claim(Kind.ACCEPTED, "CRDB-SSO-001", DEV, text="one team runs both")

    (one,) = found("001", situation(settings(issuers=(IDP, OTHER)), accepted))

    assert one.accepted == (Acceptance(DEV, "one team runs both"),)


def test_what_is_hidden_is_said_and_not_guessed() -> None:
    report = analyzed(situation(settings((), (GOOGLE,), identity_map=REDACTED)))

    assert [one.id for one in report.findings] == ["CRDB-SSO-007"]
    assert [
        line[:12] for line in report.unseen if line.endswith(" is hidden.") and "not looked" in line
    ] == ["CRDB-SSO-003", "CRDB-SSO-004", "CRDB-SSO-005"] + [
        f"CRDB-SSO-{n}" for n in ("008", "009", "013", "015")
    ]
    assert any(Setting.IDENTITY_MAP.value in line for line in report.unseen)


def test_users_and_claims_that_cannot_be_read_are_said() -> None:
    given = situation()
    blind = replace(given, view=replace(given.view, accounts=None, sees_claims=False))

    of_claims, of_users = analyzed(blind).unseen

    assert of_claims == (
        "Whose an entry is, what is accepted, and CRDB-SSO-010, CRDB-SSO-012, CRDB-SSO-015 are not"
        " known without the claims."
    )
    assert of_users == "CRDB-SSO-005 was not looked at: the users can't be listed."


@pytest.mark.parametrize(
    ("id_", "near"),
    [("CRDB-SSO-3", "CRDB-SSO-003"), ("crdb-sso-014", "CRDB-SSO-014"), ("15", "CRDB-SSO-015")],
)
def test_an_unknown_id_names_the_nearest(id_: str, near: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(f"Did you mean {near}?")):
        check_id(id_)

    check_id(near)


def test_an_id_like_no_other_gets_the_list() -> None:
    with pytest.raises(InvalidInput, match=r"Next step: docs/findings\.md lists them all"):
        check_id("*")


def test_severities_are_words_that_scripts_may_rely_on() -> None:
    assert [one.value for one in Severity] == ["error", "warning", "info"]
