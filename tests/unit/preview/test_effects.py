from dataclasses import replace

import pytest

from crdb_sso.desired.logins import NOTHING, Identity, Login, Logins, OnDelete, Source
from crdb_sso.preview.effects import effect_lines, shortened

IDP = "https://idp.example.com"
ORDERS = Identity("idp", "crdb", "orders")
BATCH = Identity("idp", "crdb", "batch")
SOURCE = Source(IDP, "", {"k1": "{1}"})
APP = Login({"orders": ORDERS}, frozenset({"readers"}))
BEFORE = Logins({"idp": SOURCE}, {"app": APP})


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
