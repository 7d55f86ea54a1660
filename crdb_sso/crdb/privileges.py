"""What SQL users may do besides using data: as members of admin, by role options, by privileges.

Role options are a user's own; memberships and system privileges are inherited through any number of
roles.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ADMIN = "admin"
"""The role whose members may do everything."""

MODIFY_SETTINGS = "MODIFYCLUSTERSETTING"
"""The privilege, and the older role option, to change cluster settings."""


@dataclass(frozen=True, slots=True)
class Privilege:
    """One thing that a user may do besides using data.

    Attributes:
        name: A role option or a system privilege; ADMIN if the user is a member of that role.
        through: The role of the user that brings it, "" if the user has it directly.
    """

    name: str
    through: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether it is the membership of admin."""
        return self.name == ADMIN

    @property
    def words(self) -> str:
        """What it is, for people: words that follow "boss: exists, "."""
        has = f"member of {ADMIN}" if self.is_admin else f"holds {self.name}"
        return f"{has} (through {self.through})" if self.through else has


MEMBER_OF_ADMIN = Privilege(ADMIN)
"""What a direct member of admin has."""


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
) -> tuple[Privilege, ...]:
    """Return what a user may do besides using data; an admin has that alone.

    Args:
        user: The user.
        options: Its role options.
        roles_of: The roles of which each user and role is a direct member.
        granted: The system privileges that were granted to each user and role.
    """
    reached = reached_roles(user, roles_of)
    if ADMIN in reached:
        return (Privilege(ADMIN, "" if reached[ADMIN] == ADMIN else reached[ADMIN]),)
    own = sorted({*options, *granted.get(user, ())})
    inherited = [
        Privilege(name, first)
        for role, first in sorted(reached.items())
        for name in sorted(granted.get(role, ()))
    ]
    return (*map(Privilege, own), *dict.fromkeys(inherited))
