"""Which memberships the next logins revoke where groups give roles, in lines for people."""

from collections.abc import Iterator, Mapping

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.setting_texts import entries
from crdb_sso.crdb.settings import Setting, is_on
from crdb_sso.crdb.user_names import NEVER_A_LOGIN, normalised
from crdb_sso.plan.context import PlanContext
from crdb_sso.printing import first_told
from crdb_sso.registry.claims import Kind, lines_among, memberships_among


def revoked_lines(context: PlanContext) -> Iterator[str]:
    """Yield what users lose with their next login by token, unless its groups say otherwise.

    They are told of when group sync is turned on, and when a token begins to open a user while it
    is on. Memberships that the plan itself revokes are left out.
    """
    if not is_on(context.after, Setting.GROUP_SYNC):
        return
    begins = not is_on(context.live.settings, Setting.GROUP_SYNC)
    roles_of = _with_token(context) if begins else _newly_opened(context)
    going = set(memberships_among(context.removable))
    lost = {
        user: roles - {m.role for m in going if m.user == user}
        for user, roles in sorted(roles_of.items())
        if user not in NEVER_A_LOGIN
    }
    told = [(user, ", ".join(sorted(roles))) for user, roles in lost.items() if roles]
    yield from first_told(told, _told, "group sync: so do the next logins of {count} more users")


def _told(lost: tuple[str, str]) -> str:
    user, names = lost
    return (
        f"group sync: the next login of {user} by token revokes {names}, unless the token's groups"
        " name the roles to keep"
    )


def _with_token(context: PlanContext) -> Mapping[str, frozenset[str]]:
    """Return the roles of those whom a token may open after the plan."""
    issuers = _names(context, Setting.ISSUERS)
    lines = [MapLine.read(name) for name in _names(context, Setting.IDENTITY_MAP)]
    if not issuers <= {line.issuer for line in lines}:
        return context.live.roles_by_login  # subjects are user names
    users = [line.user for line in lines if line.issuer in issuers]
    return {
        user: roles
        for user, roles in context.live.roles_by_login.items()
        if any(_may_mean(target, user) for target in users)
    }


def _may_mean(target: str, user: str) -> bool:
    r"""Tell whether the user of a map line may be a user: `\1` stands for a part of a subject.

    CockroachDB compares names in their normal form, whatever the line says.
    """
    before, is_open, behind = target.partition(r"\1")
    if not is_open:
        return normalised(target) == user
    return user.startswith(normalised(before)) and user.endswith(normalised(behind))


def _names(context: PlanContext, setting: Setting) -> frozenset[str]:
    return frozenset(entries(setting, context.after[setting].text))


def _newly_opened(context: PlanContext) -> Mapping[str, frozenset[str]]:
    """Return the roles of the users that are there, and that this change lets a token open."""
    new = {entry.name for entry in context.added if entry.kind is Kind.USER}
    new |= {normalised(line.user) for line in lines_among(context.added)}
    users = context.live.users.items()
    return {user: seen.roles for user, seen in users if user in new and seen.may_login}
