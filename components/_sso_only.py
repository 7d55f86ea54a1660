"""Forced SSO as a program writes it: checked, and turned into the map that the engine compares."""

from collections.abc import Mapping, Sequence

from typing_extensions import NotRequired, TypedDict

from crdb_sso.crdb.address_blocks import ANYWHERE
from crdb_sso.crdb.hba import Door, check_door
from crdb_sso.errors import InvalidInput

from ._options import check_names


class Kept(TypedDict):
    """Who may still log in without a token; all values are plain text."""

    user: str
    """The SQL user."""

    method: str
    """How it logs in: "cert", "password", "scram-sha-256", "cert-password" (either of the two), or
    "cert-scram-sha-256"."""

    address: NotRequired[str | None]
    """From where, e.g. "10.0.0.0/8"; by default from anywhere."""


class SsoOnly(TypedDict):
    """Forced SSO."""

    keep: NotRequired[Sequence[Kept] | None]
    """Who may still log in without a token, besides root, e.g.
    `[{"user": "backup_svc", "method": "cert", "address": "10.0.0.0/8"}]`."""


def check_sso_only(sso_only: SsoOnly | None) -> None:
    """Check what a preview relies on.

    Raises:
        InvalidInput: The program must be changed.
    """
    if sso_only is None:
        return
    if not isinstance(sso_only, Mapping):
        raise InvalidInput("`sso_only` is not a dict", hint='Write {"keep": [...]}.')
    check_names("`sso_only`", sso_only, SsoOnly)
    keep = sso_only.get("keep") or ()
    if not isinstance(keep, Sequence) or isinstance(keep, str):
        raise InvalidInput("`keep` of `sso_only` is not a list", hint='Write [{"user": ...}].')
    doors: dict[Door, str] = {}
    for number, kept in enumerate(keep, 1):
        what = f"`keep` no. {number} of `sso_only`"
        if not isinstance(kept, Mapping):
            raise InvalidInput(f"{what} is not a dict", hint='Write {"user": ..., "method": ...}.')
        check_names(what, kept, Kept)
        if not all(isinstance(text, str | None) for text in kept.values()):
            raise InvalidInput(f"{what} is not plain text", hint="It decides who may log in.")
        door = _door(kept)
        check_door(door, kept["method"])
        if doors.setdefault(door, kept["method"]) != kept["method"]:
            raise InvalidInput(
                f"{what} names {door.text} again, with another method",
                hint="The first rule decides: keep one of them.",
            )


def sso_only_props(sso_only: SsoOnly | None) -> Mapping[str, object]:
    """Return the `sso_only` property of ClusterLogins, nothing if it is not used."""
    if sso_only is None:
        return {}
    keep = sso_only.get("keep") or ()
    return {"sso_only": {_door(kept).text: kept["method"] for kept in keep}}


def _door(kept: Kept) -> Door:
    return Door(kept["user"], kept.get("address") or ANYWHERE)
