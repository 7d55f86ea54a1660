"""What changes about the options of a wish, in lines for people."""

from collections.abc import Iterator
from dataclasses import replace

from crdb_sso.crdb import hba, published_recipe
from crdb_sso.crdb.address_blocks import ANYWHERE
from crdb_sso.desired.forced_sso import Doors
from crdb_sso.desired.logins import Desired
from crdb_sso.desired.provisioning import GroupSync


def option_lines(before: Desired, after: Desired) -> Iterator[str]:
    """Yield what changes about everything that is neither a source nor a login."""
    yield from _mode_lines(before, after)
    yield from _claim_lines(before, after)
    yield from _take_over_lines(before, after)
    yield from _enabled_lines(before, after)
    yield from _rule_lines(before.sso_only, after.sso_only)
    yield from _sync_lines(before.group_sync, after.group_sync)
    yield from _provisioning_lines(before=before.auto_provisioning, after=after.auto_provisioning)


def _mode_lines(before: Desired, after: Desired) -> Iterator[str]:
    if before.sources and after.sources and before.fetched != after.fetched:
        how = (
            "fetched by the nodes at each login; pinned keys no longer count"
            if after.fetched
            else "pinned; the nodes no longer ask issuers"
        )
        yield f"~ keys of all issuers of the cluster: {how}"


def _claim_lines(before: Desired, after: Desired) -> Iterator[str]:
    if before.claim == after.claim or not after.sources:
        return
    if after.claim == "":
        yield "~ all logins of the cluster are mapped by the claim that was set before this stack"
    else:
        about = f": {published_recipe.ABOUT_CLAIM}" if after.claim == published_recipe.CLAIM else ""
        yield f"~ all logins of the cluster are mapped by the claim {after.claim}{about}"


def _take_over_lines(before: Desired, after: Desired) -> Iterator[str]:
    if after.take_over and not before.take_over:
        yield "~ what existed before this stack is taken over: it is removed with the stack"


def _enabled_lines(before: Desired, after: Desired) -> Iterator[str]:
    if before.sources and after.sources and before.enabled != after.enabled:
        yield f"~ JWT logins of the whole cluster: {'on' if after.enabled else 'off'}"


def _rule_lines(before: Doors | None, after: Doors | None) -> Iterator[str]:
    """Yield what changes, one line per rule."""
    if before is not None and after is None:
        yield "- SSO only: ends; the other host-based rules of the cluster apply again"
        return
    if after is None:
        return
    if before is None:
        yield (
            "+ SSO only: logins without a token are rejected, except those kept, and root's where"
            " nodes let root in"
        )
    old, new = before or {}, after
    for door in sorted(old):
        if new.get(door) != old[door]:
            yield f"- SSO only: {_named(door)} by {old[door]} is no longer kept"
    for door in sorted(new):
        if old.get(door) != new[door]:
            yield f"+ SSO only: {_named(door)} is kept, by {new[door]}"


def _named(door: hba.Door) -> str:
    return f"{door.user} from {'anywhere' if door.address == ANYWHERE else door.address}"


def _provisioning_lines(*, before: bool, after: bool) -> Iterator[str]:
    """Yield what changes about automatic provisioning."""
    if after and not before:
        yield (
            "~ automatic provisioning of the whole cluster: a token, even an expired one, may"
            " create the user it names; such users belong to no stack and stay"
        )
    if before and not after:
        yield (
            "~ automatic provisioning of the whole cluster: this stack no longer asks for it; users"
            " that tokens created stay"
        )


def _sync_lines(before: GroupSync | None, after: GroupSync | None) -> Iterator[str]:
    """Yield what changes about group sync."""
    if before == after:
        return
    if after is None:
        yield (
            "~ group sync of the whole cluster: this stack no longer asks for it; roles stay as the"
            " last logins left them"
        )
        return
    if before is None:
        yield (
            "~ group sync of the whole cluster: each login revokes every role that the token's"
            " groups do not name, even admin and roles granted by hand"
        )
    if after.allow_privileged and not (before and before.allow_privileged):
        yield (
            "~ group sync: a token whose groups name admin, or what is a member of admin, makes its"
            " user an admin"
        )
    if before and replace(before, allow_privileged=after.allow_privileged) == after:
        return
    yield (
        f"~ the groups of a token are in its claim {after.group_claim}; if it has none, in"
        f" {after.userinfo_group_key} of its issuer's userinfo endpoint; otherwise the login is"
        " refused"
    )
