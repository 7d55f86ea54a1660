"""The one dynamic resource: everything that one stack wants of one cluster.

Every method is the same three steps: read what is live, plan (pure), apply. This module's path and
the class names in it are stored in every stack's state: see README.md beside this file.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import wraps
from threading import Lock
from typing import Any, TypeVar

import pulumi
from pulumi import dynamic

from crdb_sso.clients.cluster import Names, open_cluster
from crdb_sso.clients.operation import Operation, Outcome, carry_out, with_claimed_users
from crdb_sso.desired.logins import NOTHING, Logins, staying_users, wanted_entries
from crdb_sso.errors import ClusterChanged, CrdbSsoError, GuardRefused
from crdb_sso.plan import key_retirement
from crdb_sso.plan.drift import seen
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.steps import Plan
from crdb_sso.preview.effects import effect_lines, shortened
from crdb_sso.preview.effects_on_others import concerns_others
from crdb_sso.preview.notes import kept_layouts, shut_out_lines
from crdb_sso.provider import props as bags
from crdb_sso.provider.checking import problems as found_problems
from crdb_sso.provider.key_props import retire_after, retiring_outputs
from crdb_sso.provider.preview_on_cluster import preview_on_cluster
from crdb_sso.provider.props import PropertyBag, Target

_Method = TypeVar("_Method", bound=Callable[..., Any])  # any: whatever the methods take

_ONE_AT_A_TIME = Lock()
"""The engine brings up several resources of a program side by side, in one plugin process; they
need not take turns by way of the cluster."""


def _for_people(method: _Method) -> _Method:
    """Let errors of ours leave without the chain of causes: the engine prints all of it."""

    @wraps(method)
    def spoken(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 # any: whatever the method takes
        try:
            return method(*args, **kwargs)
        except CrdbSsoError as exc:
            raise exc.with_traceback(None) from None

    return spoken  # type: ignore[return-value] # same signature as the method


class ClusterLoginsProvider(dynamic.ResourceProvider):
    """Keeps what one stack wants of one cluster. Pickled into state by its import path alone."""

    serialize_as_secret_always = False  # it captures nothing; a readable state is worth more

    def check(self, olds: PropertyBag, news: PropertyBag) -> dynamic.CheckResult:
        """Check the inputs; on a first creation say what it will do, as diff() is not called."""
        problems = found_problems(news)
        if not problems and not olds.get("owner"):
            _log_effects(news, NOTHING, bags.logins(news))
        failures = [dynamic.CheckFailure(problem.path, problem.reason) for problem in problems]
        return dynamic.CheckResult(bags.inputs_of(news), failures)

    def diff(self, _id: str, olds: PropertyBag, news: PropertyBag) -> dynamic.DiffResult:
        """Compare what was written with what is wanted; a text not known yet is a change.

        So is a retired key whose time is over.
        """
        before, now = bags.logins(olds), datetime.now(timezone.utc)
        is_same = bags.inputs_of(olds) == bags.inputs_of(news)
        if is_same and not key_retirement.is_due(before, now):
            return dynamic.DiffResult(changes=False)
        if bags.has_whole_maps(news):
            after = key_retirement.foreseen(before, bags.logins(news), now, retire_after(news))
            former = olds.get("owner") if olds.get("owner") != news.get("owner") else ""
            _log_effects(news, before, after, former or "")
        return dynamic.DiffResult(changes=True)

    @_for_people
    def create(self, props: PropertyBag) -> dynamic.CreateResult:
        """Write what is wanted; if that fails, take back what was written."""
        target = bags.target(props)
        outcome = _bring_to(target, bags.logins(props), is_creation=True)
        outputs = {"cluster_id": outcome.cluster_id}
        return dynamic.CreateResult(target.owner, bags.inputs_of(props) | outputs)

    @_for_people
    def read(self, id_: str, props: PropertyBag) -> dynamic.ReadResult:
        """Return what is left of ours on the cluster; foreign additions are not looked at."""
        target, remembered = bags.target(props), bags.logins(props)
        with open_cluster(target.cluster_url, database=target.database) as cluster:
            names = _names(remembered)
            live = with_claimed_users(cluster, cluster.read(names), names, {target.owner})
        if live.registry is None:
            pulumi.log.warn(_NO_REGISTRY.format(database=target.database))
            return dynamic.ReadResult(None, {})
        _check_same_cluster(live, target)
        left = seen(remembered, live, target.owner)
        inputs = bags.seen_props(props, left)
        outputs = {"cluster_id": target.cluster_id} | retiring_outputs(left)
        return dynamic.ReadResult(id_, inputs | outputs, inputs)

    @_for_people
    def update(self, _id: str, olds: PropertyBag, news: PropertyBag) -> dynamic.UpdateResult:
        """Bring the cluster from wherever it stands to what is wanted now."""
        old, new = bags.target(olds), bags.target(news)
        if old.database != new.database:
            raise GuardRefused(
                f"the claims can't move from database {old.database} to {new.database}",
                hint="Give the old registry_database again; to move, destroy and create anew.",
            )
        target = Target(new.cluster_url, new.owner, new.database, old.cluster_id)
        former = old.owner if old.owner != new.owner else ""
        before, after = bags.logins(olds), bags.logins(news)
        outcome = _bring_to(target, after, before, former, retire_after=retire_after(news))
        left = key_retirement.stamped(before, after, outcome.plan.retiring)
        outputs = {"cluster_id": outcome.cluster_id} | retiring_outputs(left)
        return dynamic.UpdateResult(bags.inputs_of(news) | outputs)

    @_for_people
    def delete(self, _id: str, props: PropertyBag) -> None:
        """Take away what nobody else needs and what was not there before."""
        _bring_to(bags.target(props), NOTHING, bags.logins(props))


class ClusterLogins(dynamic.Resource, module="crdb-sso", name="ClusterLogins"):
    """Everything that one stack wants of one cluster; made by `components.ClusterSso`.

    Attributes:
        cluster_id: The uuid that names the cluster in its claim tables.
        retiring: When the keys go that are published no more: time by kid by source.
    """

    cluster_id: pulumi.Output[str]
    retiring: pulumi.Output[Mapping[str, Mapping[str, str]] | None]

    def __init__(
        self,
        resource_name: str,
        props: PropertyBag,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the resource; the properties are described in `crdb_sso.provider.props`."""
        secrets = pulumi.ResourceOptions(additional_secret_outputs=["cluster_url"])
        super().__init__(
            ClusterLoginsProvider(),
            resource_name,
            {**props, "cluster_id": None, "retiring": None},
            pulumi.ResourceOptions.merge(opts, secrets),
        )


_NO_REGISTRY = (
    "database {database} with the claims of all stacks is gone from this cluster: the logins are"
    " taken as gone too, and the next `up` makes them anew"
)


def _bring_to(
    target: Target,
    wanted: Logins,
    remembered: Logins = NOTHING,
    former_owner: str = "",
    *,
    retire_after: timedelta = timedelta(0),
    is_creation: bool = False,
    is_new: bool = False,
) -> Outcome:
    """Bring a cluster to what is wanted."""
    takes_back = False

    def check(live: ClusterState) -> None:
        if target.cluster_id:
            _check_same_cluster(live, target)

    def planned(_plan: Plan, live: ClusterState) -> None:
        # claims from an earlier create that was killed: the next `up` completes what it began
        nonlocal takes_back
        takes_back = is_creation and not _has_claims(live, target.owner)

    operation = Operation(
        target.cluster_url,
        target.database,
        replace(
            _goal(target, wanted, remembered, former_owner, retire_after),
            is_new=is_new or is_creation,
            staying=staying_users(NOTHING if is_new else remembered),
        ),
        _names(wanted, remembered),
        pulumi.log.info,
        check,
        planned,
    )
    try:
        with _ONE_AT_A_TIME:
            outcome = carry_out(operation)
    except CrdbSsoError as exc:
        if takes_back:
            _take_back(target, wanted, exc)
        raise
    told = shut_out_lines(operation.wanted, outcome.live)
    for line in (*kept_layouts(outcome.plan, outcome.live), *told):
        pulumi.log.info(line)
    return outcome


def _goal(
    target: Target,
    wanted: Logins,
    remembered: Logins,
    former_owner: str,
    retire_after: timedelta,
) -> OwnerRequest:
    closing = (s.issuer or "" for s in wanted.sources.values() if s.close_passthrough)
    return OwnerRequest(
        target.owner,
        wanted_entries(wanted),
        former_owner,
        frozenset(closing),
        may_stay=frozenset(key_retirement.kept_kids(remembered, wanted)),
        retire_after=retire_after,
        take_over=wanted.take_over,
    )


def _names(*asked: Logins) -> Names:
    """Return whom some logins are about."""
    logins = [one for each in asked for one in each.logins.items()]
    roles = (role for _, login in logins for role in login.roles)
    return Names(frozenset(user for user, _ in logins), frozenset(roles))


def _has_claims(live: ClusterState, owner: str) -> bool:
    return live.registry is not None and any(c.owner == owner for c in live.registry.claims)


def _check_same_cluster(live: ClusterState, target: Target) -> None:
    here = live.registry.cluster_id if live.registry else "none"
    if here != target.cluster_id:
        raise ClusterChanged(
            f"another cluster answers behind cluster_url: this stack wrote to {target.cluster_id},"
            f" the one that answers is {here}",
            hint="Nothing was written. Give the URL of the old cluster. If that cluster was rebuilt"
            " and has no claims, run `pulumi refresh`, then `pulumi up`; if it is gone for good,"
            " `pulumi state delete` the ClusterLogins resource.",
        )


def _take_back(target: Target, wanted: Logins, exc: CrdbSsoError) -> None:
    """Undo a first create that failed; the engine does not remember it, so `destroy` would not."""
    try:
        _bring_to(target, NOTHING, wanted, is_new=True)
    except CrdbSsoError as second:
        pulumi.log.warn(
            f"what was written before the error could not be taken back ({second.what}): the next"
            " `pulumi up` completes it, and `destroy` after that removes it"
        )
    else:
        exc.add_taken_back()


def _log_effects(news: PropertyBag, before: Logins, after: Logins, former_owner: str = "") -> None:
    """Say what changes; where that concerns others on the cluster, look what it means for them."""
    lines = shortened(effect_lines(before, after))
    if lines:
        pulumi.log.info("\n".join(lines))
    if concerns_others(before, after) and bags.is_known(news):
        target = bags.target(news)
        wanted = _goal(target, after, before, former_owner, retire_after(news))
        for is_warning, line in preview_on_cluster(
            target, before, after, wanted, _names(after, before)
        ):
            (pulumi.log.warn if is_warning else pulumi.log.info)(line)
