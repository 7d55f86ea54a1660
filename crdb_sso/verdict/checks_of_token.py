"""What is checked of the token itself: form, issuer, key, signature, times, audience."""

from crdb_sso.crdb.settings import Setting
from crdb_sso.printing import cut
from crdb_sso.verdict import messages
from crdb_sso.verdict.case import Case
from crdb_sso.verdict.jose.go_text import GoTime, quoted, sprint_list
from crdb_sso.verdict.jose.keys import Key, Obstacle
from crdb_sso.verdict.jose.verifying import Verification
from crdb_sso.verdict.outcome import Check, ClientError
from crdb_sso.verdict.steps import Step, decided, fails, passes, unknown

_LONGEST_SHOWN = 300
_TIME_STEPS = {"iat": Step.IAT, "exp": Step.EXP, "nbf": Step.NBF}
_REFUSALS = {
    Obstacle.NO_KID: messages.NO_KID,
    Obstacle.UNKNOWN_KID: messages.UNKNOWN_KID,
    Obstacle.NOT_FOR_SIGNATURES: messages.BAD_SIGNATURE,
    Obstacle.NO_INFERENCE: messages.BAD_SIGNATURE,
    Obstacle.BOGUS_ALGORITHM: messages.BOGUS_ALGORITHM,
    Obstacle.UNVERIFIABLE_ALGORITHM: messages.UNVERIFIABLE_ALGORITHM,
    Obstacle.OTHER_ALGORITHM: messages.OTHER_ALGORITHM,
}


def one_of(texts: tuple[str, ...]) -> str:
    """Return texts as people read a choice; "nothing" if there is none."""
    named = tuple(repr(text) if text else "the empty text" for text in texts)
    return cut(" or ".join(named) or "nothing", _LONGEST_SHOWN)


def check_form(case: Case) -> Check:
    """Check that the token can be read."""
    expected = "a signed token: three parts in base64url with dots between them"
    if case.token is not None:
        names = ", ".join(case.token.claims) or "none"
        return passes(Step.FORM, expected, cut(f"claims: {names}", _LONGEST_SHOWN))
    message = messages.UNREADABLE_COLLAPSED if case.is_collapsed else messages.UNREADABLE
    return fails(Step.FORM, expected, case.unreadable, message.told())


def check_issuer(case: Case) -> Check:
    """Check that the token's issuer is trusted."""
    expected = one_of(case.issuers)
    if case.token is None:
        return unknown(Step.ISSUER, expected)
    issuer = case.token.issuer
    passed = issuer in case.issuers
    told = None if passed else messages.WRONG_ISSUER.told(issuer=issuer)
    return decided(Step.ISSUER, expected, one_of((issuer,)), told)


def check_fetched(case: Case) -> Check:
    """Check that the nodes can get the issuer's keys."""
    expected = "a key set that the nodes can fetch and read"
    if case.token is None:
        return unknown(Step.FETCHED, expected)
    if case.keys is None:
        told = messages.NOT_FETCHED.told()
        return fails(Step.FETCHED, expected, case.keyless, told)
    return passes(Step.FETCHED, expected, f"keys: {_kids(case.keys)}")


def check_key(case: Case) -> Check:
    """Check that the token selects a key that can verify it."""
    expected = f"the id of a key for signatures: {_kids(case.keys or ())}"
    done = case.verification
    if done is None:
        return unknown(Step.KEY, expected, case.keyless)
    if case.token is None or case.token.message is None:
        return fails(Step.KEY, expected, "no signature", _not_signed(case))
    seen = f"kid {done.kid!r}, alg {done.alg!r}" if done.kid else "no kid in the token's header"
    if done.obstacle is None:
        return passes(Step.KEY, expected, seen)
    told = _collapsed(case) or _refusal(done.obstacle, done)
    return fails(Step.KEY, expected, f"{seen}: {done.obstacle.value}", told)


def check_signature(case: Case) -> Check:
    """Check that the selected key signed the token."""
    done = case.verification
    if done is None or done.obstacle is not None or done.key is None:
        return unknown(Step.SIGNATURE, "a signature by that key")
    expected = f"a signature by the key {done.key.kid!r}"
    if done.is_signed:
        return passes(Step.SIGNATURE, expected, "valid")
    told = _collapsed(case) or messages.BAD_SIGNATURE.told()
    return fails(Step.SIGNATURE, expected, "another signature", told)


def check_time(case: Case, claim: str) -> Check:
    """Check one of the token's times against the clock; no difference is allowed for."""
    step = _TIME_STEPS[claim]
    now = GoTime(case.now)
    expected = f"later than {now}" if claim == "exp" else f"not later than {now}"
    if case.token is None:
        return unknown(step, expected)
    moment = case.token.time(claim)
    if moment is None:
        return passes(step, expected, f"no `{claim}`")
    gap = moment.seconds - case.now
    passed = gap > 0 if claim == "exp" else gap <= 0
    told = None if passed else _collapsed(case) or messages.WRONG_TIME.told(claim=claim)
    return decided(step, expected, f"{moment}, {_gap(gap)}", told)


def check_audience(case: Case) -> Check:
    """Check that the token is meant for this cluster."""
    expected = one_of(case.audiences)
    if case.token is None:
        return unknown(Step.AUDIENCE, expected)
    given = case.token.audience
    passed = not set(given).isdisjoint(case.audiences)
    told = None if passed else messages.WRONG_AUDIENCE.told(audience=sprint_list(given))
    seen = ", ".join(map(repr, given)) or "no audience"
    return decided(Step.AUDIENCE, expected, cut(seen, _LONGEST_SHOWN), told)


def check_enabled(case: Case) -> Check:
    """Check that the cluster takes tokens at all."""
    passed = case.cluster.is_on(Setting.ENABLED)
    told = None if passed else messages.NOT_ENABLED.told()
    seen = "on" if passed else "off"
    return decided(Step.ENABLED, f"{Setting.ENABLED.value} is on", seen, told)


def _refusal(obstacle: Obstacle, done: Verification) -> ClientError:
    alg = done.key.alg if done.key else ""
    is_named = obstacle is Obstacle.UNVERIFIABLE_ALGORITHM
    return _REFUSALS[obstacle].told(kid=quoted(done.kid), alg=quoted(alg) if is_named else alg)


def _not_signed(case: Case) -> ClientError:
    return _collapsed(case) or messages.NOT_SIGNED.told()


def _collapsed(case: Case) -> ClientError | None:
    return messages.UNREADABLE_COLLAPSED.told() if case.is_collapsed else None


def _kids(keys: tuple[Key, ...]) -> str:
    named = dict.fromkeys(repr(key.kid) for key in keys if key.kid)
    return cut(", ".join(named) or "none", _LONGEST_SHOWN)


def _gap(seconds: int) -> str:
    return "now" if not seconds else f"{duration(abs(seconds))} {'ahead' if seconds > 0 else 'ago'}"


def duration(seconds: int) -> str:
    """Return a duration as people read it, in its two largest units, e.g. 1 h 5 min."""
    units = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    parts, rest = [], seconds
    for unit, size in units:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
