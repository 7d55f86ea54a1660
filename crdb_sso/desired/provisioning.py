"""What tokens may bring to a cluster by themselves: users, and the roles of users.

* Automatic provisioning creates the user that a token names, if it does not exist.
* Group sync makes a user a member of the roles that its token's groups name, at each login, and of
  no others.

Both are switches of the whole cluster, claimed like its other scalar settings. A switch goes off
before anything else, and on when all it works with stands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crdb_sso.crdb.formats.scalars import Bool
from crdb_sso.crdb.settings import LiveSetting, Setting, Stage, is_on, settings_at
from crdb_sso.registry.claims import Entry, Kind

AUTO_PROVISIONING = Entry(Kind.SETTING, Setting.PROVISIONING.value)
GROUP_SYNC = Entry(Kind.SETTING, Setting.GROUP_SYNC.value)

GROUP_NAMES = {
    "group_claim": Setting.GROUP_CLAIM,
    "userinfo_group_key": Setting.USERINFO_GROUP_KEY,
}
"""The setting of each field of `GroupSync`."""

ON_LAST = settings_at(Stage.OPTIONS)
"""The settings in the order in which they are written, unless a switch goes off."""

OFF_FIRST = tuple(s for s in reversed(ON_LAST) if isinstance(s.spec.format, Bool))
"""The switches in the order in which they go off."""

DEFAULT_GROUPS = Setting.GROUP_CLAIM.spec.default
"""What both names are unless somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class GroupSync:
    """Where the groups of a token are; None while a preview does not know.

    Attributes:
        group_claim: The claim that lists them.
        userinfo_group_key: Under which key the issuer's userinfo endpoint lists them, which is
            asked where a token does not.
    """

    group_claim: str | None = DEFAULT_GROUPS
    userinfo_group_key: str | None = DEFAULT_GROUPS


def option_entries(sync: GroupSync | None, *, provisioning: bool) -> Iterator[tuple[Entry, str]]:
    """Yield the entries of what is asked for; names that a program leaves out are the default."""
    if sync is not None:
        for field, setting in GROUP_NAMES.items():
            yield Entry(Kind.SETTING, setting.value), getattr(sync, field) or ""
        yield GROUP_SYNC, "true"
    if provisioning:
        yield AUTO_PROVISIONING, "true"


def asked_by(setting: Setting) -> str:
    """Return what of a program asks for an option."""
    if setting is Setting.PROVISIONING:
        return "`auto_provisioning`"
    is_sync = setting in (Setting.GROUP_SYNC, *GROUP_NAMES.values())
    return "`group_sync`" if is_sync else "what asks for it"


def seen_sync(asked: GroupSync | None, live: Mapping[Setting, LiveSetting]) -> GroupSync | None:
    """Return by which names a cluster syncs groups, None if it does not or nobody asked for it."""
    if asked is None or not is_on(live, Setting.GROUP_SYNC):
        return None
    return GroupSync(*(live[setting].text for setting in GROUP_NAMES.values()))
