"""Logins that host-based rules decide: certificate, password, or nothing at all.

Source: CockroachDB pkg/sql/pgwire/auth.go, auth_methods.go and role_mapper.go.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from dev.emulator.go.text import quoted
from dev.emulator.login.password_exchange import ask_for_proof, ask_for_secret, refuse_bearer
from dev.emulator.login.passwords import matches
from dev.emulator.login.refusals import wrong_password
from dev.emulator.setting_texts.hba_rules import OAUTH, rule_for, rules_in_force
from dev.emulator.sqlerror import SqlError
from dev.emulator.usernames import ROOT, may_not_use_jwt, normalise

if TYPE_CHECKING:
    from dev.emulator.login.store import Account
    from dev.emulator.setting_texts.hba_rules import HostRule
    from dev.emulator.setting_texts.identity_map import IdentityMap
    from dev.emulator.wire.client import Client

_REFUSED = "28000"


def deciding_rule(client: Client, user: str, rules: str, identity_map: IdentityMap) -> HostRule:
    """Return the rule that decides a login; it is chosen before the user is looked up.

    Args:
        client: Where it comes from, and the certificate it showed.
        user: Who it wants to be; normalised.
        rules: `server.host_based_authentication.configuration`.
        identity_map: `server.identity_map.configuration`.

    Raises:
        SqlError: No rule matches, or the rule's map does not lead to the user.
    """
    rule = rule_for(rules_in_force(rules), user, ip_address(client.address))
    shown = client.certificate_user
    if rule.method == OAUTH:
        return rule
    if rule.map_name and (shown is not None or rule.method == "cert"):
        check_map(rule.map_name, identity_map, user if shown is None else normalise(shown), user)
    return rule


def refuse_root(client: Client, user: str) -> None:
    """Refuse root, and whoever shows its certificate, where nodes disallow its login.

    Args:
        client: Where it comes from, and the certificate it showed.
        user: Who it wants to be; normalised.

    Raises:
        SqlError: It is root's login, or root's certificate.
    """
    if client.certificate_user == ROOT:
        raise SqlError(f'certificate authentication failed for user "{user}"', sqlstate=_REFUSED)
    if user == ROOT:
        raise wrong_password(user)


def check_map(map_name: str, found: IdentityMap, identity: str, user: str) -> None:
    """Check that an identity map lets a certificate's name in as a user.

    Raises:
        SqlError: The map has no line for the name, leads elsewhere, or to a reserved user.
    """
    names = found.users(map_name, identity) if map_name in found.rules else []
    reserved = [name for name in names if may_not_use_jwt(name)]
    if reserved:
        told = f"mapped to reserved database role {quoted(reserved[0])}"
        raise SqlError(f"system identity {quoted(identity)} {told}", sqlstate=_REFUSED)
    if not names:
        told = "did not map to a database role"
        raise SqlError(f"system identity {quoted(identity)} {told}", sqlstate=_REFUSED)
    if user not in names:
        raise SqlError(
            f"requested user identity {quoted(user)} does not correspond to any mapping for "
            f"system identity {quoted(identity)}",
            sqlstate=_REFUSED,
        )


async def follow_rule(client: Client, rule: HostRule, user: str, account: Account) -> None:
    """Let a user in by the method of a rule, or refuse the login.

    Args:
        client: Who logs in.
        rule: What `deciding_rule` returned.
        user: The user, who exists and has LOGIN; normalised.
        account: What is known of the user.

    Raises:
        SqlError: The user may not log in, in CockroachDB's words.
    """
    if rule.method == "trust":
        return
    if rule.method == "reject":
        raise SqlError("authentication rejected by configuration", sqlstate=_REFUSED)
    if rule.method == OAUTH:
        await refuse_bearer(client)
    elif rule.method == "password":
        _check_password(await ask_for_secret(client, user), user, account)
    elif rule.method == "scram-sha-256":
        await _ask_for_proof(client, user, account)
    elif client.certificate_user is not None:
        _check_certificate(client.certificate_user, user, rule)
    elif rule.method == "cert":
        raise SqlError("no TLS peer certificates, but required for auth", sqlstate=_REFUSED)
    else:  # cert-password means SCRAM where passwords are stored that way: here, always
        await _ask_for_proof(client, user, account)


async def _ask_for_proof(client: Client, user: str, account: Account) -> None:
    await ask_for_proof(client, user, None if account.expired else account.verifier)


def _check_certificate(certificate_user: str, user: str, rule: HostRule) -> None:
    if not rule.map_name and normalise(certificate_user) != user:
        raise SqlError(
            f'certificate authentication failed for user "{user}"',
            sqlstate=_REFUSED,
            detail=f'The client certificate is valid for "{certificate_user}" on all tenants.',
        )


def _check_password(password: str, user: str, account: Account) -> None:
    if account.expired:
        raise SqlError("password is expired", sqlstate=_REFUSED)
    if account.verifier is None or not matches(password, account.verifier):
        raise wrong_password(user)
