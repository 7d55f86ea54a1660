"""What previews and refreshes say: what changes or is lost, and what it means on the cluster."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from crdb_sso.clients.cluster import open_cluster
from crdb_sso.clients.operation import look_ahead
from crdb_sso.desired.logins import Desired
from crdb_sso.desired.remembered import NOTHING_YET, Remembered
from crdb_sso.errors import ClusterUnreachable, CrdbSsoError
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.drift import Observed
from crdb_sso.plan.key_retirement import foreseen
from crdb_sso.plan.planner import plan_of
from crdb_sso.preview.effects import effect_lines, shortened
from crdb_sso.preview.logins.proofs import proof_lines
from crdb_sso.preview.losses import loss_lines
from crdb_sso.preview.on_cluster.custom_ca import ca_lines, mixed_ca_lines
from crdb_sso.preview.on_cluster.effects_on_others import bystander_lines
from crdb_sso.preview.on_cluster.existing_users import existing_lines
from crdb_sso.preview.on_cluster.flat_lists import joining_lines
from crdb_sso.preview.on_cluster.notes import notes, warnings
from crdb_sso.preview.on_cluster.revoked_roles import revoked_lines
from crdb_sso.preview.on_cluster.unfinished import unfinished_lines
from crdb_sso.provider import log
from crdb_sso.provider.inputs import INSTANCE
from crdb_sso.provider.property_types import PropertyBag
from crdb_sso.provider.reading import (
    is_known,
    read_desired,
    read_proof,
    read_remembered,
    read_target,
)
from crdb_sso.provider.requests import Change, creation, update
from crdb_sso.registry.claims import SCHEMA_VERSION

_MIGRATION = (
    f"~ the claims of this stack get a uuid (version {SCHEMA_VERSION} of the claim tables): upgrade"
    " all stacks of the cluster"
)


def log_creation(props: PropertyBag, now: datetime) -> None:
    """Say what a first `up` will do."""
    _log_lines(props, NOTHING_YET, partial(creation, props), now)
    _log_proof(props)


def log_update(
    state: PropertyBag, props: PropertyBag, now: datetime, *, is_change: bool = True
) -> bool:
    """Say what a later `up` will do; without a change it proves nothing.

    Returns:
        Whether there is a change: also where a change that was not completed, or that no state
        knows of, has left something to do.
    """
    if not state.get(INSTANCE.name):
        log.info(_MIGRATION)
    context = _log_lines(props, read_remembered(state), partial(update, state, props), now)
    is_unfinished = context is not None and context.has_unfinished
    if is_change or is_unfinished:
        _log_proof(props)
    return is_change or is_unfinished


def log_losses(remembered: Remembered, shown: Observed) -> None:
    """Say what a refresh found lost or changed."""
    if lines := shortened(loss_lines(remembered, shown)):
        log.info(*lines)


def _log_proof(props: PropertyBag) -> None:
    if lines := list(proof_lines(read_proof(props), read_desired(props))):
        log.info(*lines)


def _log_lines(
    props: PropertyBag, before: Remembered, change: Callable[[], Change], now: datetime
) -> PlanContext | None:
    """Say what a change does; return what it would be made from, if the cluster was looked at."""
    after = read_desired(props)
    context = _looked_at(change) if is_known(props) else None
    seen = context if isinstance(context, PlanContext) else None
    live = seen.live if seen else None
    lines = shortened(effect_lines(before, after, foreseen(before, after, now), live))
    if lines:
        log.info(*lines)
    if context is None:
        return None
    said = list(_lines_on_cluster(before.written, after, context))
    for is_warning, line in said:
        (log.warn if is_warning else log.info)(line)
    log.note(read_target(props).owner, [line for _, line in said])
    return seen


def _looked_at(change: Callable[[], Change]) -> PlanContext | CrdbSsoError:
    """Look at the cluster before anything is said, as what is there already is not added.

    Returns:
        What the change would be made from, or why it would not be made.
    """
    try:
        asked = change()
        target = asked.target
        with (
            open_cluster(target.cluster_url, database=target.database, wait_s=0) as cluster,
            cluster.naming_all_missing(asked.names),
        ):
            live = cluster.read(asked.names)
            target.check(live)
            return look_ahead(cluster, live, asked.names, asked.request)
    except CrdbSsoError as exc:
        return exc


def _lines_on_cluster(
    before: Desired, after: Desired, context: PlanContext | CrdbSsoError
) -> Iterator[tuple[bool, str]]:
    """Yield what a change will do to others, and what it leaves alone.

    Yields:
        Whether the line is a warning, and the line.

    Raises:
        CrdbSsoError: `up` would refuse the change.
    """
    if isinstance(context, ClusterUnreachable):
        said = (
            f"the cluster was not reached ({context.what}): showing only what this program changes"
        )
        is_fault = not context.is_silent
        yield is_fault, f"{said}\n  Next step: {context.hint}" if is_fault else said
        for line in mixed_ca_lines(before, after):
            yield True, line
        return
    if isinstance(context, CrdbSsoError):
        raise context
    plan = plan_of(context)
    for line in unfinished_lines(context):
        yield False, line
    for line in (
        *warnings(context),
        *joining_lines(plan, context.live),
        *ca_lines(before, after, plan, context.live),
    ):
        yield True, line
    for line in (
        *existing_lines(context),
        *bystander_lines(before, after, context),
        *revoked_lines(context),
    ):
        yield False, line
    for line in notes(context, plan):
        yield False, line
