"""What is seen of a cluster to tell who can log in: settings, accounts, and claims of stacks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crdb_sso.crdb.privileges import Privilege
from crdb_sso.crdb.settings import Setting
from crdb_sso.registry.claims import Registry
from crdb_sso.verdict.cluster.versions import rules_of
from crdb_sso.verdict.cluster.views import ClusterView

BY_TOKEN = "jwt_token:"  # noqa: S105 - a word of CockroachDB
"""What PROVISIONSRC begins with where a login with a token made the user; the issuer follows."""

NO_LAST_LOGIN = "This version does not show last logins: CockroachDB does from 25.3 on."
"""What is unseen, though no finding depends on it."""


@dataclass(frozen=True, slots=True)
class Account:
    """One SQL user, as far as it is seen.

    Attributes:
        may_login: Whether it has LOGIN.
        roles: The roles that it is a direct member of.
        rights: What it may do besides using data.
        last_login: When it last logged in, as the cluster estimates; None if it never did, or the
            version does not tell, or the operator may not see it.
        provision_source: The text of PROVISIONSRC; "" if a person or a stack made the user.
    """

    may_login: bool = True
    roles: frozenset[str] = frozenset()
    rights: tuple[Privilege, ...] = ()
    last_login: datetime | None = None
    provision_source: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether it is a member of admin, through any roles."""
        return any(right.is_admin for right in self.rights)

    @property
    def provisioned_by(self) -> str:
        """The issuer whose token made the user, "" if no token did."""
        has_issuer = self.provision_source.startswith(BY_TOKEN)
        return self.provision_source.removeprefix(BY_TOKEN) if has_issuer else ""


@dataclass(frozen=True, slots=True)
class AccessView:
    """One cluster, as far as it decides who can log in with a token.

    Attributes:
        cluster: Version and settings.
        accounts: SQL users and roles by name, as stored; None if the operator may not list them.
        registry: The claims of all stacks; None if there are none, or they can't be read.
        sees_claims: Whether it is known what stacks have claimed.
        unseen: What could not be read, and what follows from that, a sentence each.
    """

    cluster: ClusterView
    accounts: Mapping[str, Account] | None = None
    registry: Registry | None = None
    sees_claims: bool = True
    unseen: tuple[str, ...] = field(default=())

    @property
    def blind_spots(self) -> tuple[str, ...]:
        """All that could not be seen or had to be assumed, a sentence each."""
        hidden = tuple(
            f"Setting {self.cluster.name_of(setting)} is hidden from this operator:"
            f" {setting.spec.tells} is not known."
            for setting in Setting
            if setting.spec.tells and self.cluster.is_hidden(setting)
        )
        note = rules_of(self.cluster).note
        return (*((note,) if note else ()), *hidden, *self.unseen)
