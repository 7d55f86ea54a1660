"""Clusters to analyze, in few words; everything that is not said is harmless."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from crdb_sso.crdb.settings import Setting
from crdb_sso.registry.claims import Claim, Entry, Kind, Owner, Registry
from crdb_sso.verdict.access.views import AccessView, Account
from crdb_sso.verdict.cluster.views import ClusterView
from crdb_sso.verdict.findings import Finding, Situation, analyzed
from tests.unit.standard_keys import EC

NOW = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
IDP, OTHER = "https://idp.example.com", "https://other.example.org"
GOOGLE = "https://accounts.google.com"
GITHUB = "https://token.actions.githubusercontent.com"
PROD, DEV = "org/shop/prod/sso", "org/shop/dev/sso"


def key_set(*keys: Mapping[str, str]) -> str:
    return json.dumps({"keys": list(keys)})


def claim(
    kind: Kind, name: str, owner: str = PROD, *, text: str = "", days: int = 0, until_h: int = 0
) -> Claim:
    """Return a claim that is some days old; with `until_h` its key goes after some hours.

    The uuid of its owner is the name.
    """
    until = NOW + timedelta(hours=until_h) if until_h else None
    since = NOW - timedelta(days=days)
    return Claim(
        Entry(kind, name), owner, text, found=False, since=since, until=until, instance=owner
    )


def settings(
    lines: tuple[str, ...] = (f"{IDP} orders app_orders",),
    issuers: tuple[str, ...] = (IDP,),
    **changes: str,
) -> dict[str, str]:
    """Return texts by full name; `changes` are named like members of `Setting`, in lower case."""
    texts = {
        Setting.ENABLED: "true",
        Setting.ISSUERS: json.dumps(issuers),
        Setting.AUDIENCE: '["crdb-sso/shop/prod"]',
        Setting.JWKS: key_set({**EC, "kid": "k1"}),
        Setting.CLAIM: "",
        Setting.IDENTITY_MAP: "\n".join(lines),
        Setting.HOST_RULES: "",
        **{Setting[name.upper()]: text for name, text in changes.items()},
    }
    return {setting.value: text for setting, text in texts.items()}


def situation(
    texts: Mapping[str, str] | None = None,
    *claims: Claim,
    users: Mapping[str, Account] | None = None,
    version: str = "25.4",
    allowed: frozenset[str] = frozenset(),
    owners: tuple[str, ...] = (PROD, DEV),
) -> Situation:
    accounts = users or {"app_orders": Account()}
    cluster = ClusterView(version, texts or settings(), {})
    known = {owner: Owner(owner, owner, NOW, NOW) for owner in owners}
    registry = Registry("c", claims, owners=known) if claims else None
    view = AccessView(cluster, accounts, registry)
    return Situation(view, NOW, allowed)


def found(id_: str, given: Situation) -> list[Finding]:
    """Return the findings of one rule; the number alone names it."""
    return [one for one in analyzed(given).findings if one.id == f"CRDB-SSO-{id_}"]
