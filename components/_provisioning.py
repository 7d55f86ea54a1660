"""Group sync as a program writes it."""

from collections.abc import Mapping

import pulumi
from typing_extensions import NotRequired, TypedDict

from crdb_sso.errors import InvalidInput

from ._options import check_names


class GroupSync(TypedDict):
    """Where the groups of a token are; `{}` takes both from `groups`."""

    group_claim: NotRequired[pulumi.Input[str] | None]
    """The claim of a token that lists its groups; by default "groups"."""

    userinfo_group_key: NotRequired[pulumi.Input[str] | None]
    """The key under which the issuer's userinfo endpoint lists them; nodes ask it if a token does
    not list any. By default "groups"."""


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


def group_sync_props(group_sync: GroupSync | None) -> Mapping[str, object]:
    """Return the `group_sync` property of ClusterLogins, nothing if it is not used."""
    if group_sync is None:
        return {}
    return {"group_sync": {n: text for n, text in group_sync.items() if text is not None}}
