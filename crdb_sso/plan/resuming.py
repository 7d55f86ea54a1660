"""A creation that was killed: the engine has forgotten it, but its claims are on the cluster."""

from dataclasses import replace

from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Registry


def resuming(wanted: OwnerRequest, registry: Registry | None) -> OwnerRequest:
    """Return a request that completes what a killed creation of the same name began.

    Nobody else can be at work on it: whoever plans to write holds the lease.
    """
    if registry is None or not wanted.is_new:
        return wanted
    killed = {
        instance
        for instance, owner in registry.owners.items()
        if owner.name == wanted.owner and owner.completed is None
    }
    return replace(wanted, resumed=frozenset(killed - {wanted.instance}))
