"""A plan as statements, a line each."""

from crdb_sso.clients.sql.plan_statements import plan_statements
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.plan.steps import Announce, FoundSetting, Plan, Retire, Write
from crdb_sso.registry.claims import Claim, Entry, Kind

CLAIM = Claim(Entry(Kind.AUDIENCE, "a"), "me", "a", found=False)
LIVE = ClusterState(
    {
        setting: LiveSetting(setting.value, text)
        for setting, text in {
            Setting.IDENTITY_MAP: "i s u # \u202e\\d 'x'\n",
            Setting.AUDIENCE: "a",
            Setting.ENABLED: "true",
            Setting.PROVISIONING: "true",
        }.items()
    }
)


def test_a_plan_is_printed_in_its_order_with_every_character_visible() -> None:
    plan = Plan(
        Announce(
            "me",
            claims=(CLAIM,),
            create_users={"new": LoginState.LOGIN, 'od"d': LoginState.NOLOGIN},
            grants=(Membership("readers", "new"),),
        ),
        (
            Write(Setting.IDENTITY_MAP, put=(("i s2 u2", "i s2 u2"),)),
            Write(Setting.AUDIENCE, put=(("b", "b"),)),
            Write(Setting.AUDIENCE, drop=("a",)),
            Write(Setting.ENABLED, found=FoundSetting("false", is_default=True)),
        ),
        Retire(drop_users=("old",), claims=(CLAIM, CLAIM)),
        off=(Write(Setting.PROVISIONING, put=(("", "false"),)),),
    )

    assert plan_statements(plan, LIVE, "crdb_sso") == [
        "SET CLUSTER SETTING security.provisioning.jwt.enabled = false;",
        "-- claims written in database crdb_sso: 1",
        'CREATE USER IF NOT EXISTS "new";',
        'CREATE USER IF NOT EXISTS "od""d" NOLOGIN;',
        'GRANT "readers" TO "new";',
        (
            "SET CLUSTER SETTING server.identity_map.configuration ="
            r" E'i s u # \u202e\\d ''x''\ni s2 u2\n';"
        ),
        """SET CLUSTER SETTING server.jwt_authentication.audience = '["a","b"]';""",
        """SET CLUSTER SETTING server.jwt_authentication.audience = '["b"]';""",
        "RESET CLUSTER SETTING server.jwt_authentication.enabled;",
        'DROP USER IF EXISTS "old";',
        "-- claims released in database crdb_sso: 2",
    ]
