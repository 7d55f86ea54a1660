"""A change of what is wanted, in lines for people."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.desired.logins import NOTHING, Desired, Identity, Login, OnDelete, Source
from crdb_sso.desired.remembered import Remembered
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.preview.effects import effect_lines, shortened
from tests.unit.observations import preview_lines

IDP = "https://idp.example.com"
ORDERS = Identity("idp", "crdb", "orders")
BATCH = Identity("idp", "crdb", "batch")
SOURCE = Source(IDP, "", {"k1": "{1}"})
APP = Login({"orders": ORDERS}, frozenset({"readers"}))
BEFORE = Desired({"idp": SOURCE}, {"app": APP})


def with_login(login: Login) -> Desired:
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
                "+ audience crdb: accepted from every issuer, as the cluster has one list",
            ],
            id="a first stack",
        ),
        pytest.param(
            BEFORE,
            replace(BEFORE, take_over=True),
            ["~ what existed before this stack is taken over: it is removed with the stack"],
            id="what was found is taken over",
        ),
        pytest.param(
            BEFORE,
            NOTHING,
            [
                "- idp: issuer https://idp.example.com is no longer trusted",
                "- app: tokens no longer open it; the SQL user is dropped if a stack created it",
                "- audience crdb: no longer accepted, unless somebody else needs it",
            ],
            id="a last change",
        ),
        pytest.param(
            Desired({}, {"app": Login({}, on_delete=OnDelete.DISABLE)}),
            NOTHING,
            [
                (
                    "- app: tokens no longer open it; the SQL user stays, shut out (NOLOGIN), if a"
                    " stack created it"
                )
            ],
            id="a user that stays",
        ),
        pytest.param(
            Desired({}, {"a": Login({}), "b": Login({}, on_delete=OnDelete.DISABLE)}),
            Desired({}, {"a": Login({}, on_delete=OnDelete.DISABLE), "b": Login({})}),
            [
                "~ a: when its login is removed, the SQL user stays, shut out",
                "~ b: when its login is removed, the SQL user is dropped",
            ],
            id="on_delete",
        ),
        pytest.param(
            Desired(dict.fromkeys(("c", "a", "b"), SOURCE), {}),
            NOTHING,
            [
                f"- {n}: issuer https://idp.example.com is no longer trusted"
                for n in ("a", "b", "c")
            ],
            id="sources are removed in order",
        ),
        pytest.param(
            NOTHING,
            Desired({"b": Source(IDP), "a": Source(IDP)}, {"w": Login({}), "v": Login({})}),
            [
                "+ a: tokens of issuer https://idp.example.com are trusted, keys none",
                "+ b: tokens of issuer https://idp.example.com are trusted, keys none",
                "+ v: SQL user",
                "+ w: SQL user",
            ],
            id="additions are sorted, as the engine has no order",
        ),
        pytest.param(
            NOTHING,
            Desired({"idp": Source(IDP)}, {"app": Login({}, may_login=False)}),
            [
                "+ idp: tokens of issuer https://idp.example.com are trusted, keys none",
                "+ app: SQL user",
                "~ app: shut out (NOLOGIN)",
            ],
            id="a login that starts shut out",
        ),
        pytest.param(
            NOTHING,
            Desired(
                {"idp": Source(UNKNOWN, UNKNOWN, UNKNOWN)},
                {"app": Login({"o": Identity("idp", UNKNOWN, UNKNOWN)})},
            ),
            [
                "+ idp: tokens of issuer [unknown] are trusted, keys [unknown]",
                "+ app: SQL user",
                "+ app: idp subject [unknown] (audience [unknown]) may log in",
                "+ audience [unknown]: accepted from every issuer, as the cluster has one list",
            ],
            id="unknown values",
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
            ["- app: no longer a member of readers", "+ app: member of a", "+ app: member of b"],
            id="roles",
        ),
        pytest.param(
            BEFORE,
            with_login(replace(APP, identities={"orders": BATCH})),
            [
                "- app: idp subject orders (audience crdb) may no longer log in",
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
            Desired({}, BEFORE.logins),
            [
                "- idp: issuer https://idp.example.com is no longer trusted",
            ],
            id="without sources there is no switch",
        ),
    ],
)
def test_a_change_becomes_lines(before: Desired, after: Desired, expected: list[str]) -> None:
    assert preview_lines(before, after) == expected


def test_what_an_unfinished_change_left_is_listed_as_removed() -> None:
    assert effect_lines(Remembered(BEFORE, leftovers=("key k9", "user old")), BEFORE, {}) == [
        "- left over from an unfinished change: key k9",
        "- left over from an unfinished change: user old",
    ]


def test_sixty_lines_are_all_shown() -> None:
    lines = [f"+ {number}" for number in range(60)]
    assert shortened(lines) == lines


def test_further_lines_are_counted_by_their_mark() -> None:
    lines = ["+ shown"] * 60 + ["+ a", "- b", "~ c", "- d"]
    assert shortened(lines) == [
        *["+ shown"] * 60,
        "... and 4 more lines (1 +, 2 -, 1 ~)",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", True, id="it accepts none"),
        pytest.param("other", True, id="it accepts another"),
        pytest.param('["other", "crdb"]', False, id="it accepts it"),
        pytest.param('["crdb', True, id="its list can't be read: a guard says so"),
    ],
)
def test_an_audience_that_the_cluster_accepts_is_not_added(text: str, *, expected: bool) -> None:
    live = ClusterState({Setting.AUDIENCE: LiveSetting(Setting.AUDIENCE.value, text)})

    lines = effect_lines(Remembered(NOTHING), BEFORE, {}, live)

    assert any(line.startswith("+ audience crdb:") for line in lines) is expected
