"""Which cluster a resource writes to, and in whose name."""

from dataclasses import dataclass

from crdb_sso.errors import ClusterChanged
from crdb_sso.plan.inputs import ClusterState


@dataclass(frozen=True, slots=True)
class Target:
    """Which cluster, and in whose name.

    Attributes:
        cluster_url: A libpq URL; may hold a password.
        owner: The name under which it claims.
        database: Where the claim tables are.
        cluster_id: The uuid of the cluster that the state was written for, "" before that.
    """

    cluster_url: str
    owner: str
    database: str
    cluster_id: str = ""

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
                f"cluster_url leads to another cluster: this stack wrote to {self.cluster_id}, but"
                f" {here} answers",
                hint="Nothing was written. Give the URL of the old cluster. If that cluster was"
                " rebuilt and has no claims, run `pulumi refresh`, then `pulumi up`; if it is gone"
                " for good, `pulumi state delete` the ClusterLogins resource.",
            )
