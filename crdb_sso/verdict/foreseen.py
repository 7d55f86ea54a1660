"""Logins of a stack, judged without a token: as if one of each identity came now.

An identity is a line of the identity map that the stack has claimed, or an issuer for which it has
claimed none. What needs a real token is not looked at: its form, its key, signature and times. What
the stack needs and the cluster lacks is found.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.letter_case import login_key
from crdb_sso.crdb.settings import Setting
from crdb_sso.registry.claims import Claim, Kind, lines_among
from crdb_sso.verdict.checks_of_token import one_of
from crdb_sso.verdict.cluster import lists
from crdb_sso.verdict.cluster.mapping import map_rules
from crdb_sso.verdict.cluster.versions import rules_of
from crdb_sso.verdict.cluster.views import ClusterView
from crdb_sso.verdict.jose.keys import UnreadableKeysError, read_keys
from crdb_sso.verdict.judging import judge
from crdb_sso.verdict.outcome import Check, Verdict
from crdb_sso.verdict.steps import Step, decided, passes, unknown
from crdb_sso.verdict.unseen import unseen

_NEEDS_A_TOKEN = (
    *(Step.SENT, Step.FORM, Step.KEY, Step.SIGNATURE),
    *(Step.IAT, Step.EXP, Step.NBF, Step.GROUPS),
)
_OF_KEYS = (Step.KEY, Step.SIGNATURE)
_NO_TOKEN = "not looked at: there is no token"  # noqa: S105 - says that there is none
_BACK = "Run `pulumi refresh`, then `pulumi up` of the stack: that puts it back."


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One identity of a stack, and what would become of its login.

    Attributes:
        user: The SQL user; "" if the token decides, as the issuer has no line.
        issuer: The `iss` of its tokens.
        subject: Its principal, or `/` and a regular expression; "" if any will do.
        audiences: What its tokens may be meant for: all that the stack accepts, as claims don't say
            which identity has which.
        verdict: What would become of it; undecided if nothing fails.
    """

    user: str
    issuer: str
    subject: str
    audiences: tuple[str, ...]
    verdict: Verdict


def foreseen_logins(
    cluster: ClusterView,
    claims: Sequence[Claim],
    *,
    now: datetime,
    unasked: Mapping[str, str] | None = None,
    instead: Mapping[Step, Check] | None = None,
) -> tuple[Foreseen, ...]:
    """Return what would become of every login of one stack.

    Args:
        cluster: What is known of the cluster.
        claims: The claims of the stack.
        now: The moment of the logins, with a time zone.
        unasked: While the nodes fetch keys: why an issuer could not be asked from here, by issuer.
        instead: What stands for checks that can't be looked at from here.
    """
    common = _key_checks(cluster, claims) | dict(instead or {})
    return tuple(_foreseen(cluster, claims, now, unasked or {}, common))


def _foreseen(
    cluster: ClusterView,
    claims: Sequence[Claim],
    now: datetime,
    unasked: Mapping[str, str],
    common: Mapping[Step, Check],
) -> Iterator[Foreseen]:
    entries = [claim.entry for claim in claims]
    lines = list(lines_among(entries))
    audiences = _names(claims, Kind.AUDIENCE)
    common = {**common, **_audience_check(cluster, audiences)}
    for line in lines:
        if line.is_closing:
            continue
        instead = {**common, **_line_checks(cluster, line), **_unasked(line.issuer, unasked)}
        token = _token(cluster, line.issuer, line.subject, audiences, now)
        verdict = judge(cluster, line.user, token, now=now, instead=instead)
        yield Foreseen(line.user, line.issuer, line.subject, audiences, _with_fix(verdict))
    mapped = {line.issuer for line in lines}
    for issuer in _names(claims, Kind.ISSUER):
        if issuer not in mapped:
            instead = {**common, **_any_subject(cluster, issuer), **_unasked(issuer, unasked)}
            token = _token(cluster, issuer, "", audiences, now)
            verdict = judge(cluster, "", token, now=now, instead=instead)
            yield Foreseen("", issuer, "", audiences, _with_fix(verdict))


def _names(claims: Sequence[Claim], kind: Kind) -> tuple[str, ...]:
    return tuple(claim.entry.name for claim in claims if claim.entry.kind is kind)


def _with_fix(verdict: Verdict) -> Verdict:
    is_ours = verdict.first_failure is not None and not verdict.fix
    return replace(verdict, fix=_BACK) if is_ours else verdict


def _token(
    cluster: ClusterView, issuer: str, principal: str, audiences: tuple[str, ...], now: datetime
) -> str:
    """Return what has the form of a token, and no signature."""
    claim = cluster.text(Setting.CLAIM) or "sub"
    is_pointer = rules_of(cluster).reads_pointers and claim.startswith("/")
    value: object = principal
    steps = [_plain(step) for step in claim[1:].split("/")] if is_pointer else [claim]
    for step in reversed(steps[1:]):
        value = {step: value}
    seconds = int(now.timestamp())
    said = {"iss": issuer, "aud": list(audiences), "iat": seconds, "exp": seconds + 60}
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({}, {**said, steps[0]: value}, 0)
    )


def _plain(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def _key_checks(cluster: ClusterView, claims: Sequence[Claim]) -> dict[Step, Check]:
    found = unseen(_NEEDS_A_TOKEN, _NO_TOKEN)
    if cluster.is_on(Setting.AUTO_FETCH):
        return found
    if cluster.is_hidden(Setting.JWKS):
        return {step: check for step, check in found.items() if step not in _OF_KEYS}
    kids = tuple(
        claim.entry.name for claim in claims if claim.entry.kind is Kind.KEY and not claim.until
    )
    try:
        there = {key.kid for key in read_keys(cluster.text(Setting.JWKS))}
    except UnreadableKeysError:
        there = set()
    trusted = [kid for kid in kids if kid in there]
    expected = f"one of the stack's keys: {one_of(kids)}"
    if trusted:
        seen = f"{_NO_TOKEN}; on the cluster: {one_of(tuple(trusted))}"
        found[Step.KEY] = unknown(Step.KEY, expected, seen)
    else:
        found[Step.KEY] = _lacks(Step.KEY, expected, "none of them is on the cluster")
    return found


def _audience_check(cluster: ClusterView, wanted: tuple[str, ...]) -> dict[Step, Check]:
    if cluster.is_hidden(Setting.AUDIENCE):
        return {}
    accepted = lists.audiences(cluster.text(Setting.AUDIENCE))
    there = tuple(one for one in wanted if one in accepted)
    if not wanted or 0 < len(there) < len(wanted):
        missing = one_of(tuple(one for one in wanted if one not in there))
        seen = f"the cluster does not accept {missing}, which other tokens of the stack may carry"
        seen = seen if wanted else "the stack has claimed none"
        return {Step.AUDIENCE: unknown(Step.AUDIENCE, one_of(accepted), seen)}
    return {}


def _line_checks(cluster: ClusterView, line: MapLine) -> dict[Step, Check]:
    """Return what stands for the checks of a line that is not there, or is a pattern."""
    if cluster.is_hidden(Setting.IDENTITY_MAP):
        return {}
    folds = rules_of(cluster).folds_case
    wanted = login_key(line, folds=folds)
    rules = map_rules(cluster.text(Setting.IDENTITY_MAP))
    numbers = [rule.number for rule in rules if login_key(rule.line, folds=folds) == wanted]
    expected = f"the line {line.text}"
    is_pattern = line.subject.startswith("/")
    if not numbers:
        gone = _lacks(Step.MAPPING, expected, "it is not in the identity map")
        claim = unseen([Step.CLAIM], _NO_TOKEN) if is_pattern else {}
        return {**claim, Step.MAPPING: gone, **unseen([Step.NAMED], "the line is not there")}
    if not is_pattern:
        return {}
    seen = f"line {numbers[0]}, a pattern: it decides which principals get in"
    return {
        Step.CLAIM: unknown(Step.CLAIM, "", _NO_TOKEN),
        Step.MAPPING: passes(Step.MAPPING, expected, seen),
        Step.NAMED: unknown(Step.NAMED, "", _NO_TOKEN),
        **({} if "\\" not in line.user else _user_unknown()),
    }


def _any_subject(cluster: ClusterView, issuer: str) -> dict[Step, Check]:
    if cluster.is_hidden(Setting.IDENTITY_MAP):
        return _user_unknown()
    rules = map_rules(cluster.text(Setting.IDENTITY_MAP))
    has_map = any(rule.line.issuer == issuer for rule in rules)
    expected = "no line of the identity map for the issuer"
    there = "it has a line by now: subjects are no longer user names"
    mapping = (
        _lacks(Step.MAPPING, expected, there)
        if has_map
        else passes(Step.MAPPING, expected, "none: the principal itself is the user")
    )
    waiting = unseen([Step.CLAIM, Step.NAMED], _NO_TOKEN)
    return {**waiting, **_user_unknown(), Step.MAPPING: mapping}


def _user_unknown() -> dict[Step, Check]:
    steps = (Step.USER, Step.LOGIN, Step.RESERVED, Step.MADE)
    return unseen(steps, "not looked at: the token decides who the user is")


def _unasked(issuer: str, unasked: Mapping[str, str]) -> dict[Step, Check]:
    return unseen([Step.FETCHED], unasked[issuer]) if issuer in unasked else {}


def _lacks(step: Step, expected: str, seen: str) -> Check:
    return replace(decided(step, expected, seen, None), passed=False)
