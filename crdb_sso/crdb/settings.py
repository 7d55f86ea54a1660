"""The cluster settings that this package reads and writes: one row for each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from crdb_sso.argument_names import Argument
from crdb_sso.crdb.active_version import Series
from crdb_sso.crdb.formats.base import SettingFormat
from crdb_sso.crdb.formats.certificates import Certificates
from crdb_sso.crdb.formats.host_rules import HostRules
from crdb_sso.crdb.formats.identity_map import IdentityMap
from crdb_sso.crdb.formats.key_set import KeySet
from crdb_sso.crdb.formats.scalars import Bool, ClaimName, Duration, GroupNames
from crdb_sso.crdb.formats.string_lists import IssuerList, StringList
from crdb_sso.errors import GuardRefused, UnsupportedVersion

NEWEST_VERSION: Series = (26, 4)  # the newest whose settings and behaviour are known

VENDOR_ISSUER = "https://cockroachlabs.cloud"  # Cockroach Cloud's own SSO uses the same list

REDACTED = "<redacted>"  # CockroachDB pkg/settings/masked.go


class Setting(str, Enum):
    """Cluster settings by the name that current versions prefer."""

    ENABLED = "server.jwt_authentication.enabled"
    JWKS = "server.jwt_authentication.jwks"
    ISSUERS = "server.jwt_authentication.issuers.configuration"
    AUDIENCE = "server.jwt_authentication.audience"
    IDENTITY_MAP = "server.identity_map.configuration"
    AUTO_FETCH = "server.jwt_authentication.jwks_auto_fetch.enabled"
    TIMEOUT = "server.jwt_authentication.client.timeout"
    CUSTOM_CA = "server.jwt_authentication.issuers.custom_ca"
    CLAIM = "server.jwt_authentication.claim"
    HOST_RULES = "server.host_based_authentication.configuration"
    PROVISIONING = "security.provisioning.jwt.enabled"
    GROUP_SYNC = "server.jwt_authentication.authorization.enabled"
    GROUP_CLAIM = "server.jwt_authentication.group_claim"
    USERINFO_GROUP_KEY = "server.jwt_authentication.userinfo_group_key"

    @property
    def spec(self) -> "SettingSpec":
        """The row of this setting."""
        return _SPECS[self]


class Stage(Enum):
    """When a plan writes a setting; `crdb_sso.plan.planner` gives the reasons."""

    LINES = "new lines first, lines to remove last"
    TRUST = "what tokens are checked against"
    FETCHING = "where the nodes get keys from"
    LOGINS = "whether and how tokens log in"
    DOORS = "who may log in without a token: closed after all of the above, opened before it"
    OPTIONS = "what tokens may change: turned on after everything else, off before it"


class Counts(Enum):
    """When the value of a setting makes a difference."""

    ALWAYS = "always"
    WHILE_PINNED = "while the nodes do not fetch keys"
    WHILE_FETCHED = "while the nodes fetch keys"


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """Everything about one setting.

    Attributes:
        setting: Which one; its value is the name.
        format: How its text is read and written.
        stage: When a plan writes it.
        since: The first version that has it.
        default: What CockroachDB shows while nobody has set it.
        counts: When its value makes a difference.
        is_required: Whether nothing works without it.
        older_name: Its former name, "" if it was never renamed.
        renamed_in: The first version with its current name, "" if it was never renamed.
        called: What people call what it holds, "" if its name says it.
        tells: What is not known of who can log in while it is hidden, "" if nothing is missed.
    """

    setting: Setting
    format: SettingFormat
    stage: Stage
    since: str
    default: str = ""
    counts: Counts = Counts.ALWAYS
    is_required: bool = False
    older_name: str = ""
    renamed_in: str = ""
    called: str = ""
    tells: str = ""

    @property
    def is_option(self) -> bool:
        """Whether a hidden or overridden value concerns only those who ask for the setting."""
        return self.stage in (Stage.OPTIONS, Stage.DOORS)

    @property
    def names(self) -> tuple[str, ...]:
        """The names to look for, the current one first."""
        return (self.setting.value, self.older_name) if self.older_name else (self.setting.value,)


SPECS = (
    SettingSpec(
        Setting.IDENTITY_MAP,
        IdentityMap(),
        Stage.LINES,
        since="21.2",
        is_required=True,
        called="the identity map",
        tells="who is mapped to which user",
    ),
    SettingSpec(
        Setting.JWKS,
        KeySet(),
        Stage.TRUST,
        since="22.2",
        default='{"keys":[]}',
        counts=Counts.WHILE_PINNED,
        is_required=True,
        called="the key set",
        tells="whether there are keys",
    ),
    SettingSpec(
        Setting.ISSUERS,
        IssuerList(),
        Stage.TRUST,
        since="22.2",
        is_required=True,
        older_name="server.jwt_authentication.issuers",
        renamed_in="24.2.1",
        called="the list of issuers",
        tells="which issuers are trusted, and which of them have no line",
    ),
    SettingSpec(
        Setting.AUDIENCE,
        StringList(),
        Stage.TRUST,
        since="22.2",
        is_required=True,
        called="the list of audiences",
    ),
    SettingSpec(
        Setting.CUSTOM_CA,
        Certificates(),
        Stage.TRUST,
        since="24.2",
        counts=Counts.WHILE_FETCHED,
    ),
    SettingSpec(Setting.TIMEOUT, Duration(), Stage.FETCHING, since="24.3", default="15s"),
    SettingSpec(
        Setting.AUTO_FETCH,
        Bool(),
        Stage.FETCHING,
        since="24.1 (and 23.2.3, 23.1.17)",
        default="false",
    ),
    SettingSpec(Setting.CLAIM, ClaimName(), Stage.LOGINS, since="23.1.2"),
    SettingSpec(
        Setting.ENABLED,
        Bool(),
        Stage.LOGINS,
        since="22.2",
        default="false",
        is_required=True,
        tells="whether tokens log in at all",
    ),
    SettingSpec(Setting.HOST_RULES, HostRules(), Stage.DOORS, since="19.1"),
    SettingSpec(Setting.GROUP_CLAIM, GroupNames(), Stage.OPTIONS, since="25.4", default="groups"),
    SettingSpec(
        Setting.USERINFO_GROUP_KEY, GroupNames(), Stage.OPTIONS, since="25.4", default="groups"
    ),
    SettingSpec(Setting.GROUP_SYNC, Bool(), Stage.OPTIONS, since="25.4", default="false"),
    SettingSpec(Setting.PROVISIONING, Bool(), Stage.OPTIONS, since="25.4", default="false"),
)
"""One row for each setting; within a stage they are written in this order."""

_SPECS = {spec.setting: spec for spec in SPECS}

ASKED_NAMES = tuple(sorted(name for spec in SPECS for name in spec.names))
"""All names to ask a cluster for; which ones it knows tells what it can do."""

NO_ORIGIN = "not shown"
"""The origin of a setting on versions that do not show it (before 23.2)."""


@dataclass(frozen=True, slots=True)
class LiveSetting:
    """What a cluster says about one of its settings.

    Attributes:
        name: The name this cluster has for it.
        text: Its value as text; booleans are `true` or `false`.
        is_default: Whether nobody has set it.
        origin: Where the value comes from: default, override, or from outside the cluster.
    """

    name: str
    text: str
    is_default: bool = False
    origin: str = field(default="override", compare=False)


def settings_at(stage: Stage) -> tuple[Setting, ...]:
    """Return the settings of a stage in the order of their rows."""
    return tuple(spec.setting for spec in SPECS if spec.stage is stage)


def listed_settings(rows: Iterable[Sequence[str]]) -> list[tuple[str, str, str]]:
    """Return `(variable, value, origin)` out of whole rows of SHOW ALL CLUSTER SETTINGS.

    The columns are variable, value, setting_type, public, description, and since 23.2 default_value
    and origin (CockroachDB pkg/sql/delegate/show_all_cluster_settings.go).
    """
    with_origin = 7
    return [(row[0], row[1], row[6] if len(row) >= with_origin else NO_ORIGIN) for row in rows]


def live_settings(rows: Iterable[tuple[str, str, str]]) -> dict[Setting, LiveSetting]:
    """Return the settings out of `(variable, value, origin)` rows of SHOW ALL CLUSTER SETTINGS.

    Raises:
        UnsupportedVersion: A required setting is missing.
        GuardRefused: A value is hidden from this operator, or overridden from outside.
    """
    by_name = {variable: (value, origin) for variable, value, origin in rows}
    live = {}
    for setting in Setting:
        spec = setting.spec
        name = next((name for name in spec.names if name in by_name), None)
        if name is not None:
            value, origin = by_name[name]
            is_default = value == spec.default if origin == NO_ORIGIN else origin == "default"
            live[setting] = LiveSetting(name, value, is_default, origin)
            if not spec.is_option:
                check_usable(live[setting])
        elif spec.is_required:
            raise missing_setting(
                setting, or_else=f"check that {Argument.CLUSTER_URL} names a CockroachDB cluster"
            )
    return live


def missing_setting(
    setting: Setting, *, or_else: str, so: str = "", since: str = ""
) -> UnsupportedVersion:
    """Return the error for a setting that a cluster lacks.

    Args:
        setting: The one that is needed.
        or_else: What to do where the cluster can't be upgraded, e.g. "leave out `x`".
        so: What is impossible without it, if that needs saying.
        since: The first version that helps, if it is not the first one with the setting.
    """
    return UnsupportedVersion(
        f"{f'{so}: ' if so else ''}this cluster has no setting {setting.value}",
        hint=f"CockroachDB has it since {since or setting.spec.since}: upgrade the cluster, or"
        f" {or_else}.",
    )


def check_usable(setting: LiveSetting) -> None:
    """Check that a live value can be merged.

    Raises:
        GuardRefused: It is hidden from this operator, or overridden from outside.
    """
    if setting.text == REDACTED:
        raise GuardRefused(
            f"setting {setting.name} reads as {REDACTED}: what others wrote there can't be kept",
            hint="GRANT SYSTEM MODIFYCLUSTERSETTING to the operator (VIEWCLUSTERSETTING is not"
            " enough while server.redact_sensitive_settings.enabled is on).",
        )
    if setting.origin not in ("default", "override", NO_ORIGIN):
        raise GuardRefused(
            f"setting {setting.name} is overridden from outside this (virtual) cluster:"
            f" {setting.origin}",
            hint="Ask the operators of the host cluster to drop the override; writing here has no"
            " effect.",
        )


def is_usable(setting: LiveSetting) -> bool:
    """Tell whether `check_usable` accepts a live value."""
    try:
        check_usable(setting)
    except GuardRefused:
        return False
    return True


def is_on(live: Mapping[Setting, LiveSetting], setting: Setting) -> bool:
    """Tell whether a boolean setting exists and is on."""
    return setting in live and live[setting].text == "true"
