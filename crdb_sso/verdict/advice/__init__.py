"""What almost fits, and what to do: for the check that a login fails at."""

from collections.abc import Callable, Mapping

from crdb_sso.verdict import key_advice, trust_advice, user_advice
from crdb_sso.verdict.case import Case
from crdb_sso.verdict.remedies import Advice
from crdb_sso.verdict.steps import Step


def advice_on(case: Case, step: Step) -> Advice:
    """Return what almost fits, and what to do, where a login fails at a check."""
    is_signed = case.token is None or case.token.message is not None
    if not is_signed and step in _OF_CLAIMS:
        return trust_advice.on_json(case)
    return _ADVICE[step](case)


_OF_CLAIMS = (Step.ISSUER, Step.KEY, Step.CLAIM, Step.MAPPING, Step.NAMED)


_ADVICE: Mapping[Step, Callable[[Case], Advice]] = {
    Step.USER: user_advice.on_user,
    Step.LOGIN: user_advice.on_login,
    Step.SENT: trust_advice.on_sent,
    Step.ENABLED: trust_advice.on_enabled,
    Step.FORM: trust_advice.on_form,
    Step.ISSUER: trust_advice.on_issuer,
    Step.FETCHED: key_advice.on_fetched,
    Step.KEY: key_advice.on_key,
    Step.SIGNATURE: key_advice.on_signature,
    Step.IAT: key_advice.on_early,
    Step.EXP: key_advice.on_expiry,
    Step.NBF: key_advice.on_early,
    Step.CLAIM: user_advice.on_claim,
    Step.MAPPING: user_advice.on_mapping,
    Step.NAMED: user_advice.on_named,
    Step.RESERVED: user_advice.on_reserved,
    Step.AUDIENCE: trust_advice.on_audience,
    Step.MADE: user_advice.on_made,
    Step.GROUPS: user_advice.on_groups,
    Step.LICENCE: trust_advice.on_licence,
}
