"""One login that is spoilt in chosen ways, and the refusals that follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.tokens import b64, token

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.cluster import Cluster
    from tests.contract.raw_login import Answer
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

PREFIX = "JWT authentication: "


@dataclass(slots=True)
class Attempt:
    """One login, good in every way until something is spoilt."""

    sso: Sso
    users: Users
    user: str
    settings: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    signer: str = "rsa"
    password: str | None = None

    def made(self, cluster: Cluster) -> Answer:
        """Write the settings, sign the token under the trusted key's kid, and try it."""
        self.sso.trust(**self.settings)
        if self.password is None:
            header = {"kid": self.sso.keys["rsa"].kid}
            claims = self.sso.claims(**{"sub": self.user, **self.claims})
            self.password = token(self.sso.keys[self.signer], claims, header)
        return cluster.knock(self.user, self.password)


def no_such_user(attempt: Attempt) -> None:
    attempt.user = attempt.users.name()


def no_login(attempt: Attempt) -> None:
    attempt.user = attempt.users.create("NOLOGIN")


def empty(attempt: Attempt) -> None:
    attempt.password = ""


def disabled(attempt: Attempt) -> None:
    attempt.settings["enabled"] = False


def malformed(attempt: Attempt) -> None:
    attempt.password = "abc"


def garbled(attempt: Attempt) -> None:
    attempt.password = f"{b64(bytes([0xFF]) + b'{}')}.{b64(b'{}')}.{b64(b'x')}"  # not UTF-8


def unreadable(attempt: Attempt) -> None:
    attempt.claims["jti"] = 5  # a jti that is not a string: the claims do not parse


def foreign_issuer(attempt: Attempt) -> None:
    attempt.claims["iss"] = "https://elsewhere.example"


def bad_signature(attempt: Attempt) -> None:
    attempt.signer = "other rsa"


def expired(attempt: Attempt) -> None:
    attempt.claims["exp"] = int(attempt.sso.cluster.now_s()) - 30


def not_yet_issued(attempt: Attempt) -> None:
    attempt.claims["iat"] = int(attempt.sso.cluster.now_s()) + 300


def not_yet_valid(attempt: Attempt) -> None:
    attempt.claims["nbf"] = int(attempt.sso.cluster.now_s()) + 300


def no_claim(attempt: Attempt) -> None:
    attempt.settings["claim"] = "email"


def unmapped(attempt: Attempt) -> None:
    attempt.settings["identity_map"] = f"{attempt.sso.issuer} nobody somebody"


def other_subject(attempt: Attempt) -> None:
    attempt.claims["sub"] = "Someone-Else"


def root(attempt: Attempt) -> None:
    attempt.user = "root"


def other_audience(attempt: Attempt) -> None:
    attempt.claims["aud"] = ["x", "y"]


Told = tuple[str, str, str]
"""SQLSTATE, message and detail; USER and ISS stand for the user and the issuer of the attempt."""

NO_USER: Told = ("28P01", "password authentication failed for user USER", "")
NO_LOGIN = ("28000", "USER does not have login privilege", "")
NOT_ENABLED = ("28000", f"{PREFIX}not enabled", "")
UNPARSED = ("28000", f"{PREFIX}invalid token", "token parsing failed: .+")
ISSUER = ("28000", f"{PREFIX}invalid issuer", "token issued by https://elsewhere.example")
INVALID = ("28000", f"{PREFIX}invalid token", "unable to parse token: .+")
NO_CLAIM = ("28000", f"{PREFIX}missing claim", "token does not contain a claim for email")
NO_MAPPING = (
    "28000",
    f"{PREFIX}invalid principal",
    "the value [USER] for the issuer ISS is invalid",
)
PRINCIPAL = (
    "28000",
    f"{PREFIX}invalid principal",
    "token issued for [Someone-Else] and login was for USER",
)
RESERVED = (
    "28000",
    f"{PREFIX}invalid identity",
    "cannot use JWT auth to login to a reserved user root",
)
AUDIENCE = ("28000", f"{PREFIX}invalid audience", "token issued with an audience of [x y]")
COLLAPSED = ("28000", f"{PREFIX}invalid token", "")
LIBRARY_WORDS = (UNPARSED, INVALID)
"""Refusals whose detail is a pattern, as it quotes a library."""


def told(expected: Told, attempt: Attempt) -> Told:
    """Return what a refusal says of this attempt."""
    sqlstate, message, detail = (
        text.replace("USER", attempt.user).replace("ISS", attempt.sso.issuer) for text in expected
    )
    return sqlstate, message, detail


def row(expected: Told, *spoilt: Callable[[Attempt], None], marks: Any = ()) -> Any:
    """Return a row of a table: how a login is spoilt, and the refusal that follows."""
    name = " and ".join(spoil.__name__ for spoil in spoilt)
    return pytest.param(spoilt, expected, id=name, marks=marks)
