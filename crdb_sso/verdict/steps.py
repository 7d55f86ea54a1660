"""What is checked, and how one check turned out."""

from enum import Enum

from crdb_sso.verdict.outcome import Check, ClientError


class Step(Enum):
    """What is checked, in the words that people read."""

    USER = "user"
    LOGIN = "login privilege"
    SENT = "token sent"
    ENABLED = "token logins on"
    FORM = "token form"
    ISSUER = "issuer"
    FETCHED = "keys fetched"
    KEY = "key"
    SIGNATURE = "signature"
    IAT = "issued at"
    EXP = "expiry"
    NBF = "not before"
    CLAIM = "claim"
    MAPPING = "identity map"
    NAMED = "login name"
    RESERVED = "reserved user"
    AUDIENCE = "audience"
    MADE = "user made"
    GROUPS = "groups"
    LICENCE = "licence"


OF_PRINCIPAL = (Step.CLAIM, Step.MAPPING, Step.NAMED)
"""Whom a token names, and as whom that logs in."""


def passes(step: Step, expected: str, seen: str) -> Check:
    """Return a check that passes."""
    return Check(step.value, passed=True, expected=expected, seen=seen)


def fails(step: Step, expected: str, seen: str, told: ClientError) -> Check:
    """Return a check that fails, and what the client is told."""
    return Check(step.value, passed=False, expected=expected, seen=seen, error=told)


def unknown(step: Step, expected: str, seen: str = "") -> Check:
    """Return a check that can't be looked at, and why if that needs saying."""
    return Check(step.value, passed=None, expected=expected, seen=seen)


def decided(step: Step, expected: str, seen: str, told: ClientError | None) -> Check:
    """Return a check that fails if the client is told something."""
    return Check(step.value, passed=told is None, expected=expected, seen=seen, error=told)
