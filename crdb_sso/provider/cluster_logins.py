"""The dynamic resource of a cluster: everything that one stack wants of one cluster.

Every method takes the same three steps: read what is live, plan (pure), apply. This module's path
and the class names in it are stored in every stack's state: see README.md next to this file.
"""

from collections.abc import Mapping
from datetime import datetime, timezone

import pulumi
from pulumi import dynamic

from crdb_sso.plan.drift import is_gone, observed
from crdb_sso.plan.key_retirement import is_due, stamped
from crdb_sso.provider import (
    carrying_out,
    log,
    preview_on_cluster,
    proven_changes,
    refreshes,
    requests,
)
from crdb_sso.provider.checking import problems
from crdb_sso.provider.engine_errors import FailedThoughWritten, for_engine, told
from crdb_sso.provider.inputs import (
    CLUSTER_ID,
    CLUSTER_URL,
    INSTANCE,
    OWNER,
    RETIRING,
    SECRET_INPUTS,
)
from crdb_sso.provider.last_keys import with_last_keys
from crdb_sso.provider.property_types import PropertyBag
from crdb_sso.provider.reading import (
    has_whole_maps,
    inputs_of,
    read_remembered,
    read_target,
    read_unproven,
)
from crdb_sso.provider.secret_inputs import secret_pointers
from crdb_sso.provider.unchanged import with_old_key_texts
from crdb_sso.provider.writing import outputs, seen_inputs


class ClusterLoginsProvider(dynamic.ResourceProvider):
    """Keeps what one stack wants of one cluster. Pickled into state by its import path alone."""

    serialize_as_secret_always = False  # it captures nothing, and the state stays readable

    @for_engine
    def check(self, olds: PropertyBag, news: PropertyBag) -> dynamic.CheckResult:
        """Check the inputs; for a new resource say what `up` will do, as diff() is not called.

        Where an issuer did not give its keys, those of the last `up` take their place.
        """
        refreshes.note_check(str(olds.get(OWNER.name)))
        completed = with_last_keys(olds, news)
        news = completed.props
        for warning in completed.warnings:
            log.warn(warning)
        found = [*completed.problems, *problems(news)]
        if not found and not olds.get(OWNER.name):
            preview_on_cluster.log_creation(news, _now())
        failures = [told(problem, news) for problem in found]
        return dynamic.CheckResult(with_old_key_texts(inputs_of(news), olds), failures)

    @for_engine
    def diff(self, _id: str, olds: PropertyBag, news: PropertyBag) -> dynamic.DiffResult:
        """Compare what was written with what is wanted.

        A text that is not known yet is a change, and so is a retired key that has expired. A state
        that was written before owners had a uuid is brought to the claim tables of today. A refresh
        asks too, and only what it has found is a change then. Logins that failed their proof are
        tried again. A change that the cluster shows as not completed is completed.
        """
        now, is_refresh = _now(), refreshes.is_of_refresh(str(olds.get(OWNER.name)))
        is_older = not olds.get(INSTANCE.name)
        is_same = inputs_of(olds) == inputs_of(news)
        is_unproven = bool(read_unproven(olds))
        needs_up = not is_refresh and (
            is_older or is_unproven or is_due(read_remembered(olds), now)
        )
        changes = needs_up or not is_same
        if has_whole_maps(news) and not is_refresh:
            changes = preview_on_cluster.log_update(olds, news, now, is_change=changes)
        return dynamic.DiffResult(changes=changes)

    @for_engine
    def create(self, props: PropertyBag) -> dynamic.CreateResult:
        """Write what is wanted; if that fails, undo what was written."""
        change = requests.creation(props)
        written = proven_changes.write(change)
        instance, cluster_id = change.identity.instance, written.outcome.cluster_id
        outs = inputs_of(props) | outputs(cluster_id, instance, {}, written.unproven)
        if written.error:
            raise FailedThoughWritten(written.error, change.target.owner, outs, props)
        return dynamic.CreateResult(change.target.owner, outs)

    @for_engine
    def read(self, id_: str, props: PropertyBag) -> dynamic.ReadResult:
        """Return what is left of ours on the cluster; foreign additions are ignored."""
        target, remembered = read_target(props), read_remembered(props)
        live = carrying_out.look(target, remembered)
        left = observed(remembered, live, target.identity.holders)
        if live.registry is None and target.cluster_id and is_gone(left):
            return dynamic.ReadResult(None, {})
        cluster_id = live.registry.cluster_id if live.registry else ""
        refreshes.note_read(target.owner)
        preview_on_cluster.log_losses(remembered, left)
        inputs = seen_inputs(props, left)
        unproven = read_unproven(props)
        outs = outputs(cluster_id, target.instance, left.retiring, unproven)
        return dynamic.ReadResult(id_, inputs | outs, inputs)

    @for_engine
    def update(self, id_: str, olds: PropertyBag, news: PropertyBag) -> dynamic.UpdateResult:
        """Bring the cluster from whatever it has to what is wanted now."""
        change = requests.update(olds, news)
        written = proven_changes.write(change)
        instance, cluster_id = change.identity.instance, written.outcome.cluster_id
        retiring = stamped(change.remembered, change.desired, written.outcome.plan.retiring)
        outs = inputs_of(news) | outputs(cluster_id, instance, retiring, written.unproven)
        if written.error:
            raise FailedThoughWritten(written.error, id_, outs, news)
        return dynamic.UpdateResult(outs)

    @for_engine
    def delete(self, _id: str, props: PropertyBag) -> None:
        """Remove what nobody else needs and what was not there before."""
        carrying_out.bring(requests.deletion(props))


class ClusterLogins(dynamic.Resource, module="crdb-sso", name="ClusterLogins"):
    """Everything that one stack wants of one cluster; made by `components.ClusterSso`.

    Attributes:
        logins: The logins as they were written, by SQL user.
        cluster_id: The uuid that names the cluster in its claim tables.
        instance: The uuid that identifies this resource in the claim tables.
        retiring: When the keys that are no longer published are removed: time by kid by source.
    """

    logins: pulumi.Output[PropertyBag]
    cluster_id: pulumi.Output[str]
    instance: pulumi.Output[str]
    retiring: pulumi.Output[Mapping[str, Mapping[str, str]] | None]

    def __init__(
        self,
        resource_name: str,
        props: PropertyBag,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the resource; the properties are described in `crdb_sso.provider.inputs`."""
        secrets = pulumi.ResourceOptions(additional_secret_outputs=[CLUSTER_URL.name])
        super().__init__(
            ClusterLoginsProvider(),
            resource_name,
            {
                **props,
                SECRET_INPUTS.name: secret_pointers({**props, CLUSTER_URL.name: None}),
                CLUSTER_ID.name: None,
                INSTANCE.name: None,
                RETIRING.name: None,
            },
            pulumi.ResourceOptions.merge(opts, secrets),
        )


def _now() -> datetime:
    return datetime.now(timezone.utc)
