"""Group sync as a program writes it."""

from collections.abc import Mapping

import pulumi
from typing_extensions import NotRequired, TypedDict

from crdb_sso.errors import InvalidInput

from ._options import check_bool, check_names


class GroupSync(TypedDict):
    """Where the groups of a token are, by default in `groups`, and what they may do.

    Names have letters, digits, `_`, `.` and `-`; a dot is part of a name, never a path.
    """

    group_claim: NotRequired[pulumi.Input[str] | None]
    """The claim of a token that lists its groups; by default "groups"."""

    userinfo_group_key: NotRequired[pulumi.Input[str] | None]
    """The key under which the issuer's userinfo endpoint lists them; nodes ask it if a token does
    not list any. By default "groups"."""

    allow_privileged: NotRequired[bool | None]
    """Whether a group may make its members admins, because it is called `admin`, or has the name
    of a role that is a member of admin. Needed to turn group sync on: nothing else keeps a group
    from it."""


def check_group_sync(group_sync: GroupSync | None) -> None:
    """Check what a preview relies on.

    Raises:
        InvalidInput: The program must be changed.
    """
    if group_sync is None:
        return
    if not isinstance(group_sync, Mapping):
        raise InvalidInput(
            "`group_sync` is not a dict", hint='Write {}, or {"group_claim": ...}; plain keys.'
        )
    check_names("`group_sync`", group_sync, GroupSync)
    check_bool("allow_privileged", group_sync.get("allow_privileged"))


def group_sync_props(group_sync: GroupSync | None) -> Mapping[str, object]:
    """Return the `group_sync` property of ClusterLogins, nothing if it is not used."""
    if group_sync is None:
        return {}
    given = {name: value for name, value in group_sync.items() if value is not None}
    if given.get("allow_privileged") is False:
        del given["allow_privileged"]  # the default
    return {"group_sync": given}
