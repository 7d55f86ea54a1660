"""What a plan adds or changes, in lines for people."""

from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.plan.steps import Announce, Plan, Retire, Write
from crdb_sso.preview.commands.additions import addition_lines

TEXTS = {
    Setting.AUDIENCE: '["there"]',
    Setting.JWKS: '{"keys":[{"kid":"k1","kty":"OKP","crv":"Ed25519","x":"AA"}]}',
    Setting.ENABLED: "false",
    Setting.CLAIM: "email",
}
LIVE = {setting: LiveSetting(setting.value, text) for setting, text in TEXTS.items()}


def test_users_come_first_and_what_is_there_is_not_named() -> None:
    jwk = '{"kid":"k1","kty":"OKP","crv":"Ed25519","x":"AQ"}'
    plan = Plan(
        Announce(
            "me",
            create_users={"new": LoginState.LOGIN, "out": LoginState.NOLOGIN},
            alter_users={"old": LoginState.LOGIN},
            grants=(Membership("readers", "new"),),
        ),
        (
            Write(Setting.AUDIENCE, put=(("there", "there"), ("more\x1b", "more\x1b"))),
            Write(Setting.JWKS, put=(("k1", jwk), ("k2", jwk))),
            Write(Setting.ENABLED, put=(("", "true"),)),
            Write(Setting.CLAIM, put=(("", "email"),)),
        ),
        Retire(),
    )

    assert addition_lines(plan, LIVE) == [
        "+ SQL user new",
        "+ SQL user out, NOLOGIN",
        "~ SQL user old may log in",
        "+ membership of new in readers",
        "+ audience more\\x1b",
        "~ key k1 as it was written",
        "+ key k2",
        "~ server.jwt_authentication.enabled: 'true', now 'false'",
    ]
