"""From what a cluster shows to the engine's property bags, by the rows of `inputs`."""

from collections.abc import Sequence

from crdb_sso.desired.remembered import Retiring
from crdb_sso.plan.drift import Observed
from crdb_sso.provider.inputs import CLUSTER_ID, INPUTS, INSTANCE, RETIRING, TIMES, UNPROVEN
from crdb_sso.provider.property_types import PropertyBag
from crdb_sso.provider.rows import written


def seen_inputs(state: PropertyBag, shown: Observed) -> dict[str, object]:
    """Return the inputs of a state as a cluster shows them now."""
    return written(INPUTS, state, shown)


def outputs(
    cluster_id: str, instance: str, retiring: Retiring, unproven: Sequence[str] = ()
) -> dict[str, object]:
    """Return what the state remembers besides its inputs.

    Args:
        cluster_id: The uuid that names the cluster.
        instance: That of the resource; "" for a state that has none until the next `up`.
        retiring: When each retired key is removed.
        unproven: The users whose logins failed the proof.
    """
    times = {RETIRING.name: TIMES.write(retiring)} if retiring else {}
    known = {INSTANCE.name: instance} if instance else {}
    failed = {UNPROVEN.name: list(unproven)} if unproven else {}
    return {CLUSTER_ID.name: cluster_id, **known, **times, **failed}
