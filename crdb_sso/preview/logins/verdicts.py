"""What becomes of a login, in lines for people: every check, the first failure, what to do."""

import json
from collections.abc import Iterator, Mapping

from crdb_sso.printing import cut
from crdb_sso.verdict.advice.trust import on_answer, token_member
from crdb_sso.verdict.checks_of_token import duration
from crdb_sso.verdict.foreseen import Foreseen
from crdb_sso.verdict.jose.decoding import Decoded
from crdb_sso.verdict.jose.go_text import GoTime
from crdb_sso.verdict.outcome import Check, Verdict

MORE = "docs/login-errors.md"
"""What each message of a server means, by version."""

_LONGEST_SHOWN = 1000
_RESULTS: Mapping[bool | None, str] = {True: "ok", False: "FAILS", None: "-"}


def check_row(check: Check) -> tuple[str, str, str]:
    """Return how a check turned out, its name, and what was seen."""
    seen = check.seen or ("not looked at" if check.passed is None else "")
    return _RESULTS[check.passed], check.name, seen


def verdict_lines(user: str, verdict: Verdict) -> Iterator[str]:
    """Yield what becomes of a login, below its checks."""
    failed = verdict.first_failure
    if verdict.accepted:
        yield f"{user} gets in."
    elif failed is None:
        yield "Nothing fails, as far as can be seen from here; what could not be looked at has a -."
    else:
        yield f"The login of {user} is refused at: {failed.name}"
        yield from _failure_lines(failed, verdict)
    for note in verdict.notes:
        yield f"Note: {note}"


def _failure_lines(failed: Check, verdict: Verdict) -> Iterator[str]:
    yield f"  expected:  {failed.expected}"
    yield f"  seen:      {failed.seen}"
    if verdict.near_miss:
        yield f"  near miss: {verdict.near_miss}"
    if verdict.fix:
        yield f"  what to do: {verdict.fix}"
    if verdict.error:
        yield f"  the client is told: {verdict.error}"
        yield f"  what the server's words mean: {MORE}"


def token_lines(token: Decoded, now_s: int) -> Iterator[str]:
    """Yield what is in a token.

    Args:
        token: The token.
        now_s: Seconds since 1970.
    """
    yield f"token of {token.length} characters, never shown; nothing in it has been checked"
    if not token.is_signed:
        yield "  no signature: a cluster takes no such text; its values are not shown"
        if member := token_member(token.claims):
            yield f"  near miss: {on_answer(member)}, e.g. jq -r .{member}"
    for header in token.headers:
        yield f"  header: {_json(header)}"
    for name, value in token.claims.items():
        yield f"  claim {name}: {_json(value)}{_moment(name, token)}"
    if not token.kid:
        yield "  no kid in the header: it selects no key, so a cluster refuses it"
    yield f"  {_validity(token, now_s)}"


def _moment(name: str, token: Decoded) -> str:
    moments = {"iat": token.issued, "nbf": token.begins, "exp": token.expires}
    moment = moments.get(name)
    return f" ({moment})" if moment else ""


def _validity(token: Decoded, now_s: int) -> str:
    if token.begins and token.begins.seconds > now_s:
        return f"not valid yet: begins {_apart(token.begins, now_s)}"
    if token.issued and token.issued.seconds > now_s:
        return f"not valid yet: issued {_apart(token.issued, now_s)}; compare the clocks"
    if token.expires is None:
        return "never expires: it has no `exp`"
    if token.expires.seconds <= now_s:
        return f"expired {_apart(token.expires, now_s)}"
    return f"valid until {token.expires}: ends {_apart(token.expires, now_s)}"


def _apart(moment: GoTime, now_s: int) -> str:
    gap = moment.seconds - now_s
    return f"{duration(abs(gap))} {'from now' if gap > 0 else 'ago'}"


def foreseen_line(one: Foreseen) -> str:
    """Return whose login is judged, and as what."""
    who = one.subject or "any subject that is a user name"
    audiences = " or ".join(one.audiences) or "none"
    return f"{one.user or '(the subject)'}: {one.issuer} subject {who} (audience {audiences})"


def foreseen_summary(one: Foreseen) -> str:
    """Return what becomes of a login of a stack at which nothing fails, in one line."""
    waiting = [check.name for check in one.verdict.checks if check.passed is None]
    return f"  nothing fails; not looked at: {', '.join(waiting)}"


def _json(value: object) -> str:
    return cut(json.dumps(value, ensure_ascii=False), _LONGEST_SHOWN)
