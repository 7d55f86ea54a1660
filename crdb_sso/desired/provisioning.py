"""What tokens may change on a cluster by themselves: which users exist, and which roles they have.

* Automatic provisioning creates the user that a token names, if it does not exist.
* Group sync makes a user, at each login, a member of the roles that its token's groups name, and
  of no others.

Both are switches of the whole cluster, claimed like its other scalar settings. A switch is turned
off before anything else, and turned on once everything it works with is in place.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from crdb_sso.argument_names import Argument
from crdb_sso.crdb.formats.scalars import Bool
from crdb_sso.crdb.settings import Setting, Stage, settings_at
from crdb_sso.desired.unknown import Text, known
from crdb_sso.registry.claims import Entry, Kind

AUTO_PROVISIONING = Entry(Kind.SETTING, Setting.PROVISIONING.value)
GROUP_SYNC = Entry(Kind.SETTING, Setting.GROUP_SYNC.value)

GROUP_NAMES = {
    "group_claim": Setting.GROUP_CLAIM,
    "userinfo_group_key": Setting.USERINFO_GROUP_KEY,
}
"""The setting of each field of `GroupSync`."""

ON_LAST = settings_at(Stage.OPTIONS)
"""The settings in the order in which they are written, unless a switch is turned off."""

OFF_FIRST = tuple(s for s in reversed(ON_LAST) if isinstance(s.spec.format, Bool))
"""The switches in the order in which they are turned off."""

DEFAULT_GROUPS = Setting.GROUP_CLAIM.spec.default
"""What both names are by default."""


@dataclass(frozen=True, slots=True)
class GroupSync:
    """Where the groups of a token are.

    Attributes:
        group_claim: The claim that lists them.
        userinfo_group_key: The key under which the issuer's userinfo endpoint lists them; nodes ask
            it if the token has no such claim.
        allow_privileged: Whether groups may make users admins.
    """

    group_claim: Text = DEFAULT_GROUPS
    userinfo_group_key: Text = DEFAULT_GROUPS
    allow_privileged: bool = False


def group_entries(sync: GroupSync) -> Iterator[tuple[Entry, str]]:
    """Yield the entries of group sync."""
    for field, setting in GROUP_NAMES.items():
        yield Entry(Kind.SETTING, setting.value), known(getattr(sync, field))
    yield GROUP_SYNC, "true"


def allows_admin_groups(sync: GroupSync | None) -> bool:
    """Tell whether a program accepts that groups may make users admins."""
    return sync is not None and sync.allow_privileged


def asked_by(setting: Setting) -> str:
    """Return the argument of a program that asks for an option."""
    if setting is Setting.PROVISIONING:
        return str(Argument.AUTO_PROVISIONING)
    is_sync = setting in (Setting.GROUP_SYNC, *GROUP_NAMES.values())
    return str(Argument.GROUP_SYNC) if is_sync else "what asks for it"
