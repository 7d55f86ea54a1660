"""Tokens for tests: shaped as issuers' are, signed by nobody."""

import base64
import json
from typing import Any

from crdb_sso.workload import tokens

NEVER_SHOWN = "c2lnbmF0dXJl"
"""The end of each of them; whoever reads it has seen a token."""


def jwt(**claims: Any) -> str:
    """Return a token with these claims."""
    return f"{part({'alg': 'RS256', 'kid': 'k'})}.{part(claims)}.{NEVER_SHOWN}"


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class VirtualClock:
    """A clock that stands still unless told to go on."""

    def __init__(self, now_s: float = 1_800_000_000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s

    def go_on(self, seconds: float) -> None:
        self.now_s += seconds


class Issuer:
    """An issuer in this process: counts requests, and can be down."""

    def __init__(self, clock: VirtualClock, life_s: float = 3600) -> None:
        self.clock, self.life_s = clock, life_s
        self.asked = 0
        self.is_down = False

    def __call__(self) -> str:
        self.asked += 1
        if self.is_down:
            raise ConnectionError("the issuer is down")
        return jwt(exp=self.clock() + self.life_s, jti=self.asked)


def source_of(issuer: Issuer) -> tokens.Source:
    """Return a source that asks an issuer by its clock."""
    return tokens.call(issuer, clock=issuer.clock)
