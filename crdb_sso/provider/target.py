"""Which cluster a resource writes to, and in whose name."""

from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from crdb_sso.argument_names import Argument
from crdb_sso.errors import ClusterChanged
from crdb_sso.plan.inputs import ClusterState

_OLDER_STATES = UUID("7a9f3d1c-6a0e-4f55-9c2b-0d6f6a4d8f10")
"""Names the uuids that are derived from the names of owners. Never change it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a resource is in the claim tables.

    Attributes:
        instance: Its uuid.
        older_names: The names under which it may have claims in rows without a uuid.
    """

    instance: str
    older_names: frozenset[str]

    @property
    def holders(self) -> frozenset[str]:
        """Who holds the claims that are its own."""
        return frozenset({self.instance, *self.older_names})


@dataclass(frozen=True, slots=True)
class Target:
    """Which cluster, and in whose name.

    Attributes:
        cluster_url: A libpq URL; may hold a password.
        owner: The name under which it claims.
        database: Where the claim tables are.
        cluster_id: The uuid of the cluster that the state was written for, "" before that.
        instance: The uuid that identifies the resource; "" in a state that never had one.
    """

    cluster_url: str
    owner: str
    database: str
    cluster_id: str = ""
    instance: str = ""

    @property
    def identity(self) -> "Identity":
        """Who it is in the claim tables.

        A state that was written before owners had a uuid gets the same one each time, so that a
        change that was killed while it moved the claims finds them again.
        """
        derived = str(uuid5(_OLDER_STATES, f"{self.cluster_id} {self.owner}"))
        instance = self.instance or (derived if self.cluster_id else str(uuid4()))
        is_older = instance == derived
        return Identity(instance, frozenset({self.owner}) if is_older else frozenset())

    def __repr__(self) -> str:
        """Show everything but the URL."""
        return f"Target(owner={self.owner!r}, database={self.database!r})"

    def check(self, live: ClusterState) -> None:
        """Check that this is the cluster that the state was written for.

        Raises:
            ClusterChanged: It is not.
        """
        here = live.registry.cluster_id if live.registry else "none"
        if self.cluster_id and here != self.cluster_id:
            raise ClusterChanged(
                f"{Argument.CLUSTER_URL} leads to another cluster: this stack wrote to"
                f" {self.cluster_id}, but {here} answers",
                hint="No setting, user or claim was changed. Give the URL of the old"
                " cluster. If that cluster was rebuilt and has no claims, run `pulumi refresh`,"
                " then `pulumi up`; if it is gone for good, `pulumi state delete` the"
                " ClusterLogins resource.",
            )
