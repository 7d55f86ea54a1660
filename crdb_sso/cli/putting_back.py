"""What stacks have claimed and the cluster has lost: their next refresh and `up` put it back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from crdb_sso.clients.cluster import Cluster, Names, open_cluster
from crdb_sso.clients.operation import look_ahead
from crdb_sso.clients.sql.plan_statements import plan_statements
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.planner import plan_of
from crdb_sso.preview.commands.additions import addition_lines
from crdb_sso.registry.claims import Kind, memberships_among, owned

_NEVER = timedelta(days=36_500)
"""Retired keys keep the end that their claims say."""


@dataclass(frozen=True, slots=True)
class PuttingBack:
    """What one stack would put back.

    Attributes:
        owner: Its name.
        lines: What that adds and changes, for people.
        statements: The SQL that does it.
        refused: Why it would be refused, "" if it would not.
    """

    owner: str
    lines: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    refused: str = ""


def putting_back(url: str, database: str) -> tuple[PuttingBack, ...]:
    """Return what each stack would put back; nothing is written."""
    with open_cluster(url, database=database) as cluster:
        live = cluster.read(Names())
        return tuple(_each(cluster, live))


def _each(cluster: Cluster, live: ClusterState) -> Iterator[PuttingBack]:
    for instance, name in sorted(_holders(live).items(), key=lambda pair: (pair[1], pair[0])):
        request, names = _request(live, name, instance)
        try:
            context = look_ahead(cluster, cluster.read_users(live, names), names, request)
        except GuardRefused as refusal:
            yield PuttingBack(name, refused=refusal.what)
            continue
        plan = plan_of(context)
        yield PuttingBack(
            name,
            tuple(addition_lines(plan, context.live.settings)),
            tuple(plan_statements(plan, context.live, cluster.database)),
        )


def _holders(live: ClusterState) -> dict[str, str]:
    """Return who has claims: uuids, or names in older rows, each with its name."""
    return {claim.holder: claim.owner for claim in live.claims}


def _request(live: ClusterState, owner: str, holder: str) -> tuple[OwnerRequest, Names]:
    mine = owned(live.claims, {holder})
    entries = {entry: claim.text for entry, claim in mine.items() if claim.until is None}
    users = {entry.name for entry in entries if entry.kind is Kind.USER}
    users |= {membership.user for membership in memberships_among(entries)}
    request = OwnerRequest(
        owner,
        entries,
        instance="" if holder == owner else holder,
        close_passthrough=frozenset(e.name for e in entries if e.kind is Kind.ISSUER),
        may_stay=frozenset(e.name for e in mine if e.kind is Kind.KEY),
        retire_after=_NEVER,
        privileged=frozenset(users),
        known_users=frozenset(users),
        allows_admin_groups=True,
    )
    roles = frozenset(membership.role for membership in memberships_among(entries))
    return request, Names(frozenset(users), roles)
