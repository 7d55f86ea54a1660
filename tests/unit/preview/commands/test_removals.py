"""What a plan removes, in lines for people."""

from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.plan.steps import Announce, FoundSetting, Plan, Retire, Write
from crdb_sso.preview.commands.removals import removal_lines
from crdb_sso.registry.claims import Claim, Entry, Kind

CLAIM = Claim(Entry(Kind.KEY, "k1"), "me", "{}", found=False)


def test_everything_that_is_removed_is_listed_in_that_order() -> None:
    plan = Plan(
        Announce(),
        (
            Write(Setting.JWKS, put=(("k2", "{}"),), drop=("k1",), found=FoundSetting("{}")),
            Write(Setting.AUDIENCE, drop=("crdb",)),
            Write(Setting.ENABLED, found=FoundSetting("false", is_default=True)),
        ),
        Retire(
            revokes=(Membership("readers", "app"),),
            alter_users={"old": LoginState.LOGIN, "older": LoginState.NOLOGIN},
            drop_users=("gone",),
            claims=(CLAIM, CLAIM),
        ),
    )

    assert removal_lines(plan) == [
        "- key k1",
        (
            "~ server.jwt_authentication.jwks goes back to what it was before the first stack,"
            " as far as nobody else has changed it"
        ),
        "- audience crdb",
        (
            "~ server.jwt_authentication.enabled goes back to its default,"
            " as far as nobody else has changed it"
        ),
        "- membership of app in readers",
        "~ SQL user old may log in",
        "~ SQL user older may not log in",
        "- SQL user gone",
        "- 2 claims",
    ]


def test_a_plan_that_removes_nothing_has_no_lines() -> None:
    assert removal_lines(Plan(Announce(claims=(CLAIM,)), (), Retire())) == []
