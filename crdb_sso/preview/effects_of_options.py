"""What changes about the options of a whole cluster, in lines for people."""

from collections.abc import Iterator

from crdb_sso.crdb import hba
from crdb_sso.desired.forced_sso import Doors
from crdb_sso.desired.provisioning import GroupSync


def rule_lines(before: Doors | None, after: Doors | None) -> Iterator[str]:
    """Yield what changes, one line each rule."""
    if before is not None and after is None:
        yield "- SSO only: ends; the other host-based rules of the cluster apply again"
        return
    if after is None:
        return
    if before is None:
        yield "+ SSO only: logins without a token are rejected, except root's and those kept"
    old, new = before or {}, after
    for name in sorted(old):
        if new.get(name) != old[name]:
            yield f"- SSO only: {_door(name)} by {old[name]} is no longer kept"
    for name in sorted(new):
        if old.get(name) != new[name]:
            yield f"+ SSO only: {_door(name)} is kept, by {new[name]}"


def _door(name: str) -> str:
    user, address = hba.door_parts(name)
    return f"{user} from {'anywhere' if address == hba.ANYWHERE else address}"


def provisioning_lines(*, before: bool, after: bool) -> Iterator[str]:
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


def sync_lines(before: GroupSync | None, after: GroupSync | None) -> Iterator[str]:
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
    yield (
        f"~ the groups of a token are in its claim {after.group_claim}; if it has none, in"
        f" {after.userinfo_group_key} of its issuer's userinfo endpoint; otherwise the login is"
        " refused"
    )
