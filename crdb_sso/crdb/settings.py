"""The cluster settings this package reads and writes, and what it demands of their live values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from crdb_sso.errors import GuardRefused, UnsupportedVersion

VENDOR_ISSUER = "https://cockroachlabs.cloud"  # Cockroach Cloud's own SSO stands in the same list

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


OLDER_NAMES = {Setting.ISSUERS: "server.jwt_authentication.issuers"}  # up to 24.2

FIRST_VERSION = {
    Setting.ENABLED: "22.2",
    Setting.JWKS: "22.2",
    Setting.ISSUERS: "22.2",
    Setting.AUDIENCE: "22.2",
    Setting.IDENTITY_MAP: "21.2",
}
"""The settings without which nothing works, and the first version that has each."""

LOOKED_AT_WHERE_USED = frozenset(
    {
        Setting.HOST_RULES,
        Setting.PROVISIONING,
        Setting.GROUP_SYNC,
        Setting.GROUP_CLAIM,
        Setting.USERINFO_GROUP_KEY,
    }
)
"""Options of the whole cluster: a hidden or overridden one is a matter of whoever asks for it."""

ASKED_NAMES = tuple(sorted({s.value for s in Setting} | set(OLDER_NAMES.values())))
"""All names to ask a cluster for; which of them it knows tells what it can do."""


DEFAULT_TEXT = {
    Setting.ENABLED: "false",
    Setting.AUTO_FETCH: "false",
    Setting.HOST_RULES: "",
    Setting.PROVISIONING: "false",
    Setting.GROUP_SYNC: "false",
    Setting.GROUP_CLAIM: "groups",
    Setting.USERINFO_GROUP_KEY: "groups",
    Setting.TIMEOUT: "15s",
    Setting.CUSTOM_CA: "",
    Setting.CLAIM: "",
    Setting.JWKS: '{"keys":[]}',
    Setting.ISSUERS: "",
    Setting.AUDIENCE: "",
    Setting.IDENTITY_MAP: "",
}
"""What CockroachDB answers while nobody has set a setting."""

UNTOLD = "untold"
"""The origin of a setting on versions that do not tell it (before 23.2)."""


@dataclass(frozen=True, slots=True)
class LiveSetting:
    """What a cluster says of one of its settings.

    Attributes:
        name: The name under which this cluster has it.
        text: Its value as text; booleans are `true` or `false`.
        is_default: Whether nobody has set it.
        origin: Who has: default, override, or somebody outside.
    """

    name: str
    text: str
    is_default: bool = False
    origin: str = field(default="override", compare=False)


def listed_settings(rows: Iterable[Sequence[str]]) -> list[tuple[str, str, str]]:
    """Return `(variable, value, origin)` out of whole rows of SHOW ALL CLUSTER SETTINGS.

    The columns are variable, value, setting_type, public, description, and since 23.2 default_value
    and origin (CockroachDB pkg/sql/delegate/show_all_cluster_settings.go).
    """
    told = 7
    return [(row[0], row[1], row[6] if len(row) >= told else UNTOLD) for row in rows]


def live_settings(rows: Iterable[tuple[str, str, str]]) -> dict[Setting, LiveSetting]:
    """Return the settings out of `(variable, value, origin)` rows of SHOW ALL CLUSTER SETTINGS.

    Raises:
        UnsupportedVersion: A setting is missing without which nothing works.
        GuardRefused: A value is hidden from this operator, or overridden from outside.
    """
    by_name = {variable: (value, origin) for variable, value, origin in rows}
    live = {}
    for setting in Setting:
        name = setting.value if setting.value in by_name else OLDER_NAMES.get(setting, "")
        if name in by_name:
            value, origin = by_name[name]
            is_default = value == DEFAULT_TEXT[setting] if origin == UNTOLD else origin == "default"
            live[setting] = LiveSetting(name, value, is_default, origin)
            if setting not in LOOKED_AT_WHERE_USED:
                check_usable(live[setting])
        elif setting in FIRST_VERSION:
            raise UnsupportedVersion(
                f"this cluster has no setting {setting.value}",
                hint=f"CockroachDB has it since {FIRST_VERSION[setting]}: upgrade the cluster, or"
                " check that cluster_url names a CockroachDB cluster.",
            )
    return live


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
    if setting.origin not in ("default", "override", UNTOLD):
        raise GuardRefused(
            f"setting {setting.name} is overridden from outside this (virtual) cluster:"
            f" {setting.origin}",
            hint="Ask who runs the host cluster to drop the override; writing here has no effect.",
        )


def is_usable(setting: LiveSetting) -> bool:
    """Tell whether `check_usable` has nothing against a live value."""
    try:
        check_usable(setting)
    except GuardRefused:
        return False
    return True


def is_on(live: Mapping[Setting, LiveSetting], setting: Setting) -> bool:
    """Tell whether a boolean setting exists and is on."""
    return setting in live and live[setting].text == "true"
