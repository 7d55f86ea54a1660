"""What a plan is made from: what a cluster shows, and what one owner wants."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from crdb_sso.crdb.active_version import ClusterVersion
from crdb_sso.crdb.privileges import MODIFY_SETTINGS, Privilege
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.crdb.user_names import NEVER_A_LOGIN
from crdb_sso.registry.claims import Claim, Entry, Owner, Registry

CERTIFICATE, PASSWORD, TOKEN, OAUTH = "cert", "password", "token", "oauth"
"""How an operator logged in: TOKEN is one in place of a password, OAUTH one by OAUTHBEARER."""

ROOT = "root"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs this program, and how they logged in to the cluster.

    Attributes:
        user: The SQL user.
        method: One of CERTIFICATE, PASSWORD, TOKEN, OAUTH.
        is_admin: Whether it is a member of admin.
    """

    user: str = ROOT
    method: str = CERTIFICATE
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class LiveUser:
    """A live SQL user.

    Attributes:
        may_login: Whether it may log in.
        roles: The roles it is a direct member of.
        privileges: What it may do besides using data.
        options: Its own options, in SQL's words: CREATEROLE, CREATEDB, VALID UNTIL.
    """

    may_login: bool
    roles: frozenset[str] = frozenset()
    privileges: tuple[Privilege, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def is_admin(self) -> bool:
        """Whether it is a member of admin, through any roles."""
        return any(one.is_admin for one in self.privileges)

    @property
    def state(self) -> LoginState:
        """Whether it may log in, in SQL's words."""
        return LoginState.of(may_login=self.may_login)

    @property
    def may_set_settings(self) -> bool:
        """Whether it may change cluster settings."""
        return self.is_admin or any(one.name == MODIFY_SETTINGS for one in self.privileges)

    def is_powerful(self, name: str) -> bool:
        """Tell whether it is a reserved user, or a member of admin."""
        return name in NEVER_A_LOGIN or "admin" in self.roles or self.is_admin


@dataclass(frozen=True, slots=True)
class ClusterState:
    """What a cluster shows; only the users and roles that were asked for.

    Attributes:
        settings: The settings that it has.
        registry: The claim tables, None before any stack wrote here.
        users: The users asked for that exist.
        roles: The names asked for that exist as a user or a role.
        admin_roles: Those of them whose members are members of admin; of all names on the cluster,
            if everyone was asked for.
        roles_by_login: The roles that each user who may log in is a direct member of, if everyone
            was asked for.
        version: What is known of its version.
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
    roles_by_login: Mapping[str, frozenset[str]] = field(default_factory=dict)
    version: ClusterVersion = field(default_factory=ClusterVersion)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All claims of all owners."""
        return self.registry.claims if self.registry else ()

    @property
    def owners(self) -> Mapping[str, Owner]:
        """All owners by their uuid."""
        return self.registry.owners if self.registry else {}

    def claims_of(self, owner: str) -> tuple[Claim, ...]:
        """Return the claims under the name of an owner."""
        return tuple(claim for claim in self.claims if claim.owner == owner)

    def has(self, membership: Membership) -> bool:
        """Tell whether a user is a direct member of a role."""
        user = self.users.get(membership.user)
        return user is not None and membership.role in user.roles


@dataclass(frozen=True, slots=True)
class OwnerRequest:
    """What one owner wants.

    Attributes:
        owner: Its name, for people.
        entries: Text by entry, see `crdb_sso.desired.logins.wanted_entries`.
        remembered: What its state says was written; text by entry.
        instance: The uuid that identifies it.
        older_names: Names under which it claimed in tables older than version 3.
        close_passthrough: Issuers that may get a first map line, which ends logins by raw subject.
        is_new: Whether no state remembers this owner: then it only adds.
        may_stay: Kids that stay for a while although they are not among the entries.
        retire_after: How long they stay.
        until: When each of them is removed. `crdb_sso.plan.key_retirement` decides that, and adds
            them to the entries.
        take_over: Whether this owner counts as the one who made what was there before any claim.
        staying: Users that are shut out, not dropped, when their logins are removed.
        resumed: Owners whose killed creation this one completes. `crdb_sso.plan.resuming` finds
            them.
        privileged: Users whose logins may be privileged.
        known_users: Users that the state remembers.
        allows_admin_groups: Whether group sync may make users admins.
        is_destroyed: Whether this owner goes for good: that must not fail for what a change of a
            program could avoid.
        continues: Whether this is the second part of the owner's unfinished change.
        kids_put_back: Kids that stay for a while, and are put back where they are gone.
    """

    owner: str
    entries: Mapping[Entry, str]
    remembered: Mapping[Entry, str] = field(default_factory=dict)
    instance: str = ""
    older_names: frozenset[str] = frozenset()
    close_passthrough: frozenset[str] = frozenset()
    is_new: bool = False
    may_stay: frozenset[str] = frozenset()
    retire_after: timedelta = timedelta(0)
    until: Mapping[Entry, datetime] = field(default_factory=dict)
    take_over: bool = False
    staying: frozenset[str] = frozenset()
    resumed: frozenset[str] = frozenset()
    privileged: frozenset[str] = frozenset()
    known_users: frozenset[str] = frozenset()
    allows_admin_groups: bool = False
    is_destroyed: bool = False
    continues: bool = False
    kids_put_back: frozenset[str] = frozenset()

    @property
    def holder(self) -> str:
        """Who holds the claims that it makes."""
        return self.instance or self.owner

    @property
    def holders(self) -> frozenset[str]:
        """Who holds the claims that are its own."""
        return frozenset({self.holder, *self.older_names, *self.resumed})
