"""Checks that can't be looked at from here, and why."""

from collections.abc import Iterable, Mapping

from crdb_sso.crdb.settings import Setting
from crdb_sso.verdict.cluster.views import ClusterView
from crdb_sso.verdict.outcome import Check
from crdb_sso.verdict.steps import Step, unknown

_DECIDES: Mapping[Setting, tuple[Step, ...]] = {
    Setting.ENABLED: (Step.ENABLED,),
    Setting.ISSUERS: (Step.ISSUER,),
    Setting.AUDIENCE: (Step.AUDIENCE,),
    Setting.CLAIM: (Step.CLAIM, Step.MAPPING, Step.NAMED),
    Setting.IDENTITY_MAP: (Step.MAPPING, Step.NAMED),
    Setting.GROUP_CLAIM: (Step.GROUPS,),
}
_KEYS = (Step.KEY, Step.SIGNATURE)
_NAMES = {
    Setting.IDENTITY_MAP: "the identity map",
    Setting.JWKS: "the key set",
    Setting.ISSUERS: "the list of issuers",
    Setting.AUDIENCE: "the list of audiences",
}


def unseen(steps: Iterable[Step], why: str) -> dict[Step, Check]:
    """Return what stands for checks that can't be looked at.

    Args:
        steps: The checks.
        why: For people.
    """
    return {step: unknown(step, "", why) for step in steps}


def hidden_checks(cluster: ClusterView) -> dict[Step, Check]:
    """Return what stands for the checks whose settings are kept from the operator."""
    decides = dict(_DECIDES)
    if not cluster.is_on(Setting.AUTO_FETCH):
        decides[Setting.JWKS] = _KEYS
    found: dict[Step, Check] = {}
    for setting, steps in decides.items():
        if cluster.is_hidden(setting):
            name = _NAMES.get(setting, setting.value)
            found |= unseen(steps, f"{name} is hidden from this operator")
    return found
