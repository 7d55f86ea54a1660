"""What a refresh finds lost or changed, in lines for people."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.hba import Door
from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.desired.remembered import Remembered
from crdb_sso.plan.drift import Observed, ObservedLogin, ObservedSource
from crdb_sso.preview.losses import loss_lines

SOURCE = Source("https://idp.example.com", keys={"k1": "{1}"}, audience="subjects", ca="PEM")
APP = Login({"orders": Identity("idp", "crdb", "orders")}, frozenset({"readers"}))
OPS, MON = Door("ops"), Door("mon")
WRITTEN = Remembered(
    Desired({"idp": SOURCE}, {"app": APP}, sso_only={OPS: "cert", MON: "cert"}),
)
SAME_SOURCE = ObservedSource({"k1": "{1}"}, audience="subjects")
SAME_LOGIN = ObservedLogin({"orders": "crdb"}, frozenset({"readers"}))
SAME = Observed(
    {"idp": SAME_SOURCE},
    {"app": SAME_LOGIN},
    {Setting.ENABLED: "true"},
    {OPS: "cert", MON: "cert"},
    (),
    {},
)


def source(seen: ObservedSource) -> Observed:
    return replace(SAME, sources={"idp": seen})


def login(seen: ObservedLogin) -> Observed:
    return replace(SAME, logins={"app": seen})


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param(SAME, [], id="nothing"),
        pytest.param(
            replace(SAME, logins={}), ["lost: app: there is no such SQL user any more"], id="a user"
        ),
        pytest.param(
            login(replace(SAME_LOGIN, roles=frozenset())),
            ["lost: app: no longer a member of readers"],
            id="a role",
        ),
        pytest.param(
            login(replace(SAME_LOGIN, identities={})),
            ["lost: app: idp subject orders may no longer log in"],
            id="a line",
        ),
        pytest.param(
            login(replace(SAME_LOGIN, identities={"orders": ""})),
            ["lost: app: idp subject orders: the audience crdb is no longer accepted"],
            id="an audience",
        ),
        pytest.param(
            login(replace(SAME_LOGIN, may_login=False)),
            ["changed: app: shut out (NOLOGIN)"],
            id="NOLOGIN",
        ),
        pytest.param(
            source(replace(SAME_SOURCE, is_trusted=False)),
            [
                (
                    "lost: idp: issuer https://idp.example.com is no longer trusted, or no longer"
                    " only through identity map lines"
                )
            ],
            id="an issuer",
        ),
        pytest.param(
            source(replace(SAME_SOURCE, keys={})),
            ["lost: idp: key k1 is no longer trusted"],
            id="a key",
        ),
        pytest.param(
            source(replace(SAME_SOURCE, keys={"k1": "{2}"})),
            ["changed: idp: key k1 is another key"],
            id="a replaced key",
        ),
        pytest.param(
            source(replace(SAME_SOURCE, audience="", has_ca=False)),
            [
                "lost: idp: the audience subjects is no longer accepted",
                "lost: idp: the nodes no longer trust the CA of its server",
            ],
            id="what a source has besides keys",
        ),
        pytest.param(
            replace(SAME, scalars={Setting.ENABLED: "false"}),
            ["changed: server.jwt_authentication.enabled is 'false', not 'true'"],
            id="a switch",
        ),
        pytest.param(
            replace(SAME, scalars={}, lacking=frozenset({Setting.ENABLED})),
            ["changed: server.jwt_authentication.enabled is gone, not 'true'"],
            id="a setting that the cluster no longer has",
        ),
        pytest.param(
            replace(SAME, sso_only=None),
            ["lost: SSO only: the cluster no longer rejects logins without a token"],
            id="the doors are open",
        ),
        pytest.param(
            replace(SAME, sso_only={OPS: "cert"}),
            ["lost: SSO only: mon from all is no longer kept"],
            id="a door",
        ),
        pytest.param(
            replace(SAME, leftovers=("key k9",)),
            ["found: key k9, left over from an unfinished change"],
            id="something left over",
        ),
    ],
)
def test_lost(shown: Observed, expected: list[str]) -> None:
    assert loss_lines(WRITTEN, shown) == expected


def test_what_the_last_refresh_said_is_not_said_again() -> None:
    before = replace(WRITTEN, untrusted=frozenset({"idp"}), leftovers=("key k9",))
    shown = replace(source(replace(SAME_SOURCE, is_trusted=False)), leftovers=("key k9",))
    assert loss_lines(before, shown) == []
