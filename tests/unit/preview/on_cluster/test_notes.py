"""What people are told about what somebody did by hand, and what a plan leaves alone."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.active_version import ClusterVersion
from crdb_sso.crdb.hba import Door
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.inputs import LiveUser, OwnerRequest
from crdb_sso.plan.planner import plan_context, plan_of
from crdb_sso.preview.on_cluster.notes import notes, warnings
from tests.unit.cluster_model import Cluster, carried_out
from tests.unit.cluster_versions import BEFORE_26_1, NOT_KNOWN, OLDEST
from tests.unit.named_keys import ec_key, ed_key
from tests.unit.request_strategies import wanted

IDP = "https://idp.example.com"
LINE = f"{IDP} orders app"
AGAIN = "not put back: `pulumi refresh`, then `pulumi up` does that"
LOGINS = Desired(
    {"idp": Source(IDP, f"{IDP}/keys", {"k1": ec_key("k1")})},
    {"app": Login({"orders": Identity("idp", "crdb", "orders")}, frozenset({"readers"}))},
)
OPEN = LiveUser(may_login=True, roles=frozenset({"readers"}))
START = Cluster(roles=frozenset({"readers"}))
UP = carried_out(START, wanted("me", LOGINS))


def context(cluster: Cluster, wish: OwnerRequest | None = None) -> PlanContext:
    known = cluster.known(wish or wanted("me", LOGINS))
    return plan_context(cluster.live_for(known), known)


def said(cluster: Cluster, wish: OwnerRequest | None = None) -> list[str]:
    """Return the warnings, and check that nothing is planned because of what they are about."""
    looked = context(cluster, wish)
    assert not plan_of(looked).writes
    return list(warnings(looked))


def scalar(cluster: Cluster, setting: Setting, text: str) -> Cluster:
    return replace(
        cluster, settings={**cluster.settings, setting: LiveSetting(setting.value, text)}
    )


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        pytest.param(UP, [], id="nothing"),
        pytest.param(
            UP.edited(Setting.IDENTITY_MAP, f"{IDP} other app\n"),
            [f"map line {LINE} was taken away by hand: {AGAIN}"],
            id="a line",
        ),
        pytest.param(
            UP.edited(Setting.JWKS, ed_key("k1")),
            [f"key k1 was changed by hand: {AGAIN}"],
            id="another key of that name",
        ),
        pytest.param(
            UP.edited(Setting.AUDIENCE, "[]"),
            [f"audience crdb was taken away by hand: {AGAIN}"],
            id="an audience",
        ),
        pytest.param(
            replace(UP, users={"app": replace(OPEN, may_login=False)}),
            [f"SQL user app was shut out by hand (NOLOGIN): {AGAIN}"],
            id="a user shut out",
        ),
        pytest.param(
            replace(UP, users={"app": LiveUser(may_login=True)}),
            [f"membership of app in readers was taken away by hand: {AGAIN}"],
            id="a membership",
        ),
        pytest.param(
            scalar(UP, Setting.ENABLED, "false"),
            [
                (
                    "server.jwt_authentication.enabled was set to 'false' by hand, this stack wrote"
                    f" 'true': {AGAIN}"
                )
            ],
            id="logins",
        ),
    ],
)
def test_what_was_taken_away_by_hand_is_one_line_and_not_put_back(
    cluster: Cluster, expected: list[str]
) -> None:
    assert said(cluster) == expected


def test_a_dropped_user_is_one_line_whatever_its_roles_were() -> None:
    assert said(replace(UP, users={})) == [f"SQL user app was taken away by hand: {AGAIN}"]


@pytest.mark.parametrize(
    ("cluster", "what"),
    [
        pytest.param(
            replace(UP, users={"app": replace(OPEN, may_login=False)}), "SQL user app", id="a user"
        ),
        pytest.param(
            UP.edited(Setting.IDENTITY_MAP, f"{IDP} other app\n"), f"map line {LINE}", id="a line"
        ),
        pytest.param(
            scalar(UP, Setting.ENABLED, "false"),
            "setting server.jwt_authentication.enabled",
            id="logins",
        ),
    ],
)
def test_another_stack_that_puts_something_back_says_so(cluster: Cluster, what: str) -> None:
    assert list(warnings(context(cluster, wanted("you", LOGINS)))) == [
        (
            f"{what} was taken away or changed by hand since me wrote it: this stack wants it too,"
            " and writes it again"
        )
    ]


def test_what_an_unfinished_change_of_another_stack_has_not_written_was_not_taken_away() -> None:
    assert UP.registry is not None
    owners = {i: replace(owner, completed=None) for i, owner in UP.registry.owners.items()}
    begun = replace(UP, users={}, registry=replace(UP.registry, owners=owners))

    assert list(warnings(context(begun, wanted("you", LOGINS)))) == []


def test_thousands_of_odd_rows_are_only_counted() -> None:
    assert UP.registry is not None
    odd = tuple(f"row {number}" for number in range(23))

    lines = said(replace(UP, registry=replace(UP.registry, unreadable=odd)))

    assert lines[19:] == [
        "the claim tables hold what no stack writes; it is left alone: row 19",
        "the claim tables hold 3 more rows that no stack writes: `crdb-sso claims list`",
    ]


def test_doors_that_somebody_opened_are_one_line() -> None:
    doors = replace(LOGINS, sso_only={Door("ops"): "cert"})
    up = carried_out(START, wanted("me", doors))

    lines = said(scalar(up, Setting.HOST_RULES, ""), wanted("me", doors))

    assert lines == [
        f"setting server.host_based_authentication.configuration was taken away by hand: {AGAIN}"
    ]


def test_who_shuts_a_user_out_is_named() -> None:
    out = Desired({}, {"app": Login({}, may_login=False)})
    cluster = carried_out(UP, wanted("you", out))

    assert said(cluster) == ["SQL user app may not log in: you shuts it out (`login: false`)"]
    left = context(cluster, wanted("you"))
    assert list(notes(left, plan_of(left))) == [
        "kept: SQL user app: also needed by me",
        (
            "SQL user app stays shut out (NOLOGIN): me opens it with `pulumi refresh`, then `pulumi"
            " up`, if it wants it to log in"
        ),
    ]


def test_what_lost_its_claim_is_listed_with_the_way_to_own_it_again() -> None:
    assert UP.registry is not None
    robbed = replace(UP, registry=replace(UP.registry, claims=()))

    lines = said(robbed)
    assert (
        f"map line {LINE}: its claim is gone from the claim tables, so it counts as found from now"
        " on: `pulumi destroy` leaves it. To own it again, set `take_over=True`"
    ) in lines

    destroyed = list(warnings(context(robbed, wanted("me"))))
    assert any(line.startswith(f"kept: map line {LINE}: its claim is gone") for line in destroyed)
    assert carried_out(robbed, wanted("me")).visible == UP.visible


def test_what_is_taken_over_again_is_not_listed_and_goes_with_destroy() -> None:
    assert UP.registry is not None
    robbed = replace(UP, registry=replace(UP.registry, claims=()))
    owned = carried_out(robbed, replace(wanted("me", LOGINS), take_over=True))

    gone = carried_out(owned, wanted("me"))

    assert (gone.users, gone.claims) == ({}, ())
    assert IDP not in gone.text(Setting.ISSUERS)


def test_an_issuer_that_a_plan_closes_is_named() -> None:
    found = START.edited(Setting.ISSUERS, f'["{IDP}"]').edited(
        Setting.IDENTITY_MAP, f"{IDP} old user\n"
    )
    up = carried_out(found, wanted("me", LOGINS)).edited(Setting.IDENTITY_MAP, f"{LINE}\n")

    looked = context(up, wanted("me"))

    assert (
        f"issuer {IDP} would have no identity map line, so that its subjects log in as the users"
        " they name: closed with a line that matches nobody"
    ) in list(notes(looked, plan_of(looked)))
    after = carried_out(up, wanted("me"))
    assert after.text(Setting.IDENTITY_MAP) == f"{IDP} /[^\\x00-\\x{{10FFFF}}] public\n"


OTHERS_ISSUER = '["https://other.example.com"]'


@pytest.mark.parametrize(
    ("found", "enabled", "by_hand", "is_told"),
    [
        pytest.param("false", True, {}, False, id="nothing was done by hand"),
        pytest.param(
            "false", True, {Setting.ISSUERS: OTHERS_ISSUER}, True, id="others added an issuer"
        ),
        pytest.param("true", True, {Setting.ISSUERS: OTHERS_ISSUER}, False, id="it was on before"),
        pytest.param("true", True, {Setting.ENABLED: "false"}, False, id="turned off by hand"),
        pytest.param(
            "true",
            True,
            {Setting.ENABLED: "false", Setting.ISSUERS: OTHERS_ISSUER},
            False,
            id="turned off by hand beside an issuer of others",
        ),
        pytest.param("false", False, {Setting.ENABLED: "true"}, False, id="turned on by hand"),
        pytest.param(
            "false",
            False,
            {Setting.ENABLED: "true", Setting.ISSUERS: OTHERS_ISSUER},
            False,
            id="turned on by hand beside an issuer of others",
        ),
    ],
)
def test_logins_stay_on_only_where_they_are_on_because_of_others(
    found: str, by_hand: dict[Setting, str], *, enabled: bool, is_told: bool
) -> None:
    start = START if found == "false" else scalar(START, Setting.ENABLED, found)
    cluster = carried_out(start, wanted("me", replace(LOGINS, enabled=enabled)))
    for setting, text in by_hand.items():
        cluster = scalar(cluster, setting, text)

    left = context(cluster, wanted("me"))

    line = "JWT logins stay on: others have added issuers since the first stack"
    assert (line in notes(left, plan_of(left))) == is_told


def test_a_user_that_is_kept_is_named_with_what_is_new_about_it() -> None:
    looked = context(replace(UP, users={"app": LiveUser(may_login=True)}), wanted("me"))

    assert (
        "kept: SQL user app is no longer as this stack left it (no longer a member of readers):"
        " drop it by hand if nobody needs it"
    ) in list(notes(looked, plan_of(looked)))


@pytest.mark.parametrize(
    ("version", "alg", "is_told"),
    [
        pytest.param(OLDEST, "", True, id="22.2"),
        pytest.param(OLDEST, '"alg":"ES256",', False, id="22.2, with an algorithm"),
        pytest.param(BEFORE_26_1, "", False, id="later"),
        pytest.param(NOT_KNOWN, "", False, id="nobody can tell"),
    ],
)
def test_a_key_that_an_old_cluster_can_not_use_is_named(
    version: ClusterVersion, alg: str, *, is_told: bool
) -> None:
    key = ec_key("k1").replace('"crv"', f'{alg}"crv"', 1)
    logins = replace(LOGINS, sources={"idp": Source(IDP, f"{IDP}/keys", {"k1": key})})

    found = list(warnings(context(replace(START, version=version), wanted("me", logins))))

    text = (
        "key k1 names no algorithm (`alg`): CockroachDB before 23.1 refuses every token that is"
        " signed with it. Upgrade the cluster, or let the issuer publish the key with its `alg`"
    )
    assert found == ([text] if is_told else [])
