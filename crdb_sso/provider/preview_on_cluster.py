"""What previews and refreshes say: what changes or is lost, and what it means on the cluster."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import pulumi

from crdb_sso.clients.cluster import open_cluster
from crdb_sso.clients.operation import with_claimed_users
from crdb_sso.desired.remembered import NOTHING_YET, Remembered
from crdb_sso.errors import ClusterUnreachable, CrdbSsoError
from crdb_sso.plan.drift import Observed
from crdb_sso.plan.key_retirement import foreseen
from crdb_sso.plan.planner import plan_changes
from crdb_sso.preview.effects import effect_lines, shortened
from crdb_sso.preview.effects_on_others import bystander_lines, concerns_others
from crdb_sso.preview.existing_users import adds_access, existing_lines
from crdb_sso.preview.flat_lists import joining_lines
from crdb_sso.preview.losses import loss_lines
from crdb_sso.provider.property_types import PropertyBag
from crdb_sso.provider.reading import is_known, read_desired, read_remembered
from crdb_sso.provider.requests import Change, creation, update


def log_creation(props: PropertyBag, now: datetime) -> None:
    """Say what a first `up` will do."""
    _log_lines(props, NOTHING_YET, partial(creation, props), now)


def log_update(state: PropertyBag, props: PropertyBag, now: datetime) -> None:
    """Say what a later `up` will do."""
    _log_lines(props, read_remembered(state), partial(update, state, props), now)


def log_losses(remembered: Remembered, shown: Observed) -> None:
    """Say what a refresh found lost or changed."""
    if lines := shortened(loss_lines(remembered, shown)):
        pulumi.log.info("\n".join(lines))


def _log_lines(
    props: PropertyBag, before: Remembered, change: Callable[[], Change], now: datetime
) -> None:
    after = read_desired(props)
    lines = shortened(effect_lines(before, after, foreseen(before, after, now)))
    if lines:
        pulumi.log.info("\n".join(lines))
    concerns = concerns_others(before.written, after) or adds_access(before.written, after)
    if is_known(props) and concerns:
        for is_warning, line in _lines_on_cluster(change):
            (pulumi.log.warn if is_warning else pulumi.log.info)(line)


def _lines_on_cluster(make: Callable[[], Change]) -> Iterator[tuple[bool, str]]:
    """Yield what `up` will do to others, or why it will be refused.

    Yields:
        Whether the line is a warning, and the line.
    """
    try:
        change = make()
        target, request = change.target, change.request
        with open_cluster(target.cluster_url, database=target.database, wait_s=0) as cluster:
            live = cluster.read(change.names)
            target.check(live)
            request = request.knowing(live.registry)
            live = with_claimed_users(cluster, live, change.names, request.owners)
            plan = plan_changes(live, request)
    except ClusterUnreachable as exc:
        yield False, f"what this means for others on the cluster is not known: {exc.what}"
    except CrdbSsoError as exc:
        yield True, f"`pulumi up` will refuse this, as the cluster stands now: {exc}"
    else:
        for line in existing_lines(request, live):
            yield False, line
        for line in joining_lines(plan, live):
            yield True, line
        for line in bystander_lines(change.remembered.written, change.desired, live, request):
            yield False, line
