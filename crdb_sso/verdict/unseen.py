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
"""Which checks a setting decides: the judge's own knowledge, so it is not a column of the row."""

_KEYS = (Step.KEY, Step.SIGNATURE)
"""What the key set decides, while the nodes do not fetch keys."""


def unseen(steps: Iterable[Step], why: str) -> dict[Step, Check]:
    """Return what stands for checks that can't be looked at.

    Args:
        steps: The checks.
        why: For people.
    """
    return {step: unknown(step, "", why) for step in steps}


def hidden(setting: Setting) -> str:
    """Return why nothing that depends on a setting can be looked at, where it is hidden."""
    return f"{setting.spec.called or setting.value} is hidden from this operator"


def hidden_checks(cluster: ClusterView) -> dict[Step, Check]:
    """Return what stands for the checks whose settings are kept from the operator."""
    decides = dict(_DECIDES)
    if not cluster.is_on(Setting.AUTO_FETCH):
        decides[Setting.JWKS] = _KEYS
    found: dict[Step, Check] = {}
    for setting, steps in decides.items():
        if cluster.is_hidden(setting):
            found |= unseen(steps, hidden(setting))
    return found
