"""Tokens and verdicts as JSON; docs/cli.md describes the shapes."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from crdb_sso.verdict import Verdict
from crdb_sso.verdict.foreseen import Foreseen
from crdb_sso.verdict.jose.decoding import Decoded
from crdb_sso.verdict.jose.go_text import GoTime

_RESULTS: Mapping[bool | None, str] = {True: "passed", False: "failed", None: "not looked at"}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def verdict_json(verdict: Verdict) -> dict[str, object]:
    """Return a verdict."""
    failed, error = verdict.first_failure, verdict.error
    return {
        "outcome": outcome_of(verdict),
        "checks": [
            {
                "name": check.name,
                "result": _RESULTS[check.passed],
                "expected": check.expected,
                "seen": check.seen,
            }
            for check in verdict.checks
        ],
        "refused_at": failed.name if failed else "",
        "near_miss": verdict.near_miss,
        "fix": verdict.fix,
        "error": {
            "message": error.message if error else "",
            "detail": error.detail if error else "",
            "sqlstate": error.sqlstate if error else "",
            "is_exact": error.is_exact if error else False,
        },
        "notes": list(verdict.notes),
    }


def outcome_of(verdict: Verdict) -> str:
    """Return what becomes of a login in one word."""
    if verdict.accepted:
        return "accepted"
    return "undecided" if verdict.is_undecided else "refused"


def token_json(token: Decoded) -> dict[str, object]:
    """Return what is in a token."""
    return {
        "length": token.length,
        "signed": token.is_signed,
        "kid": token.kid,
        "headers": list(token.headers),
        "claims": dict(token.claims),
        "issued_at": _moment(token.issued),
        "not_before": _moment(token.begins),
        "expires_at": _moment(token.expires),
    }


def foreseen_json(one: Foreseen) -> dict[str, object]:
    """Return a login of a stack, and what would become of it."""
    return {
        "user": one.user,
        "issuer": one.issuer,
        "subject": one.subject,
        "audiences": list(one.audiences),
        **verdict_json(one.verdict),
    }


def _moment(moment: GoTime | None) -> str:
    if moment is None:
        return ""
    try:
        return (_EPOCH + timedelta(seconds=moment.seconds)).isoformat()
    except OverflowError:
        return str(moment)
