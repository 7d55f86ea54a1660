"""The one dynamic resource: everything that one stack wants of one cluster.

Every method takes the same three steps: read what is live, plan (pure), apply. This module's path
and the class names in it are stored in every stack's state: see README.md next to this file.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import wraps
from typing import ParamSpec, TypeVar

import pulumi
from pulumi import dynamic

from crdb_sso.errors import CrdbSsoError
from crdb_sso.plan.drift import observed
from crdb_sso.plan.key_retirement import is_due, stamped
from crdb_sso.provider import carrying_out, preview_on_cluster, refreshes, requests
from crdb_sso.provider.checking import problems
from crdb_sso.provider.last_keys import with_last_keys
from crdb_sso.provider.property_types import PropertyBag
from crdb_sso.provider.reading import has_whole_maps, inputs_of, read_remembered, read_target
from crdb_sso.provider.writing import outputs, seen_inputs

_Given = ParamSpec("_Given")
_Returned = TypeVar("_Returned")


def _without_causes(method: Callable[_Given, _Returned]) -> Callable[_Given, _Returned]:
    """Drop traceback and causes of our errors, as the engine would print them all."""

    @wraps(method)
    def wrapped(*args: _Given.args, **kwargs: _Given.kwargs) -> _Returned:
        try:
            return method(*args, **kwargs)
        except CrdbSsoError as exc:
            raise exc.with_traceback(None) from None

    return wrapped


class ClusterLoginsProvider(dynamic.ResourceProvider):
    """Keeps what one stack wants of one cluster. Pickled into state by its import path alone."""

    serialize_as_secret_always = False  # it captures nothing, and the state stays readable

    def check(self, olds: PropertyBag, news: PropertyBag) -> dynamic.CheckResult:
        """Check the inputs; for a new resource say what `up` will do, as diff() is not called.

        Where an issuer did not give its keys, those of the last `up` take their place.
        """
        refreshes.note_check(str(olds.get("owner")))
        completed = with_last_keys(olds, news)
        news = completed.props
        for warning in completed.warnings:
            pulumi.log.warn(warning)
        found = [*completed.problems, *problems(news)]
        if not found and not olds.get("owner"):
            preview_on_cluster.log_creation(news, _now())
        failures = [dynamic.CheckFailure(problem.path, problem.reason) for problem in found]
        return dynamic.CheckResult(inputs_of(news), failures)

    def diff(self, _id: str, olds: PropertyBag, news: PropertyBag) -> dynamic.DiffResult:
        """Compare what was written with what is wanted.

        A text that is not known yet is a change, and so is a retired key that has expired.
        """
        now, is_refresh = _now(), refreshes.is_of_refresh(str(olds.get("owner")))
        if inputs_of(olds) == inputs_of(news) and not is_due(read_remembered(olds), now):
            return dynamic.DiffResult(changes=False)
        if has_whole_maps(news) and not is_refresh:
            preview_on_cluster.log_update(olds, news, now)
        return dynamic.DiffResult(changes=True)

    @_without_causes
    def create(self, props: PropertyBag) -> dynamic.CreateResult:
        """Write what is wanted; if that fails, undo what was written."""
        change = requests.creation(props)
        outcome = carrying_out.create(change)
        outs = inputs_of(props) | outputs(outcome.cluster_id, {})
        return dynamic.CreateResult(change.target.owner, outs)

    @_without_causes
    def read(self, id_: str, props: PropertyBag) -> dynamic.ReadResult:
        """Return what is left of ours on the cluster; foreign additions are ignored."""
        target, remembered = read_target(props), read_remembered(props)
        live = carrying_out.look(target, remembered)
        if live is None:
            return dynamic.ReadResult(None, {})
        left = observed(remembered, live, target.owner)
        refreshes.note_read(target.owner)
        preview_on_cluster.log_losses(remembered, left)
        inputs = seen_inputs(props, left)
        return dynamic.ReadResult(id_, inputs | outputs(target.cluster_id, left.retiring), inputs)

    @_without_causes
    def update(self, _id: str, olds: PropertyBag, news: PropertyBag) -> dynamic.UpdateResult:
        """Bring the cluster from whatever it has to what is wanted now."""
        change = requests.update(olds, news)
        outcome = carrying_out.bring(change)
        retiring = stamped(change.remembered, change.desired, outcome.plan.retiring)
        return dynamic.UpdateResult(inputs_of(news) | outputs(outcome.cluster_id, retiring))

    @_without_causes
    def delete(self, _id: str, props: PropertyBag) -> None:
        """Remove what nobody else needs and what was not there before."""
        carrying_out.bring(requests.deletion(props))


class ClusterLogins(dynamic.Resource, module="crdb-sso", name="ClusterLogins"):
    """Everything that one stack wants of one cluster; made by `components.ClusterSso`.

    Attributes:
        logins: The logins as they were written, by SQL user.
        cluster_id: The uuid that names the cluster in its claim tables.
        retiring: When the keys that are no longer published are removed: time by kid by source.
    """

    logins: pulumi.Output[PropertyBag]
    cluster_id: pulumi.Output[str]
    retiring: pulumi.Output[Mapping[str, Mapping[str, str]] | None]

    def __init__(
        self,
        resource_name: str,
        props: PropertyBag,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the resource; the properties are described in `crdb_sso.provider.inputs`."""
        secrets = pulumi.ResourceOptions(additional_secret_outputs=["cluster_url"])
        super().__init__(
            ClusterLoginsProvider(),
            resource_name,
            {**props, "cluster_id": None, "retiring": None},
            pulumi.ResourceOptions.merge(opts, secrets),
        )


def _now() -> datetime:
    return datetime.now(timezone.utc)
