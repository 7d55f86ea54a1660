"""What a plan is made from: what a cluster shows, and what one owner wants."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from crdb_sso.crdb.privileges import MEMBER_OF_ADMIN
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.registry.claims import Claim, Entry, Registry, names_of

CERTIFICATE, PASSWORD, TOKEN = "cert", "password", "token"
"""How an operator logged in."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs this program, and how they logged in to the cluster.

    Attributes:
        user: The SQL user.
        method: One of CERTIFICATE, PASSWORD, TOKEN.
        is_admin: Whether it is a member of admin.
    """

    user: str = "root"
    method: str = CERTIFICATE
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class LiveUser:
    """A live SQL user.

    Attributes:
        may_login: Whether it may log in.
        roles: The roles it is a direct member of.
        privileges: What it may do besides using data (`crdb_sso.crdb.privileges`).
    """

    may_login: bool
    roles: frozenset[str] = frozenset()
    privileges: tuple[str, ...] = ()

    @property
    def is_admin(self) -> bool:
        """Whether it is a member of admin, through any roles."""
        return any(one.startswith(MEMBER_OF_ADMIN) for one in self.privileges)

    @property
    def state(self) -> LoginState:
        """Whether it may log in, in SQL's words."""
        return LoginState.of(may_login=self.may_login)


@dataclass(frozen=True, slots=True)
class ClusterState:
    """What a cluster shows; only the users and roles that were asked for.

    Attributes:
        settings: The settings that it has.
        registry: The claim tables, None before any stack wrote here.
        users: The users asked for that exist.
        roles: The names asked for that exist as a user or a role.
        admin_roles: Those of them whose members are members of admin.
        now: The cluster's time.
        operator: Who asked.
    """

    settings: Mapping[Setting, LiveSetting]
    registry: Registry | None = None
    users: Mapping[str, LiveUser] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    now: datetime = field(default=datetime.min.replace(tzinfo=timezone.utc))
    operator: Operator = field(default_factory=Operator)
    admin_roles: frozenset[str] = frozenset()

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All claims of all owners."""
        return self.registry.claims if self.registry else ()

    def has(self, membership: Membership) -> bool:
        """Tell whether a user is a direct member of a role."""
        user = self.users.get(membership.user)
        return user is not None and membership.role in user.roles


@dataclass(frozen=True, slots=True)
class OwnerRequest:
    """What one owner wants.

    Attributes:
        owner: Who claims.
        entries: Text by entry, see `crdb_sso.desired.logins.wanted_entries`.
        former_owner: The name under which the same resource claimed before, if it was renamed.
        close_passthrough: Issuers that may get a first map line, which ends logins by raw subject.
        other_names: More names of the same resource, from renames that no state remembers.
        is_new: Whether no state remembers this owner: then names of former owners are not its own.
        may_stay: Kids that stay for a while although they are not among the entries.
        retire_after: How long they stay.
        until: When each of them is removed. `crdb_sso.plan.key_retirement` decides that, and adds
            them to the entries.
        take_over: Whether this owner counts as the one who made what was there before any claim.
        staying: Users that are shut out, not dropped, when their logins are removed.
        privileged: Users whose logins may be privileged.
        known_users: Users that the state remembers.
    """

    owner: str
    entries: Mapping[Entry, str]
    former_owner: str = ""
    close_passthrough: frozenset[str] = frozenset()
    other_names: frozenset[str] = frozenset()
    is_new: bool = False
    may_stay: frozenset[str] = frozenset()
    retire_after: timedelta = timedelta(0)
    until: Mapping[Entry, datetime] = field(default_factory=dict)
    take_over: bool = False
    staying: frozenset[str] = frozenset()
    privileged: frozenset[str] = frozenset()
    known_users: frozenset[str] = frozenset()

    @property
    def owners(self) -> frozenset[str]:
        """All names under which this owner has claims."""
        return frozenset({self.owner, self.former_owner, *self.other_names} - {""})

    def knowing(self, registry: Registry | None) -> "OwnerRequest":
        """Return this with the names that renames on the cluster add."""
        renames = registry.renames if registry and not self.is_new else {}
        return replace(self, other_names=names_of(self.owners, renames))
