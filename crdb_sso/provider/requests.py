"""What the engine asks for, as a request to a cluster: the same for a preview and for `up`."""

from dataclasses import dataclass, replace
from uuid import uuid4

from crdb_sso.clients.cluster import Names
from crdb_sso.desired.logins import (
    NOTHING,
    Desired,
    OnDelete,
    privileged_users,
    wanted_entries,
)
from crdb_sso.desired.proof import NO_PROOF, Proof
from crdb_sso.desired.provisioning import allows_admin_groups
from crdb_sso.desired.remembered import (
    NOTHING_YET,
    Remembered,
    remembered_entries,
    staying_users,
)
from crdb_sso.desired.unknown import known
from crdb_sso.errors import GuardRefused
from crdb_sso.plan import key_retirement
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.provider.property_types import PropertyBag
from crdb_sso.provider.reading import read_desired, read_proof, read_remembered, read_target
from crdb_sso.provider.target import Identity, Target


@dataclass(frozen=True, slots=True)
class Change:
    """From what a state remembers to what a program wants; all of it is known.

    Attributes:
        target: Which cluster, and in whose name.
        identity: Who that is in the claim tables.
        remembered: What the state says.
        desired: What the program wants.
        is_new: Whether no state remembers the owner.
        is_deletion: Whether the owner goes: it is destroyed, or what it made is undone.
        proof: Which logins are tried once it is written.
    """

    target: Target
    identity: Identity
    remembered: Remembered
    desired: Desired
    is_new: bool = False
    is_deletion: bool = False
    proof: Proof = NO_PROOF

    @property
    def request(self) -> OwnerRequest:
        """What is asked of the cluster."""
        sources = self.desired.sources.values()
        return OwnerRequest(
            self.target.owner,
            wanted_entries(self.desired),
            remembered_entries(self.remembered),
            self.identity.instance,
            self.identity.older_names,
            frozenset(known(source.issuer) for source in sources if source.close_passthrough),
            is_new=self.is_new,
            may_stay=frozenset(key_retirement.kept_kids(self.remembered, self.desired)),
            retire_after=self.desired.retire_after,
            take_over=self.desired.take_over,
            staying=staying_users(self.remembered),
            privileged=privileged_users(self.desired),
            known_users=frozenset(self.remembered.written.logins),
            allows_admin_groups=allows_admin_groups(self.desired.group_sync),
            is_destroyed=self.is_deletion,
        )

    @property
    def names(self) -> Names:
        """The users and roles that it concerns."""
        names = names_of(self.remembered.written, self.desired)
        return replace(names, everyone=self.desired.group_sync is not None)

    @property
    def undone(self) -> "Change":
        """The change that undoes a creation; users that it created are dropped, not disabled."""
        logins = {
            user: replace(login, on_delete=OnDelete.DROP)
            for user, login in self.desired.logins.items()
        }
        written = Remembered(replace(self.desired, logins=logins))
        return replace(
            self,
            remembered=written,
            desired=NOTHING,
            is_new=False,
            is_deletion=True,
            proof=NO_PROOF,
        )

    @property
    def back(self) -> OwnerRequest:
        """What is asked of the cluster by the same change in the other direction."""
        way_back = replace(
            self, remembered=Remembered(self.desired), desired=self.remembered.written
        )
        return replace(way_back.request, entries=remembered_entries(self.remembered))


def names_of(*wishes: Desired) -> Names:
    """Return the users and roles that some wishes concern."""
    logins = [one for each in wishes for one in each.logins.items()]
    roles = (role for _, login in logins for role in login.roles)
    kept = (door.user for each in wishes for door in each.sso_only or ())
    return Names(frozenset(user for user, _ in logins), frozenset(roles), frozenset(kept))


def creation(props: PropertyBag) -> Change:
    """Return the change that a first `up` makes."""
    identity = Identity(str(uuid4()), frozenset())
    return Change(
        read_target(props),
        identity,
        NOTHING_YET,
        read_desired(props),
        is_new=True,
        proof=read_proof(props),
    )


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
    target = replace(new, cluster_id=old.cluster_id)
    remembered, proof = read_remembered(state), read_proof(props)
    return Change(target, old.identity, remembered, read_desired(props), proof=proof)


def deletion(state: PropertyBag) -> Change:
    """Return the change that `destroy` makes."""
    target = read_target(state)
    remembered = read_remembered(state)
    return Change(target, target.identity, remembered, NOTHING, is_deletion=True)
