"""What each version has and does, as far as no server is needed to see it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from dev.emulator.setting_texts.settings import ISSUERS, JWT, settings_of
from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.dialect import Dialect, session_dialect
from dev.emulator.statements.reader import plans
from dev.emulator.versions import DEFAULT, VERSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = ["22.2", "23.1", "24.1", "25.2", "25.4", "26.2", "26.4"]


def test_these_versions_are_imitated() -> None:
    assert list(VERSIONS) == ALL
    assert DEFAULT.name == "25.2"


@pytest.mark.parametrize(
    ("version", "build"),
    [
        ("22.2", "v22.2.0"),
        ("23.1", "v23.1.16"),
        ("24.1", "v24.1.1"),
        ("25.2", "v25.2.0"),
        ("25.4", "v25.4.0"),
        ("26.2", "v26.2.0"),
        ("26.4", "v26.4.0"),
    ],
)
def test_a_version_names_its_patch_and_says_that_it_is_not_cockroachdb(
    version: str, build: str
) -> None:
    text = "(an imitation for development and tests, not CockroachDB)"
    assert VERSIONS[version].build == f"CockroachDB CCL {build} EMULATOR {text}"


FIRST = {"audience", "enabled", "issuers", "jwks"}
SINCE_24_1 = {"audience", "claim", "enabled", "issuers", "jwks", "jwks_auto_fetch.enabled"}
SINCE_24_3 = (SINCE_24_1 - {"issuers"}) | {
    "client.timeout",
    "issuers.configuration",
    "issuers.custom_ca",
}
SINCE_25_4 = SINCE_24_3 | {"authorization.enabled", "group_claim", "userinfo_group_key"}


@pytest.mark.parametrize(
    ("version", "jwt", "others"),
    [
        ("22.2", FIRST, set()),
        ("23.1", FIRST | {"claim"}, set()),
        ("24.1", SINCE_24_1, {"redact"}),
        ("25.2", SINCE_24_3, {"redact"}),
        ("25.4", SINCE_25_4, {"redact", "provisioning"}),
        ("26.2", SINCE_25_4, {"redact", "provisioning"}),
        ("26.4", SINCE_25_4, {"redact", "provisioning"}),
    ],
)
def test_a_version_has_these_settings(version: str, jwt: set[str], others: set[str]) -> None:
    names = set(settings_of(VERSIONS[version]).by_name)
    assert {name.removeprefix(JWT) for name in names if name.startswith(JWT)} == jwt
    later = {
        "redact": "server.redact_sensitive_settings.enabled",
        "provisioning": "security.provisioning.jwt.enabled",
    }
    assert {word for word, name in later.items() if name in names} == others
    assert settings_of(VERSIONS[version]).by_name["version"].fallback == version


@pytest.mark.parametrize(
    ("version", "preferred"),
    [
        ("22.2", "server.jwt_authentication.issuers"),
        ("24.1", "server.jwt_authentication.issuers"),
        ("25.2", "server.jwt_authentication.issuers.configuration"),
        ("26.2", "server.jwt_authentication.issuers.configuration"),
        ("26.4", "server.jwt_authentication.issuers.configuration"),
    ],
)
def test_issuers_have_a_new_name_in_later_versions(version: str, preferred: str) -> None:
    assert settings_of(VERSIONS[version]).preferred(ISSUERS) == preferred


@pytest.mark.parametrize(
    ("version", "public"),
    [("22.2", False), ("23.1", False), ("24.1", False), ("25.2", True), ("26.2", True)],
)
def test_the_settings_of_tokens_became_public(version: str, *, public: bool) -> None:
    assert settings_of(VERSIONS[version]).by_name[JWT + "enabled"].public is public
    assert settings_of(VERSIONS[version]).by_name["version"].public


MAP = '{"issuer_jwks_map":{"https://i":"https://u"}}'


@pytest.mark.parametrize(
    ("version", "text", "refusal"),
    [
        pytest.param("24.1", '["https://i"]', None, id="a list, old"),
        pytest.param(
            "24.1",
            MAP,
            "JWT authentication issuers JSON not valid: "
            "json: cannot unmarshal object into Go value of type []string",
            id="a map, old",
        ),
        pytest.param("25.2", MAP, None, id="a map"),
        pytest.param(
            "25.2",
            "5",
            "JWT authentication: issuers JSON not valid: "
            "json: cannot unmarshal number into Go value of type []string\n"
            "json: cannot unmarshal number into Go value of type jwtauthccl.issuerJWKSMap",
            id="a number",
        ),
    ],
)
def test_issuers_may_be_a_map_from_24_3_on(version: str, text: str, refusal: str | None) -> None:
    settings = settings_of(VERSIONS[version])
    validate = settings.by_name[settings.preferred(ISSUERS)].validate
    assert validate is not None
    assert _said(lambda: validate(text)) == refusal


def _said(act: Callable[[], object]) -> str | None:
    try:
        act()
    except SqlError as refused:
        return refused.message
    return None


@pytest.mark.parametrize(
    ("version", "variables", "is_open"),
    [
        ("22.2", {}, True),
        ("25.2", {}, True),
        ("25.4", {}, True),
        ("25.4", {"allow_unsafe_internals": "off"}, False),
        ("26.2", {}, False),
        ("26.2", {"allow_unsafe_internals": "on"}, True),
        ("26.4", {}, False),
    ],
)
def test_internals_are_closed_by_version_and_session(
    version: str, variables: dict[str, str], *, is_open: bool
) -> None:
    assert session_dialect(VERSIONS[version], variables).internals_open is is_open


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT crdb_internal.cluster_id()", "42501"),
        ("SELECT crdb_internal.node_id()", "42501"),
        ("SELECT * FROM crdb_internal.cluster_settings", "42501"),
        ("SELECT * FROM SYSTEM.users", "42501"),
        ("SELECT * FROM system.public.settings AS s", "42501"),
        ("WITH s AS (SELECT * FROM system.users) SELECT * FROM s", "42501"),
        ("SELECT * FROM [SHOW USERS]", ""),
        ("SHOW ALL CLUSTER SETTINGS", ""),
        ("SELECT system.a FROM t AS system", ""),
        ("SELECT * FROM pg_catalog.pg_roles", ""),
    ],
)
def test_nothing_but_the_internals_is_closed(statement: str, expected: str) -> None:
    closed = Dialect(VERSIONS["26.2"], internals_open=False)
    if not expected:
        assert plans(statement, closed)
        return
    with pytest.raises(SqlError) as raised:
        plans(statement, closed)
    assert raised.value.sqlstate == expected
    assert "allow_unsafe_internals = true" in (raised.value.hint or "")


@pytest.mark.parametrize(
    ("statement", "since"),
    [
        ("CREATE USER u SUBJECT 'CN=u'", "24.1"),
        ("ALTER USER u PROVISIONSRC 'jwt_token:https://i'", "25.4"),
        ("SHOW allow_unsafe_internals", "25.4"),
        ("SET autocommit_before_ddl = off", "24.1"),
        ("SET transaction_timeout = '5s'", "24.1"),
        ("RESET allow_role_memberships_to_change_during_transaction", "25.2"),
        ("SET CLUSTER SETTING server.jwt_authentication.claim = 'email'", "23.1"),
        ("SHOW CLUSTER SETTING server.jwt_authentication.group_claim", "25.4"),
        ("SHOW USERS", "22.2"),
        ("SELECT pg_advisory_xact_lock(1)", "26.4"),
        ("SELECT pg_try_advisory_xact_lock(1)", "26.4"),
    ],
)
def test_a_statement_is_known_since_a_version(statement: str, since: str) -> None:
    known = [name for name in ALL if _said(partial(plans, statement, _of(name))) is None]
    assert known == ALL[ALL.index(since) :]


def _of(version: str) -> Dialect:
    return Dialect(VERSIONS[version])
