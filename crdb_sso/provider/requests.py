"""What the engine asks for, as a request to a cluster: the same for a preview and for `up`."""

from dataclasses import dataclass, replace

from crdb_sso.clients.cluster import Names
from crdb_sso.desired.logins import NOTHING, Desired, privileged_users, wanted_entries
from crdb_sso.desired.remembered import NOTHING_YET, Remembered, staying_users
from crdb_sso.desired.unknown import known
from crdb_sso.errors import GuardRefused
from crdb_sso.plan import key_retirement
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.provider.property_types import PropertyBag
from crdb_sso.provider.reading import read_desired, read_remembered, read_target
from crdb_sso.provider.target import Target


@dataclass(frozen=True, slots=True)
class Change:
    """From what a state remembers to what a program wants; all of it is known.

    Attributes:
        target: Which cluster, and in whose name.
        remembered: What the state says.
        desired: What the program wants.
        former_owner: The name under which the same resource claimed before, if it was renamed.
        is_new: Whether no state remembers the owner.
    """

    target: Target
    remembered: Remembered
    desired: Desired
    former_owner: str = ""
    is_new: bool = False

    @property
    def request(self) -> OwnerRequest:
        """What is asked of the cluster."""
        sources = self.desired.sources.values()
        return OwnerRequest(
            self.target.owner,
            wanted_entries(self.desired),
            self.former_owner,
            frozenset(known(source.issuer) for source in sources if source.close_passthrough),
            is_new=self.is_new,
            may_stay=frozenset(key_retirement.kept_kids(self.remembered, self.desired)),
            retire_after=self.desired.retire_after,
            take_over=self.desired.take_over,
            staying=frozenset() if self.is_new else staying_users(self.remembered),
            privileged=privileged_users(self.desired),
            known_users=frozenset(self.remembered.written.logins),
        )

    @property
    def names(self) -> Names:
        """The users and roles that it concerns."""
        return names_of(self.remembered.written, self.desired)

    @property
    def undone(self) -> "Change":
        """The change that undoes a creation."""
        return replace(self, remembered=Remembered(self.desired), desired=NOTHING)


def names_of(*wishes: Desired) -> Names:
    """Return the users and roles that some wishes concern."""
    logins = [one for each in wishes for one in each.logins.items()]
    roles = (role for _, login in logins for role in login.roles)
    return Names(frozenset(user for user, _ in logins), frozenset(roles))


def creation(props: PropertyBag) -> Change:
    """Return the change that a first `up` makes."""
    return Change(read_target(props), NOTHING_YET, read_desired(props), is_new=True)


def update(state: PropertyBag, props: PropertyBag) -> Change:
    """Return the change that a later `up` makes.

    Raises:
        GuardRefused: The claims would have to move.
    """
    old, new = read_target(state), read_target(props)
    if old.database != new.database:
        raise GuardRefused(
            f"the claims can't move from database {old.database} to {new.database}",
            hint="Restore the old registry_database; to move, destroy the stack and create it"
            " again.",
        )
    return Change(
        replace(new, cluster_id=old.cluster_id),
        read_remembered(state),
        read_desired(props),
        former_owner=old.owner if old.owner != new.owner else "",
    )


def deletion(state: PropertyBag) -> Change:
    """Return the change that `destroy` makes."""
    return Change(read_target(state), read_remembered(state), NOTHING)
