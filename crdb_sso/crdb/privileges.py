"""What SQL users may do besides using data: as members of admin, by role options, by privileges.

Role options are a user's own; memberships and system privileges are inherited through any number of
roles.
"""

from collections.abc import Iterable, Mapping

ADMIN = "admin"
"""The role whose members may do everything."""

MEMBER_OF_ADMIN = f"member of {ADMIN}"


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Return what each first name of some pairs has: a member its roles, a grantee its grants."""
    found: dict[str, set[str]] = {}
    for first, second in pairs:
        found.setdefault(first, set()).add(second)
    return found


def reached_roles(name: str, roles_of: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return all roles that a user or role is a member of, each with the first one on the way.

    Args:
        name: The user or role.
        roles_of: The roles of which each user and role is a direct member.
    """
    reached: dict[str, str] = {}
    queue = [(role, role) for role in sorted(roles_of.get(name, ()))]
    for role, first in queue:  # it grows
        if role not in reached:
            reached[role] = first
            queue.extend((above, first) for above in sorted(roles_of.get(role, ())))
    return reached


def gives_admin(role: str, roles_of: Mapping[str, Iterable[str]]) -> bool:
    """Tell whether members of a role are members of admin."""
    return role == ADMIN or ADMIN in reached_roles(role, roles_of)


def privileges_of(
    user: str,
    options: Iterable[str],
    roles_of: Mapping[str, Iterable[str]],
    granted: Mapping[str, Iterable[str]],
) -> tuple[str, ...]:
    """Return what a user may do besides using data, in words that follow "boss: exists, ".

    Args:
        user: The user.
        options: Its role options.
        roles_of: The roles of which each user and role is a direct member.
        granted: The system privileges that were granted to each user and role.
    """
    reached = reached_roles(user, roles_of)
    if ADMIN in reached:
        return (MEMBER_OF_ADMIN + _through(reached[ADMIN], ADMIN),)
    own = sorted({*options, *granted.get(user, ())})
    inherited = [
        f"holds {privilege}{_through(first, '')}"
        for role, first in sorted(reached.items())
        for privilege in sorted(granted.get(role, ()))
    ]
    return (*(f"holds {name}" for name in own), *dict.fromkeys(inherited))


def _through(first: str, last: str) -> str:
    return "" if first == last else f" (through {first})"
