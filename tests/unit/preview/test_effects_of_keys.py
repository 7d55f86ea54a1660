"""How previews describe a change of issuers and keys."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from crdb_sso.desired.logins import NOTHING, Desired, Identity, Login, Source
from crdb_sso.desired.remembered import Remembered, Retiring
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.preview.effects import effect_lines
from tests.unit.observations import preview_lines

IDP = "https://idp.example.com"
NEW = "https://new.example.com"
ORDERS = Identity("idp", "crdb", "orders")
SOURCE = Source(IDP, "", {"k1": "{1}"})
APP = Login({"orders": ORDERS}, frozenset({"readers"}))
BEFORE = Desired({"idp": SOURCE}, {"app": APP})
DUE = datetime(2026, 11, 26, 7, 30, tzinfo=timezone(timedelta(hours=1)))


def with_source(source: Source) -> Desired:
    return replace(BEFORE, sources={"idp": source})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            BEFORE,
            with_source(replace(SOURCE, issuer=NEW)),
            [
                "- idp: issuer https://idp.example.com is no longer trusted",
                "+ idp: tokens of issuer https://new.example.com are trusted",
            ],
            id="another issuer",
        ),
        pytest.param(
            with_source(replace(SOURCE, keys={"k3": "3", "k2": "2", "k1": "1"})),
            with_source(replace(SOURCE, keys={"k4": "4", "k2": "new", "k1": "1", "k0": "0"})),
            [
                "- idp: key k3 is no longer trusted",
                "+ idp: key k0 is trusted",
                "~ idp: key k2 is replaced by another key",
                "+ idp: key k4 is trusted",
            ],
            id="keys rotate",
        ),
        pytest.param(
            BEFORE,
            with_source(replace(SOURCE, keys=UNKNOWN)),
            ["~ idp: keys [unknown]"],
            id="keys become unknown",
        ),
        pytest.param(
            with_source(replace(SOURCE, keys=UNKNOWN)),
            with_source(replace(SOURCE, keys=UNKNOWN)),
            [],
            id="keys that stay unknown",
        ),
        pytest.param(
            NOTHING,
            Desired({"idp": Source(IDP)}, {}, fetched=True),
            [
                (
                    "+ idp: tokens of issuer https://idp.example.com are trusted, keys fetched by"
                    " the nodes"
                ),
            ],
            id="a first source whose keys the nodes fetch",
        ),
        pytest.param(
            BEFORE,
            replace(with_source(Source(IDP, ca="PEM")), fetched=True),
            [
                (
                    "~ keys of all issuers of the cluster: fetched by the nodes at each login;"
                    " pinned keys no longer count"
                ),
            ],
            id="from pinned to fetched",
        ),
        pytest.param(
            replace(with_source(Source(IDP)), fetched=True),
            BEFORE,
            [
                "+ idp: key k1 is trusted",
                "~ keys of all issuers of the cluster: pinned; the nodes no longer ask issuers",
            ],
            id="from fetched to pinned",
        ),
        pytest.param(
            replace(with_source(Source(IDP, ca="PEM")), fetched=True),
            replace(with_source(Source(IDP)), fetched=True),
            ["~ idp: the nodes trust another CA for its server"],
            id="another CA",
        ),
        pytest.param(
            BEFORE,
            replace(BEFORE, claim="email"),
            ["~ all logins of the cluster are mapped by the claim email"],
            id="another claim",
        ),
        pytest.param(
            BEFORE,
            replace(BEFORE, claim=UNKNOWN),
            ["~ all logins of the cluster are mapped by the claim [unknown]"],
            id="a claim not known yet",
        ),
        pytest.param(
            replace(BEFORE, claim="email"),
            BEFORE,
            ["~ all logins of the cluster are mapped by the claim that was set before this stack"],
            id="no claim",
        ),
    ],
)
def test_a_change_of_keys_becomes_lines(
    before: Desired, after: Desired, expected: list[str]
) -> None:
    assert preview_lines(before, after) == expected


def test_an_issuer_that_was_lost_is_trusted_again() -> None:
    assert effect_lines(Remembered(BEFORE, untrusted=frozenset({"idp"})), BEFORE, {}) == [
        (
            "+ idp: tokens of issuer https://idp.example.com are trusted again, only through"
            " identity map lines"
        )
    ]


WITHOUT_K0 = with_source(replace(SOURCE, keys={"k1": "{1}"}))
WITH_K0 = with_source(replace(SOURCE, keys={"k0": "0", "k1": "{1}"}))
TO_GO: Retiring = {"idp": {"k0": DUE}}
SOONER: Retiring = {"idp": {"k0": DUE - timedelta(hours=6)}}


@pytest.mark.parametrize(
    ("before", "after", "staying", "expected"),
    [
        pytest.param(
            Remembered(WITH_K0),
            WITHOUT_K0,
            TO_GO,
            ["~ idp: key k0 is no longer published, trusted until 2026-11-26 06:30 UTC"],
            id="one that is no longer published stays for a while",
        ),
        pytest.param(
            Remembered(WITHOUT_K0, retiring=TO_GO), WITHOUT_K0, TO_GO, [], id="one that is not due"
        ),
        pytest.param(
            Remembered(WITHOUT_K0, retiring=TO_GO),
            WITHOUT_K0,
            {},
            ["- idp: key k0 is no longer trusted"],
            id="one that is due",
        ),
        pytest.param(
            Remembered(WITHOUT_K0, retiring=TO_GO),
            WITH_K0,
            {},
            ["~ idp: key k0 is published again, and stays trusted"],
            id="one that is published again",
        ),
        pytest.param(
            Remembered(WITHOUT_K0, retiring=TO_GO),
            WITHOUT_K0,
            SOONER,
            ["~ idp: key k0 is no longer published, trusted until 2026-11-26 00:30 UTC"],
            id="one that is removed sooner",
        ),
    ],
)
def test_a_preview_says_what_happens_to_a_retired_key(
    before: Remembered, after: Desired, staying: Retiring, expected: list[str]
) -> None:
    assert effect_lines(before, after, staying) == expected
