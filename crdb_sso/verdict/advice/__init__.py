"""What almost fits, and what to do: for the check that a login fails at."""

from collections.abc import Callable, Mapping

from crdb_sso.verdict.advice import keys, trust, users
from crdb_sso.verdict.advice.remedies import Advice
from crdb_sso.verdict.case import Case
from crdb_sso.verdict.steps import Step


def advice_on(case: Case, step: Step) -> Advice:
    """Return what almost fits, and what to do, where a login fails at a check."""
    is_signed = case.token is None or case.token.message is not None
    if not is_signed and step in _OF_CLAIMS:
        return trust.on_json(case)
    return _ADVICE[step](case)


_OF_CLAIMS = (Step.ISSUER, Step.KEY, Step.CLAIM, Step.MAPPING, Step.NAMED)


_ADVICE: Mapping[Step, Callable[[Case], Advice]] = {
    Step.USER: users.on_user,
    Step.LOGIN: users.on_login,
    Step.SENT: trust.on_sent,
    Step.ENABLED: trust.on_enabled,
    Step.FORM: trust.on_form,
    Step.ISSUER: trust.on_issuer,
    Step.FETCHED: keys.on_fetched,
    Step.KEY: keys.on_key,
    Step.SIGNATURE: keys.on_signature,
    Step.IAT: keys.on_early,
    Step.EXP: keys.on_expiry,
    Step.NBF: keys.on_early,
    Step.CLAIM: users.on_claim,
    Step.MAPPING: users.on_mapping,
    Step.NAMED: users.on_named,
    Step.RESERVED: users.on_reserved,
    Step.AUDIENCE: trust.on_audience,
    Step.MADE: users.on_made,
    Step.GROUPS: users.on_groups,
    Step.LICENCE: trust.on_licence,
}
