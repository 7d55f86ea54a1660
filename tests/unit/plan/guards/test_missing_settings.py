"""A setting that a program needs, on a cluster that lacks it."""

import pytest

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import Desired, Source
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.errors import UnsupportedVersion
from tests.unit.cluster_model import Cluster, planned, with_texts
from tests.unit.crdb.test_pem import A
from tests.unit.named_keys import ec_key
from tests.unit.request_strategies import wanted

BY_SUBJECT = Source(
    "https://idp.example.com",
    keys={"k1": ec_key("k1")},
    subject_is_username=True,
    audience="crdb",
)
FETCHED = Desired({"idp": Source("https://idp.example.com", ca=A)}, {}, fetched=True)


def without(setting: Setting) -> Cluster:
    return Cluster({s: live for s, live in with_texts({}).items() if s is not setting})


def test_a_claim_is_refused_though_it_maps_no_login() -> None:
    wish = Desired({"idp": BY_SUBJECT}, {}, claim="email")

    with pytest.raises(UnsupportedVersion) as caught:
        planned(without(Setting.CLAIM), wanted("me", wish))

    assert caught.value.what == "this cluster has no setting server.jwt_authentication.claim"
    assert caught.value.hint == (
        "CockroachDB has it since 23.1.2: upgrade the cluster, or leave out `claim`."
    )


@pytest.mark.parametrize(
    ("setting", "wish", "way_out"),
    [
        pytest.param(Setting.AUTO_FETCH, FETCHED, 'or use keys="pinned".', id="fetching"),
        pytest.param(Setting.CUSTOM_CA, FETCHED, 'or use keys="pinned".', id="a private CA"),
        pytest.param(
            Setting.HOST_RULES,
            Desired({}, {}, sso_only={}),
            "or leave out `sso_only` (in the configuration `ssoOnly`).",
            id="host-based rules",
        ),
        pytest.param(
            Setting.GROUP_CLAIM,
            Desired({}, {}, group_sync=GroupSync()),
            "or leave out `group_sync` (in the configuration `groupSync`).",
            id="group sync",
        ),
        pytest.param(
            Setting.PROVISIONING,
            Desired({}, {}, auto_provisioning=True),
            "or leave out `auto_provisioning` (in the configuration `autoProvisioning`).",
            id="automatic provisioning",
        ),
    ],
)
def test_the_way_out_is_the_argument_that_asks_for_it(
    setting: Setting, wish: Desired, way_out: str
) -> None:
    with pytest.raises(UnsupportedVersion, match=f"no setting {setting.value}") as caught:
        planned(without(setting), wanted("me", wish))

    assert caught.value.hint.endswith(way_out)


def test_a_cluster_without_a_time_limit_setting_fetches_all_the_same() -> None:
    assert planned(without(Setting.TIMEOUT), wanted("me", FETCHED))


def test_whoever_asks_for_nothing_is_not_refused() -> None:
    assert not planned(without(Setting.CLAIM), wanted("me"))
