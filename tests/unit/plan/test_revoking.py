"""What a change takes from somebody is named, so that a failed proof does not give it back."""

from dataclasses import replace

import pytest
from hypothesis import assume, event, given, settings

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.planner import checked_context, plan_of
from crdb_sso.plan.revoking import revoked
from tests.unit.cluster_model import Cluster
from tests.unit.cluster_promises import brought_to
from tests.unit.named_keys import ec_key, ed_key
from tests.unit.raw_entries import names
from tests.unit.request_strategies import found_clusters, wanted, wishes

ME = "org/shop/dev/sso"
LISTS = (Setting.ISSUERS, Setting.AUDIENCE, Setting.JWKS, Setting.IDENTITY_MAP)

IDP = Source("https://idp.example.com", "", {"k1": ec_key("k1"), "k2": ec_key("k2")})
APP = Login({"one": Identity("idp", "crdb", "o-1"), "two": Identity("idp", "crdb-2", "o-2")})
ORDERS = Login({"one": Identity("idp", "crdb", "o-3")})
WISH = Desired({"idp": IDP}, {"app": APP, "orders": ORDERS}, auto_provisioning=True)


def taken(wish: Desired, before: Desired = WISH) -> list[str]:
    """Return what a change from one wish to another takes away."""
    written = brought_to(Cluster(), wanted(ME, before))
    known = written.known(wanted(ME, wish))
    context = checked_context(written.live_for(known), known)
    found = revoked(context, plan_of(context))
    return [f"{entry.kind.value}: {entry.name}" for entry in found]


def with_app(app: Login) -> Desired:
    return replace(WISH, logins={"app": app, "orders": ORDERS})


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        pytest.param(WISH, [], id="nothing"),
        pytest.param(
            replace(WISH, logins={**WISH.logins, "stock": ORDERS}), [], id="one login more"
        ),
        pytest.param(replace(WISH, claim="email"), [], id="another claim"),
        pytest.param(replace(WISH, sso_only={}), [], id="the end of passwords"),
        pytest.param(with_app(replace(APP, may_login=False)), ["user: app"], id="NOLOGIN"),
        pytest.param(
            with_app(Login({"one": APP.identities["one"]})),
            ["audience: crdb-2", "map line: https://idp.example.com o-2 app"],
            id="an identity",
        ),
        pytest.param(
            replace(WISH, sources={"idp": replace(IDP, keys={"k1": ec_key("k1")})}),
            ["key: k2"],
            id="a key",
        ),
        pytest.param(
            replace(
                WISH,
                sources={"idp": replace(IDP, keys={"k1": ec_key("k1"), "k2": ed_key("k2")})},
            ),
            ["key: k2"],
            id="a key, for another of the same name",
        ),
        pytest.param(
            replace(WISH, auto_provisioning=False),
            ["setting: security.provisioning.jwt.enabled"],
            id="users that tokens make",
        ),
    ],
)
def test_what_a_change_takes_away_is_named(wish: Desired, expected: list[str]) -> None:
    assert taken(wish) == expected


def test_passthrough_that_ends_is_named() -> None:
    by_name = Source(IDP.issuer, "", IDP.keys, subject_is_username=True, audience="crdb")
    closed = replace(IDP, close_passthrough=True)
    login = {"orders": ORDERS}

    said = taken(Desired({"idp": closed}, login), before=Desired({"idp": by_name}, {}))

    assert said == ["issuer: https://idp.example.com"]


def test_a_line_that_matches_nobody_is_nobodys_access() -> None:
    assert taken(Desired({"idp": IDP}, {"orders": ORDERS}), before=Desired({"idp": IDP}, {})) == []


@settings(max_examples=150)
@given(found_clusters(), wishes(), wishes())
def test_whatever_is_gone_after_a_change_is_named(
    cluster: Cluster, first: Desired, second: Desired
) -> None:
    try:
        before = brought_to(cluster, wanted(ME, first))
        known = before.known(wanted(ME, second))
        context = checked_context(before.live_for(known), known)
        named = {entry.name for entry in revoked(context, plan_of(context))}
        after = brought_to(before, wanted(ME, second))
    except GuardRefused:
        assume(False)  # noqa: FBT003 - it is asked no other way

    gone = {
        name
        for setting in LISTS
        for name in {*names(setting, before.text(setting))} - {*names(setting, after.text(setting))}
        if not name.endswith(" public")  # a line that matches nobody
    }
    for name, user in before.users.items():
        now = after.users.get(name)
        if now is None or (user.may_login and not now.may_login):
            gone.add(name)
        gone |= {f"{role} {name}" for role in user.roles if now and role not in now.roles}
    event("something is gone" if gone else "nothing is gone")
    assert gone <= named
