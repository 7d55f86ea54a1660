"""One good login, and what can be changed about it; expected values are written by hand."""

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from crdb_sso.verdict import ClusterView, UserView, Verdict, judge
from tests.emulator.token_forge import jwks, rsa_pair

NOW_S = 1_700_000_000
NOW = datetime.fromtimestamp(NOW_S, timezone.utc)
ISSUER = "https://idp.example.com"
JWT = "server.jwt_authentication."
MAP = "server.identity_map.configuration"
PROVISIONING = "security.provisioning.jwt.enabled"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "kyle",
    "aud": "crdb",
    "exp": NOW_S + 600,
    "iat": NOW_S,
}
USERS = {"kyle": UserView(), "shut": UserView(may_login=False), "root": UserView()}
OLD = {"22.2", "23.1"}


def token(header: Mapping[str, Any] | None = None, /, **claims: Any) -> str:
    """A token of ours, signed; a claim that is None is left out."""
    said = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return rsa_pair().token(said, None if header is None else dict(header))


def cluster(
    version: str = "25.2", *, without: tuple[str, ...] = (), licensed: bool = True, **more: Any
) -> ClusterView:
    """A cluster that lets `token()` in as kyle.

    Args:
        version: Its version; before 24.1 it can't fetch keys.
        without: Settings that it does not have.
        licensed: Whether it has a licence.
        more: `settings` by their full names, `users`, `fetched`.
    """
    issuers = JWT + ("issuers" if version in {*OLD, "24.1"} else "issuers.configuration")
    settings = {
        JWT + "enabled": "true",
        JWT + "jwks": jwks(rsa_pair().jwk(alg="RS256")),
        issuers: json.dumps([ISSUER]),
        JWT + "audience": "crdb",
        JWT + "claim": "",
        MAP: "",
    }
    if version not in OLD:
        settings[JWT + "jwks_auto_fetch.enabled"] = "false"
    settings |= more.get("settings", {})
    there = {name: text for name, text in settings.items() if name not in without}
    users = more.get("users", USERS)
    return ClusterView(version, there, users, more.get("fetched", {}), licensed)


def verdict(
    sent: str | None = None, user: str = "kyle", version: str = "25.2", **more: Any
) -> Verdict:
    """What becomes of a login; by default a good one."""
    return judge(cluster(version, **more), user, token() if sent is None else sent, now=NOW)


def told(outcome: Verdict) -> tuple[str, str, str]:
    """What the client is told: message, DETAIL, SQLSTATE."""
    assert outcome.error is not None
    return outcome.error.message, outcome.error.detail, outcome.error.sqlstate


def names(outcome: Verdict) -> list[str]:
    """The names of all checks, in order."""
    return [check.name for check in outcome.checks]
