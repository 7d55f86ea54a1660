"""What a change of issuers and keys is told as."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from crdb_sso.desired.logins import NOTHING, Identity, Login, Logins, Source
from crdb_sso.preview.effects import effect_lines

IDP = "https://idp.example.com"
NEW = "https://new.example.com"
ORDERS = Identity("idp", "crdb", "orders")
SOURCE = Source(IDP, "", {"k1": "{1}"})
APP = Login({"orders": ORDERS}, frozenset({"readers"}))
BEFORE = Logins({"idp": SOURCE}, {"app": APP})
DUE = datetime(2026, 11, 26, 7, 30, tzinfo=timezone(timedelta(hours=1)))


def with_source(source: Source) -> Logins:
    return replace(BEFORE, sources={"idp": source})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            BEFORE,
            with_source(replace(SOURCE, issuer=NEW)),
            [
                "- idp: issuer https://idp.example.com is trusted no more",
                "+ idp: tokens of issuer https://new.example.com are trusted",
            ],
            id="another issuer",
        ),
        pytest.param(
            with_source(replace(SOURCE, trusted=False)),
            BEFORE,
            [
                (
                    "+ idp: tokens of issuer https://idp.example.com are trusted again, through"
                    " identity map lines only"
                )
            ],
            id="an issuer that was lost",
        ),
        pytest.param(
            with_source(replace(SOURCE, keys={"k3": "3", "k2": "2", "k1": "1"})),
            with_source(replace(SOURCE, keys={"k4": "4", "k2": "new", "k1": "1", "k0": "0"})),
            [
                "- idp: key k3 is trusted no more",
                "+ idp: key k0 is trusted",
                "~ idp: key k2 becomes another key",
                "+ idp: key k4 is trusted",
            ],
            id="keys rotate",
        ),
        pytest.param(
            with_source(replace(SOURCE, keys={"k1": "1"})),
            with_source(replace(SOURCE, keys={"k2": "2"}, retiring={"k1": DUE})),
            [
                "~ idp: key k1 is no longer published, trusted until 2026-11-26 06:30 UTC",
                "+ idp: key k2 is trusted",
            ],
            id="a key that is published no more stays for a while",
        ),
        pytest.param(
            with_source(replace(SOURCE, retiring={"k0": DUE})),
            with_source(replace(SOURCE, retiring={"k0": DUE})),
            [],
            id="a retired key that is not due yet",
        ),
        pytest.param(
            with_source(replace(SOURCE, retiring={"k0": DUE})),
            BEFORE,
            ["- idp: key k0 is trusted no more"],
            id="a retired key that is due",
        ),
        pytest.param(
            with_source(replace(SOURCE, retiring={"k0": DUE})),
            with_source(replace(SOURCE, keys={"k0": "0", "k1": "{1}"})),
            ["~ idp: key k0 is published again, and stays trusted"],
            id="a retired key that comes back",
        ),
        pytest.param(
            with_source(replace(SOURCE, retiring={"k0": DUE})),
            with_source(replace(SOURCE, retiring={"k0": DUE - timedelta(hours=6)})),
            ["~ idp: key k0 is no longer published, trusted until 2026-11-26 00:30 UTC"],
            id="a retired key that goes sooner",
        ),
        pytest.param(
            BEFORE, with_source(replace(SOURCE, keys=None)), ["~ idp: keys [unknown]"], id="keys?"
        ),
        pytest.param(
            with_source(replace(SOURCE, keys=None)),
            with_source(replace(SOURCE, keys=None)),
            [],
            id="keys that stay unknown",
        ),
        pytest.param(
            NOTHING,
            Logins({"idp": Source(IDP)}, {}, fetched=True),
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
                    " pinned keys count no more"
                ),
            ],
            id="from pinned to fetched",
        ),
        pytest.param(
            replace(with_source(Source(IDP)), fetched=True),
            BEFORE,
            [
                "+ idp: key k1 is trusted",
                "~ keys of all issuers of the cluster: pinned; the nodes ask no issuer any more",
            ],
            id="from fetched to pinned",
        ),
        pytest.param(
            replace(with_source(Source(IDP, ca="PEM")), fetched=True),
            replace(with_source(Source(IDP)), fetched=True),
            ["~ idp: the nodes believe another CA of its server"],
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
            replace(BEFORE, claim=None),
            ["~ all logins of the cluster are mapped by the claim [unknown]"],
            id="a claim not known yet",
        ),
        pytest.param(
            replace(BEFORE, claim="email"),
            BEFORE,
            ["~ all logins of the cluster are mapped by the claim that was set before this stack"],
            id="no claim any more",
        ),
    ],
)
def test_a_change_of_keys_is_told_in_lines(
    before: Logins, after: Logins, expected: list[str]
) -> None:
    assert effect_lines(before, after) == expected
