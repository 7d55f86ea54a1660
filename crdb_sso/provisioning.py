"""What tokens may bring to a cluster by themselves: users, and the roles of users.

* Automatic provisioning makes the user that a token names, if there is none.
* Group sync makes a user a member of the roles that its token's groups name, at each login, and of
  no others.

Both are switches of the whole cluster, claimed like its other scalar settings. A switch goes off
before anything else, and on when all it works with stands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crdb_sso.claims import Entry, Kind
from crdb_sso.settings import DEFAULT_TEXT, LiveSetting, Setting, is_on

AUTO_PROVISIONING = Entry(Kind.SETTING, Setting.PROVISIONING.value)
GROUP_SYNC = Entry(Kind.SETTING, Setting.GROUP_SYNC.value)

GROUP_NAMES = {
    "group_claim": Setting.GROUP_CLAIM,
    "userinfo_group_key": Setting.USERINFO_GROUP_KEY,
}
"""The setting of each field of `GroupSync`."""

OFF_FIRST = (Setting.PROVISIONING, Setting.GROUP_SYNC)
"""The switches in the order in which they go off."""

ON_LAST = (*GROUP_NAMES.values(), *reversed(OFF_FIRST))
"""The settings in the order in which they are written otherwise."""

DEFAULT_GROUPS = DEFAULT_TEXT[Setting.GROUP_CLAIM]
"""What both names are where nobody says otherwise."""


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


def seen_sync(asked: GroupSync | None, live: Mapping[Setting, LiveSetting]) -> GroupSync | None:
    """Return by which names a cluster syncs groups, None if it does not or nobody asked for it."""
    if asked is None or not is_on(live, Setting.GROUP_SYNC):
        return None
    return GroupSync(*(live[setting].text for setting in GROUP_NAMES.values()))


# what people are told


def provisioning_lines(*, before: bool, after: bool) -> Iterator[str]:
    """Yield what changes about automatic provisioning."""
    if after and not before:
        yield (
            "~ automatic provisioning of the whole cluster: a token may create the user it names,"
            " an expired one too; such users are no stack's and stay"
        )
    if before and not after:
        yield (
            "~ automatic provisioning of the whole cluster: this stack asks for it no more; users"
            " that tokens created stay"
        )


def sync_lines(before: GroupSync | None, after: GroupSync | None) -> Iterator[str]:
    """Yield what changes about group sync."""
    if before == after:
        return
    if after is None:
        yield (
            "~ group sync of the whole cluster: this stack asks for it no more; roles stay as the"
            " last logins left them"
        )
        return
    if before is None:
        yield (
            "~ group sync of the whole cluster: each login revokes every role that the token's"
            " groups do not name, roles given by hand and admin too"
        )
    yield (
        f"~ groups of a token are its claim {_shown(after.group_claim)}; where it has none,"
        f" {_shown(after.userinfo_group_key)} of its issuer's userinfo endpoint, else the login is"
        " refused"
    )


def _shown(text: str | None) -> str:
    return "[unknown]" if text is None else text
