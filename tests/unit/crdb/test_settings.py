"""The rows of the settings, and what a cluster says about its settings."""

import pytest

from crdb_sso.crdb.settings import (
    ASKED_NAMES,
    NO_ORIGIN,
    SPECS,
    LiveSetting,
    Setting,
    check_usable,
    is_on,
    listed_settings,
    live_settings,
    missing_setting,
)
from crdb_sso.errors import GuardRefused, UnsupportedVersion

Row = tuple[str, str, str]

ROWS: list[Row] = [
    ("server.jwt_authentication.enabled", "true", "override"),
    ("server.jwt_authentication.jwks", '{"keys":[]}', "default"),
    ("server.jwt_authentication.issuers.configuration", "a", "override"),
    ("server.jwt_authentication.audience", "", "default"),
    ("server.identity_map.configuration", "", "default"),
    ("server.jwt_authentication.jwks_auto_fetch.enabled", "false", "default"),
    ("server.jwt_authentication.client.timeout", "15s", "default"),
    ("server.jwt_authentication.issuers.custom_ca", "", "default"),
    ("server.jwt_authentication.claim", "", "default"),
    ("server.host_based_authentication.configuration", "", "default"),
    ("security.provisioning.jwt.enabled", "false", "default"),
    ("server.jwt_authentication.authorization.enabled", "false", "default"),
    ("server.jwt_authentication.group_claim", "groups", "default"),
    ("server.jwt_authentication.userinfo_group_key", "groups", "default"),
]


def without(name: str) -> list[Row]:
    return [row for row in ROWS if row[0] != name]


def test_all_settings_are_asked_for_by_every_name_they_ever_had() -> None:
    assert ASKED_NAMES == (
        "security.provisioning.jwt.enabled",
        "server.host_based_authentication.configuration",
        "server.identity_map.configuration",
        "server.jwt_authentication.audience",
        "server.jwt_authentication.authorization.enabled",
        "server.jwt_authentication.claim",
        "server.jwt_authentication.client.timeout",
        "server.jwt_authentication.enabled",
        "server.jwt_authentication.group_claim",
        "server.jwt_authentication.issuers",
        "server.jwt_authentication.issuers.configuration",
        "server.jwt_authentication.issuers.custom_ca",
        "server.jwt_authentication.jwks",
        "server.jwt_authentication.jwks_auto_fetch.enabled",
        "server.jwt_authentication.userinfo_group_key",
    )


def test_rows_become_settings_that_know_whether_anybody_set_them() -> None:
    live = live_settings(ROWS)

    assert live[Setting.ENABLED] == LiveSetting("server.jwt_authentication.enabled", "true")
    assert live[Setting.AUDIENCE] == LiveSetting(
        "server.jwt_authentication.audience", "", is_default=True
    )
    assert live.keys() == set(Setting)


@pytest.mark.parametrize("row", [("<redacted>", "override"), ("x", "external-override")])
@pytest.mark.parametrize(
    "setting",
    [
        Setting.HOST_RULES,
        Setting.PROVISIONING,
        Setting.GROUP_SYNC,
        Setting.GROUP_CLAIM,
        Setting.USERINFO_GROUP_KEY,
    ],
)
def test_a_hidden_option_concerns_only_those_who_use_it(
    setting: Setting, row: tuple[str, str]
) -> None:
    live = live_settings([*without(setting.value), (setting.value, *row)])

    with pytest.raises(GuardRefused, match=setting.value):
        check_usable(live[setting])


def test_before_24_2_1_issuers_have_another_name() -> None:
    rows = without("server.jwt_authentication.issuers.configuration")
    older = ("server.jwt_authentication.issuers", "a", "override")

    assert live_settings([*rows, older])[Setting.ISSUERS] == LiveSetting(
        "server.jwt_authentication.issuers", "a"
    )


def test_if_both_names_are_listed_the_newer_one_counts() -> None:
    older = ("server.jwt_authentication.issuers", "b", "override")

    assert live_settings([older, *ROWS])[Setting.ISSUERS].text == "a"


def test_a_cluster_may_lack_key_fetching() -> None:
    live = live_settings(without("server.jwt_authentication.jwks_auto_fetch.enabled"))

    assert Setting.AUTO_FETCH not in live
    assert not is_on(live, Setting.AUTO_FETCH)


@pytest.mark.parametrize(("text", "expected"), [("true", True), ("false", False)])
def test_a_switch_is_on_when_it_reads_true(text: str, *, expected: bool) -> None:
    live = {Setting.ENABLED: LiveSetting("e", text)}
    assert is_on(live, Setting.ENABLED) is expected


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("server.jwt_authentication.enabled", "22.2"),
        ("server.jwt_authentication.jwks", "22.2"),
        ("server.jwt_authentication.issuers.configuration", "22.2"),
        ("server.jwt_authentication.audience", "22.2"),
        ("server.identity_map.configuration", "21.2"),
    ],
)
def test_a_missing_setting_is_named_with_the_first_version_that_has_it(
    name: str, version: str
) -> None:
    with pytest.raises(UnsupportedVersion, match=f"no setting {name}") as caught:
        live_settings(without(name))
    assert f"since {version}" in caught.value.hint


def test_a_setting_that_is_needed_and_missing_is_named_with_the_way_out() -> None:
    error = missing_setting(Setting.CLAIM, or_else="leave `x` out")

    assert error.what == "this cluster has no setting server.jwt_authentication.claim"
    assert error.hint == "CockroachDB has it since 23.1.2: upgrade the cluster, or leave `x` out."


def test_each_setting_has_one_row() -> None:
    assert sorted(spec.setting for spec in SPECS) == sorted(Setting)


def test_a_hidden_value_is_refused() -> None:
    hidden = ("server.identity_map.configuration", "<redacted>", "override")
    with pytest.raises(
        GuardRefused, match=r"identity_map\.configuration reads as <redac"
    ) as caught:
        live_settings([*without(hidden[0]), hidden])
    assert "GRANT SYSTEM MODIFYCLUSTERSETTING" in caught.value.hint


def test_a_value_overridden_from_outside_is_refused() -> None:
    outside = ("server.jwt_authentication.jwks", "{}", "external-override")
    with pytest.raises(GuardRefused, match=r"jwks is overridden .*: external-override") as caught:
        live_settings([*without(outside[0]), outside])
    assert "the operators of the host cluster" in caught.value.hint


def test_whole_rows_are_read_with_and_without_an_origin() -> None:
    name, note = "server.jwt_authentication.audience", "sets accepted audience values"
    since_23_2 = (name, "crdb", "s", "true", note, "", "override")
    before = (name, "crdb", "s", "true", note)

    assert listed_settings([since_23_2]) == [(name, "crdb", "override")]
    assert listed_settings([before]) == [(name, "crdb", NO_ORIGIN)]


def test_without_an_origin_a_default_is_recognised_by_its_text() -> None:
    live = live_settings([(name, text, NO_ORIGIN) for name, text, _ in ROWS])

    assert live[Setting.JWKS].is_default
    assert not live[Setting.ENABLED].is_default
    assert not live[Setting.ISSUERS].is_default
