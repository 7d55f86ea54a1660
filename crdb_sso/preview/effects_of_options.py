"""What changes about the options of a whole cluster, in lines for people."""

from collections.abc import Iterator

from crdb_sso.crdb import hba
from crdb_sso.desired.forced_sso import Doors
from crdb_sso.desired.provisioning import GroupSync


def rule_lines(before: Doors | None, after: Doors | None) -> Iterator[str]:
    """Yield what changes, one line each rule."""
    if before is not None and after is None:
        yield "- SSO only: ends; the host-based rules of others count again"
        return
    if after is None:
        return
    if before is None:
        yield "+ SSO only: who has no token is rejected, but for root and those kept"
    old, new = before or {}, after
    for door in sorted(old):
        if new.get(door) != old[door]:
            yield f"- SSO only: {_named(door)} by {old[door]} is kept no more"
    for door in sorted(new):
        if old.get(door) != new[door]:
            yield f"+ SSO only: {_named(door)} is kept, by {new[door]}"


def _named(door: hba.Door) -> str:
    return f"{door.user} from {'everywhere' if door.address == hba.ANYWHERE else door.address}"


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
