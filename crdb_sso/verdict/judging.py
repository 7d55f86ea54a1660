"""The judge: the checks of a login in the order of the cluster's version."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.user_names import normalised
from crdb_sso.verdict.advice import advice_on
from crdb_sso.verdict.case import Case, seconds_since_1970
from crdb_sso.verdict.checks_of_token import (
    check_audience,
    check_enabled,
    check_fetched,
    check_form,
    check_issuer,
    check_key,
    check_signature,
    check_time,
)
from crdb_sso.verdict.checks_of_user import (
    check_claim,
    check_groups,
    check_licence,
    check_login,
    check_made,
    check_mapping,
    check_named,
    check_reserved,
    check_sent,
    check_user,
)
from crdb_sso.verdict.cluster.versions import Order, rules_of
from crdb_sso.verdict.cluster.views import ClusterView
from crdb_sso.verdict.jose.claims import TIME_CLAIMS
from crdb_sso.verdict.notes import notes_on
from crdb_sso.verdict.outcome import Check, Verdict
from crdb_sso.verdict.steps import OF_PRINCIPAL, Step
from crdb_sso.verdict.unseen import hidden_checks

CheckOf = Callable[[Case], Check]

_TIMES: tuple[CheckOf, ...] = tuple(partial(check_time, claim=claim) for claim in TIME_CLAIMS)
_PRINCIPAL = (check_claim, check_mapping, check_named)


def judge(
    cluster: ClusterView,
    user: str,
    token: str,
    *,
    now: datetime,
    instead: Mapping[Step, Check] | None = None,
    mended: Step | None = None,
) -> Verdict:
    """Tell what becomes of a login with a token.

    Args:
        cluster: What is known of the cluster.
        user: Whom the client wants to be, as in its connection URL.
        token: What it sends as the password.
        now: The moment of the login, with a time zone.
        instead: What stands for some checks, e.g. as they can't be looked at from here. If one of
            them is the first that fails, the caller knows what to do about it.
        mended: The check that advice is to be about; None for the first that fails.
    """
    rules = rules_of(cluster)
    case = Case(cluster, rules, normalised(user), token, seconds_since_1970(now))
    known = {**hidden_checks(cluster), **(instead or {})}
    made = (check(case) for check in _order(case))
    checks = tuple(known.get(Step(check.name), check) for check in made)
    failed = next((check for check in checks if check.passed is False), None)
    step = Step(failed.name) if failed else None
    mended = mended or _to_mend(step, checks)
    advice = advice_on(case, mended) if mended and mended not in known else None
    return Verdict(
        accepted=all(check.passed for check in checks),
        checks=checks,
        error=failed.error if failed else None,
        near_miss=advice.near_miss if advice else "",
        fix=advice.fix if advice else "",
        notes=tuple(notes_on(case, checks)),
    )


def _to_mend(failed: Step | None, checks: Sequence[Check]) -> Step | None:
    """Return the check that advice is about: the first that fails, or what it follows from.

    Where the principal is looked at first, a token of an unknown issuer already fails there. A line
    of the identity map would not help it, and should not be written.
    """
    unknown = any(one.name == Step.ISSUER.value and one.passed is False for one in checks)
    return Step.ISSUER if failed in OF_PRINCIPAL and unknown else failed


def _order(case: Case) -> Iterator[CheckOf]:
    if case.rules.order is Order.COLLAPSED:
        return _collapsed(case)
    if case.rules.order is Order.USER_FIRST:
        return _user_first(case)
    return _principal_first(case)


def _collapsed(case: Case) -> Iterator[CheckOf]:
    yield from (check_user, check_login, check_sent, check_enabled)
    yield from (check_form, check_key, check_signature, *_TIMES)
    yield from (check_issuer, *_PRINCIPAL, check_reserved, check_audience)
    yield from _last(case)


def _user_first(case: Case) -> Iterator[CheckOf]:
    yield from (check_user, check_login, check_sent, check_enabled, check_form)
    yield from (*_signed(case), *_TIMES, *_PRINCIPAL, check_reserved, check_audience)
    yield from _last(case)


def _principal_first(case: Case) -> Iterator[CheckOf]:
    yield from (check_sent, check_enabled, check_form, *_PRINCIPAL, check_user)
    if case.is_made:  # on issuer and signature alone
        yield from (*_signed(case), check_made, check_login)
    else:
        yield from (check_login, *_signed(case))
    yield from (*_TIMES, check_reserved, check_audience)
    yield from _last(case)


def _signed(case: Case) -> Sequence[CheckOf]:
    fetched = (check_fetched,) if case.fetches else ()
    return (check_issuer, *fetched, check_key, check_signature)


def _last(case: Case) -> Iterator[CheckOf]:
    if case.cluster.is_on(Setting.GROUP_SYNC):
        yield check_groups
    if case.rules.checks_licence:
        yield check_licence
