"""Tokens that a cluster refuses, so that refusals can be rehearsed: each fault spoils one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

AGO_S = 60
"""Seconds since an expired token ended."""

AHEAD_S = 600
"""Seconds until a token of the future begins."""

NO_KID = "no-kid"
UNKNOWN_KID = "unknown-kid"
FORGED = "forged"

_Claims = dict[str, Any]


def _moved(claims: _Claims, by_s: int) -> _Claims:
    times = {name: claims[name] + by_s for name in ("iat", "nbf", "exp") if name in claims}
    return claims | times


def _expired(claims: _Claims, now_s: int) -> _Claims:
    return _moved(claims, now_s - AGO_S - claims["exp"])


def _future(claims: _Claims, now_s: int) -> _Claims:
    late = _moved(claims, now_s + AHEAD_S - claims["iat"])
    return late | {"nbf": late["iat"]}


def _wrong_issuer(claims: _Claims, _now_s: int) -> _Claims:
    return claims | {"iss": f"{claims['iss']}/"}


def _wrong_audience(claims: _Claims, _now_s: int) -> _Claims:
    return claims | {"aud": "somebody-else"}


def _no_subject(claims: _Claims, _now_s: int) -> _Claims:
    return {name: value for name, value in claims.items() if name != "sub"}


_SPOILERS: Mapping[str, Callable[[_Claims, int], _Claims]] = {
    "expired": _expired,
    "future": _future,
    "wrong-issuer": _wrong_issuer,
    "wrong-audience": _wrong_audience,
    "no-subject": _no_subject,
}

FAULTS: Mapping[str, str] = {
    "expired": "ended a minute ago",
    "future": "begins in ten minutes",
    "wrong-issuer": "the issuer has a slash at its end",
    "wrong-audience": "for somebody else",
    "no-subject": "without `sub`",
    NO_KID: "the header does not name a key",
    UNKNOWN_KID: "signed with a key that is not published",
    FORGED: "names a published key, but another one signs",
}
"""What is wrong, by name."""


def spoilt(claims: _Claims, faults: Collection[str], now_s: int) -> _Claims:
    """Return the claims of a token with faults.

    Args:
        claims: Those of a good one.
        faults: Some of FAULTS; those of the signature change nothing here.
        now_s: Seconds since 1970.
    """
    for fault in FAULTS:
        if fault in faults and fault in _SPOILERS:
            claims = _SPOILERS[fault](claims, now_s)
    return claims
