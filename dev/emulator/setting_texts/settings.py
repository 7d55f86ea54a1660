"""The cluster settings that the embedded cluster knows, and the versions that have them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dev.emulator.jose.keys import validate_jwks
from dev.emulator.setting_texts.claim import validate_claim
from dev.emulator.setting_texts.custom_ca import validate_custom_ca
from dev.emulator.setting_texts.group_claims import validate_group_claims
from dev.emulator.setting_texts.hba_rules import SETTING as HBA
from dev.emulator.setting_texts.hba_rules import validate_host_rules
from dev.emulator.setting_texts.identity_map import validate_identity_map
from dev.emulator.setting_texts.issuers_and_audiences import (
    validate_audience,
    validate_issuer_list,
    validate_issuers,
)
from dev.emulator.sqlerror import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dev.emulator.versions import Series, Version

STRING, BOOL, DURATION, INT, ENUM, VERSION_KIND = "s", "b", "d", "i", "e", "m"

IDENTITY_MAP = "server.identity_map.configuration"
AUTO_FETCH = "server.jwt_authentication.jwks_auto_fetch.enabled"
JWT = "server.jwt_authentication."
ISSUERS = JWT + "issuers"
"""The name that every version takes: at first the only one, later an alias."""
GROUPS_ENABLED = JWT + "authorization.enabled"
GROUP_CLAIM = JWT + "group_claim"
USERINFO_GROUP_KEY = JWT + "userinfo_group_key"
CUSTOM_CA = JWT + "issuers.custom_ca"
CLIENT_TIMEOUT = JWT + "client.timeout"
UNSAFE_OVERRIDE = "sql.override.allow_unsafe_internals.enabled"
"""Opens `crdb_internal` and `system` to every session."""
PROVISIONING = "security.provisioning.jwt.enabled"
LICENCE = "enterprise.license"
VERSION = "version"


@dataclass(frozen=True)
class Setting:
    """What the cluster knows of one setting.

    Attributes:
        name: The preferred name.
        kind: The letter that SHOW CLUSTER SETTINGS prints as its type.
        fallback: The value while nothing is set, as the list prints it.
        description: One line.
        sensitive: Redacted for readers who may not set it, when redaction is on.
        validate: Raises SqlError for a value that the cluster refuses.
        later_check: The first series that checks a value in another way, and how it does.
        alias: Another name for it, of older versions.
        public: Whether SHOW CLUSTER SETTINGS lists it.
        since: The first series that has it.
        before: The first series that no longer has it.
    """

    name: str
    kind: str
    fallback: str
    description: str
    sensitive: bool = False
    validate: Callable[[str], None] | None = None
    later_check: tuple[Series, Callable[[str], None]] | None = None
    alias: str = ""
    public: bool = True
    since: Series = (22, 2)
    before: Series = (99, 1)


@dataclass(frozen=True)
class Settings:
    """The settings of one version.

    Attributes:
        by_name: Each under its preferred name.
        aliases: Preferred names by the aliases of settings.
    """

    by_name: Mapping[str, Setting]
    aliases: Mapping[str, str]

    def preferred(self, name: str) -> str:
        """Return the name a setting goes by, given that name or an alias in any case."""
        return self.aliases.get(name.lower(), name.lower())


@functools.cache
def settings_of(version: Version) -> Settings:
    """Return the settings of a version."""
    there = [_as_of(s, version) for s in DEFINITIONS if s.since <= version.series < s.before]
    shown = [replace(s, public=s.public and _is_public(s.name, version)) for s in there]
    by_name = {s.name: s for s in shown}
    by_name[VERSION] = replace(by_name[VERSION], fallback=version.name)
    return Settings(by_name, {s.alias: s.name for s in shown if s.alias})


def _as_of(setting: Setting, version: Version) -> Setting:
    if setting.later_check is None or version.series < setting.later_check[0]:
        return setting
    return replace(setting, validate=setting.later_check[1])


def _is_public(name: str, version: Version) -> bool:
    return version.settings_are_public or not name.startswith(JWT)


def _fixed(text: str) -> None:
    raise SqlError(
        f"versions cannot be changed in the embedded cluster (asked for {text})",
        sqlstate="0A000",
    )


DEFINITIONS = (
    Setting("cluster.organization", STRING, "", "organization name"),
    Setting(LICENCE, STRING, "", "the encoded cluster license", sensitive=True),
    Setting(
        HBA,
        STRING,
        "",
        "host-based authentication configuration to use during connection authentication",
        sensitive=True,
        validate=validate_host_rules,
        later_check=((26, 4), functools.partial(validate_host_rules, has_oauth=True)),
    ),
    Setting(
        IDENTITY_MAP,
        STRING,
        "",
        "system-identity to database-username mappings",
        sensitive=True,
        validate=validate_identity_map,
    ),
    Setting(
        JWT + "audience",
        STRING,
        "",
        "sets accepted audience values for JWT logins over the SQL interface",
        validate=validate_audience,
    ),
    Setting(
        GROUPS_ENABLED,
        BOOL,
        "false",
        "enables or disables role synchronization from the groups of JWT logins",
        public=False,
        since=(25, 4),
    ),
    Setting(
        JWT + "claim",
        STRING,
        "",
        "sets the JWT claim that is parsed to get the username",
        later_check=((26, 3), validate_claim),
        since=(23, 1),  # 23.1.2
    ),
    Setting(
        CLIENT_TIMEOUT,
        DURATION,
        "15s",
        "sets the client timeout for external calls made during JWT authentication",
        since=(24, 3),
    ),
    Setting(JWT + "enabled", BOOL, "false", "enables or disables JWT login for the SQL interface"),
    Setting(
        GROUP_CLAIM,
        STRING,
        "groups",
        "sets the JWT claim that holds the groups of a user",
        validate=validate_group_claims,
        public=False,
        since=(25, 4),
    ),
    Setting(
        ISSUERS,
        STRING,
        "",
        "sets accepted issuer values for JWT logins over the SQL interface",
        validate=validate_issuer_list,
        before=(24, 2),  # 24.2.1; a map too in later patches of 23.1, 23.2 and 24.1
    ),
    Setting(
        JWT + "issuers.configuration",
        STRING,
        "",
        "sets accepted issuer values for JWT logins over the SQL interface",
        validate=validate_issuers,
        alias=ISSUERS,
        since=(24, 2),  # 24.2.1
    ),
    Setting(
        CUSTOM_CA,
        STRING,
        "",
        "sets the PEM encoded custom root CA for verifying certificates while fetching JWKS",
        sensitive=True,
        validate=validate_custom_ca,
        since=(24, 2),
    ),
    Setting(
        JWT + "jwks",
        STRING,
        '{"keys":[]}',
        "sets the public key set for JWT logins over the SQL interface (JWKS format)",
        validate=validate_jwks,
    ),
    Setting(
        AUTO_FETCH,
        BOOL,
        "false",
        "enables or disables automatic fetching of JWKS from the issuer's well-known endpoint",
        since=(24, 1),  # and 23.2.3, and 23.1.17: a later patch than the one imitated
    ),
    Setting(
        USERINFO_GROUP_KEY,
        STRING,
        "groups",
        "sets the key of the userinfo answer that holds the groups of a user",
        validate=validate_group_claims,
        public=False,
        since=(25, 4),
    ),
    Setting(
        PROVISIONING,
        BOOL,
        "false",
        "enables or disables automatic creation of users at their first JWT login",
        public=False,
        since=(25, 4),
    ),
    Setting(
        "server.redact_sensitive_settings.enabled",
        BOOL,
        "false",
        "enables or disables the redaction of sensitive settings in the output of "
        "SHOW CLUSTER SETTINGS and SHOW ALL CLUSTER SETTINGS for users without the "
        "MODIFYCLUSTERSETTING privilege",
        since=(24, 1),  # and 23.2.1
    ),
    Setting(
        "sql.auth.change_own_password.enabled",
        BOOL,
        "false",
        "controls whether a user is allowed to change their own password, even if they have no "
        "other privileges",
        since=(23, 1),
    ),
    Setting("sql.defaults.distsql", ENUM, "auto", "default distributed SQL execution mode"),
    Setting(
        "sql.defaults.idle_in_session_timeout",
        DURATION,
        "0s",
        "default value for the idle_in_session_timeout session setting",
    ),
    Setting(
        "sql.defaults.transaction_rows_read_err",
        INT,
        "0",
        "the limit for the number of rows read by a SQL transaction",
    ),
    Setting(
        UNSAFE_OVERRIDE,
        BOOL,
        "false",
        "allows access to the internals of the cluster whatever allow_unsafe_internals says",
        public=False,
        since=(26, 2),
    ),
    Setting(
        VERSION,
        VERSION_KIND,
        "",
        "set the active cluster version in the format '<major>.<minor>'",
        validate=_fixed,
    ),
)
