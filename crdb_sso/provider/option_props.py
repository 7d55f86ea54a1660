"""Properties of a ClusterLogins that are options of the whole cluster: doors, users and roles.

Shape (state remembers it: never rename a key); each is left out where it is not used::

    sso_only: {"user address": method}                 who may still come in without a token
    auto_provisioning: true                            tokens may create the users they name
    group_sync: {group_claim?, userinfo_group_key?}    where groups are; left out: `groups`
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pulumi.output import Unknown

from crdb_sso.crdb.hba import Door
from crdb_sso.desired.forced_sso import Doors
from crdb_sso.desired.logins import Logins
from crdb_sso.desired.provisioning import DEFAULT_GROUPS, GROUP_NAMES, GroupSync
from crdb_sso.provider.problems import Problem, door_problems

_Bag = Mapping[str, Any]  # any: what the engine gives

OPTIONS = ("sso_only", "auto_provisioning", "group_sync")
"""The properties; those that a cluster has lost are taken out of what is seen."""


def with_options(props: _Bag, logins: Logins) -> Logins:
    """Return logins with the options that properties ask for."""
    return replace(
        logins,
        sso_only=_doors(props.get("sso_only")),
        auto_provisioning=props.get("auto_provisioning") is True,
        group_sync=_sync(props.get("group_sync")),
    )


def _doors(value: object) -> Doors | None:
    if not isinstance(value, Mapping):
        return None
    return {Door.read(name): str(method) for name, method in value.items()}


def _sync(value: object) -> GroupSync | None:
    if isinstance(value, Unknown):
        return GroupSync(None, None)
    if not isinstance(value, Mapping):
        return None
    texts = {field: _name(value[field]) for field in GROUP_NAMES if value.get(field) is not None}
    return GroupSync(**texts)


def _name(value: object) -> str | None:
    return None if isinstance(value, Unknown) else str(value)


def seen_options(props: _Bag, seen: Logins) -> dict[str, object]:
    """Return the properties of the options that were seen, in the shape that was given."""
    found: dict[str, object] = {}
    if seen.sso_only is not None:
        found["sso_only"] = {door.text: method for door, method in seen.sso_only.items()}
    if seen.auto_provisioning:
        found["auto_provisioning"] = True
    if seen.group_sync is not None:
        given = props.get("group_sync") or {}
        texts = {field: getattr(seen.group_sync, field) for field in GROUP_NAMES}
        found["group_sync"] = {
            field: text for field, text in texts.items() if text != DEFAULT_GROUPS or field in given
        }
    return found


def option_problems(props: _Bag, wanted: Logins) -> Iterator[Problem]:
    """Yield what is wrong with the options."""
    yield from door_problems(wanted)
    provisioning = props.get("auto_provisioning")
    if not isinstance(provisioning, bool | Unknown | None):
        yield Problem("auto_provisioning", "it is neither true nor false.")
    sync = props.get("group_sync")
    if sync is None or isinstance(sync, Unknown):
        return
    if not isinstance(sync, Mapping):
        yield Problem("group_sync", 'it is no map. Write e.g. {"group_claim": "groups"}.')
        return
    for field, value in sync.items():
        if field not in GROUP_NAMES:
            yield Problem(f"group_sync.{field}", f"known are {' and '.join(GROUP_NAMES)}.")
        elif not _is_name(value):
            yield Problem(f"group_sync.{field}", "it is no name. Write it, or leave it out.")
    yield from _role_problems(wanted)


def _is_name(value: object) -> bool:
    is_open = value is None or isinstance(value, Unknown)
    return is_open or (isinstance(value, str) and bool(value.strip()))


def _role_problems(wanted: Logins) -> Iterator[Problem]:
    """Yield the logins whose roles group sync would revoke."""
    for user, login in wanted.logins.items():
        if login.roles:
            reason = (
                f"`group_sync` revokes {', '.join(sorted(login.roles))} from {user} at its next"
                " login, if the token's groups do not name it. Take `roles` out and let groups give"
                " them, or take `group_sync` out."
            )
            yield Problem(f'logins["{user}"].roles', reason)
