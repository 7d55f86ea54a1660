from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from crdb_sso.effects import effect_lines, shortened
from crdb_sso.logins import NOTHING, Identity, Login, Logins, OnDelete, Source

IDP = "https://idp.example.com"
NEW = "https://new.example.com"
ORDERS = Identity("idp", "crdb", "orders")
BATCH = Identity("idp", "crdb", "batch")
SOURCE = Source(IDP, "", {"k1": "{1}"})
APP = Login({"orders": ORDERS}, frozenset({"readers"}))
BEFORE = Logins({"idp": SOURCE}, {"app": APP})
DUE = datetime(2026, 11, 26, 7, 30, tzinfo=timezone(timedelta(hours=1)))


def with_source(source: Source) -> Logins:
    return replace(BEFORE, sources={"idp": source})


def with_login(login: Login) -> Logins:
    return replace(BEFORE, logins={"app": login})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(BEFORE, BEFORE, [], id="nothing changes"),
        pytest.param(
            NOTHING,
            BEFORE,
            [
                "+ idp: tokens of issuer https://idp.example.com are trusted, keys k1",
                "+ app: SQL user, member of readers",
                "+ app: idp subject orders (audience crdb) may log in",
            ],
            id="a first stack",
        ),
        pytest.param(
            BEFORE,
            replace(BEFORE, take_over=True),
            ["~ what was there before this stack is taken over: it goes when the stack goes"],
            id="what was found is taken over",
        ),
        pytest.param(
            BEFORE,
            NOTHING,
            [
                "- idp: issuer https://idp.example.com is trusted no more",
                "- app: no token logs in as it any more; the SQL user goes if it was made here",
            ],
            id="a last one",
        ),
        pytest.param(
            Logins({}, {"app": Login({}, on_delete=OnDelete.DISABLE)}),
            NOTHING,
            [
                (
                    "- app: no token logs in as it any more; the SQL user stays, shut out"
                    " (NOLOGIN), if it was made here"
                )
            ],
            id="a user that stays",
        ),
        pytest.param(
            Logins({}, {"a": Login({}), "b": Login({}, on_delete=OnDelete.DISABLE)}),
            Logins({}, {"a": Login({}, on_delete=OnDelete.DISABLE), "b": Login({})}),
            [
                "~ a: once its login goes, it stays, shut out",
                "~ b: once its login goes, it is dropped",
            ],
            id="what shall become of users",
        ),
        pytest.param(
            Logins(dict.fromkeys(("c", "a", "b"), SOURCE), {}),
            NOTHING,
            [f"- {n}: issuer https://idp.example.com is trusted no more" for n in ("a", "b", "c")],
            id="sources go in order",
        ),
        pytest.param(
            NOTHING,
            Logins({"b": Source(IDP), "a": Source(IDP)}, {"w": Login({}), "v": Login({})}),
            [
                "+ a: tokens of issuer https://idp.example.com are trusted, keys none",
                "+ b: tokens of issuer https://idp.example.com are trusted, keys none",
                "+ v: SQL user",
                "+ w: SQL user",
            ],
            id="what comes does so in order, as the engine knows none",
        ),
        pytest.param(
            NOTHING,
            Logins({"idp": Source(IDP)}, {"app": Login({}, may_login=False)}),
            [
                "+ idp: tokens of issuer https://idp.example.com are trusted, keys none",
                "+ app: SQL user",
                "~ app: shut out (NOLOGIN)",
            ],
            id="a login that starts shut out",
        ),
        pytest.param(
            NOTHING,
            Logins(
                {"idp": Source(None, None, None)},
                {"app": Login({"o": Identity("idp", *[None] * 2)})},
            ),
            [
                "+ idp: tokens of issuer [unknown] are trusted, keys [unknown]",
                "+ app: SQL user",
                "+ app: idp subject [unknown] (audience [unknown]) may log in",
            ],
            id="what a preview does not know",
        ),
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
            BEFORE,
            with_login(replace(APP, may_login=False)),
            ["~ app: shut out (NOLOGIN)"],
            id="shut out",
        ),
        pytest.param(
            with_login(replace(APP, may_login=False)),
            BEFORE,
            ["~ app: may log in again"],
            id="let in again",
        ),
        pytest.param(
            BEFORE,
            with_login(replace(APP, roles=frozenset({"b", "a"}))),
            ["- app: member of readers no more", "+ app: member of a", "+ app: member of b"],
            id="roles",
        ),
        pytest.param(
            BEFORE,
            with_login(replace(APP, identities={"orders": BATCH})),
            [
                "- app: idp subject orders (audience crdb) may log in no more",
                "+ app: idp subject batch (audience crdb) may log in",
            ],
            id="another subject",
        ),
        pytest.param(
            BEFORE,
            with_login(replace(APP, identities={"orders": ORDERS, "batch": BATCH})),
            ["+ app: idp subject batch (audience crdb) may log in"],
            id="one more subject",
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
        pytest.param(
            BEFORE,
            replace(BEFORE, enabled=False),
            ["~ JWT logins of the whole cluster: off"],
            id="off",
        ),
        pytest.param(
            replace(BEFORE, enabled=False),
            BEFORE,
            ["~ JWT logins of the whole cluster: on"],
            id="on",
        ),
        pytest.param(
            replace(BEFORE, enabled=False),
            Logins({}, BEFORE.logins),
            [
                "- idp: issuer https://idp.example.com is trusted no more",
            ],
            id="without sources there is no switch",
        ),
        pytest.param(
            replace(BEFORE, leftovers=("key k9", "user old")),
            BEFORE,
            [
                "- left over from an unfinished change: key k9",
                "- left over from an unfinished change: user old",
            ],
            id="what an unfinished change left",
        ),
    ],
)
def test_a_change_is_told_in_lines(before: Logins, after: Logins, expected: list[str]) -> None:
    assert effect_lines(before, after) == expected


def test_sixty_lines_are_shown_whole() -> None:
    lines = [f"+ {number}" for number in range(60)]
    assert shortened(lines) == lines


def test_more_lines_are_counted_by_what_they_do() -> None:
    lines = ["+ shown"] * 60 + ["+ a", "- b", "~ c", "- d"]
    assert shortened(lines) == [
        *["+ shown"] * 60,
        "... and 4 more lines (1 +, 2 -, 1 ~)",
    ]
