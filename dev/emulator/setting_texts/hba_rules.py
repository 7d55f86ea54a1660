"""Host-based rules: which ones can be set, which are in force, which one decides a login.

Source: CockroachDB pkg/sql/pgwire/hba_conf.go and auth.go. Logins with tokens never come here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dev.emulator.go.networks import Network, parse_cidr
from dev.emulator.go.text import quoted
from dev.emulator.setting_texts.hba_lines import ALL, Rule, parse_rules, unimplemented
from dev.emulator.setting_texts.hba_words import Word
from dev.emulator.sqlerror import SqlError
from dev.emulator.usernames import normalise

if TYPE_CHECKING:
    from dev.emulator.go.networks import Address

SETTING = "server.host_based_authentication.configuration"
TAKES_OPTIONS = frozenset({"cert", "cert-password"})
APPLIED = TAKES_OPTIONS | {"cert-scram-sha-256", "password", "reject", "scram-sha-256", "trust"}
NOT_APPLIED = frozenset({"ldap", "peer"})
"""Methods of CockroachDB that the embedded cluster does not have: it refuses them."""
OAUTH = "oauth"
"""The method of tokens over SASL, from 26.4 on; a map is all that may follow it."""

BUILT_IN = """
loopback all all all trust
host     all all all cert-password
local    all all     password
"""
_ROOT_FROM_HERE = parse_cidr("127.0.0.1/32")


@dataclass(frozen=True, slots=True)
class HostRule:
    """A rule in force.

    Attributes:
        kind: As in `Rule`.
        users: Normalised names; None means everybody.
        network: Where the client must come from; None means anywhere.
        method: One of `APPLIED`, or `OAUTH`.
        map_name: The identity map between a certificate's name and users; empty for none.
    """

    kind: str
    users: frozenset[str] | None
    network: Network | None
    method: str
    map_name: str = ""

    def matches(self, user: str, address: Address) -> bool:
        """Tell whether it decides a login over TLS from an address, of a normalised user."""
        return (
            self.kind in ("host", "hostssl")
            and (self.network is None or address in self.network)
            and (self.users is None or user in self.users)
        )


LOOPBACK_RULE = HostRule("loopback", None, None, "trust")
ROOT_RULE = HostRule("host", frozenset({"root"}), None, "cert-password")


def validate_host_rules(text: str, *, has_oauth: bool = False) -> None:
    """Check a value for `server.host_based_authentication.configuration`.

    Args:
        text: The value.
        has_oauth: Whether this version has the method `OAUTH`.

    Raises:
        SqlError: It is not empty, and a line can't be read, or asks for what CockroachDB does not
            support, or for a method that the embedded cluster does not have.
    """
    if not text:
        return
    rules = parse_rules(text)
    if not rules:
        hint = "To use the default configuration, assign the empty string ('')."
        raise SqlError("no entries", hint=hint)
    for rule in rules:
        _check(rule)
        _check_method(rule, has_oauth=has_oauth)


def rules_in_force(text: str) -> list[HostRule]:
    """Return the rules a stored text stands for, including those that are always there.

    A text that can't be read, as an older version may have left it, stands for the built-in rules.
    """
    try:
        return _completed(parse_rules(text or BUILT_IN))
    except SqlError:
        return rules_in_force("")


def rule_for(rules: list[HostRule], user: str, address: Address) -> HostRule:
    """Return the first rule that matches.

    Args:
        rules: As `rules_in_force` returns them.
        user: Normalised; it need not exist.
        address: Where the client connects from, over TLS.

    Raises:
        SqlError: No rule matches.
    """
    for rule in rules:
        if rule.matches(user, address):
            return rule
    raise SqlError(
        f"no {SETTING} entry for host {quoted(str(address))}, user {quoted(user)}",
        sqlstate="28000",
    )


def _check(rule: Rule) -> None:
    if rule.kind == "loopback":
        raise unimplemented("unsupported connection type: loopback")
    if not all(word.is_keyword(ALL) for word in rule.databases):
        raise unimplemented(
            "per-database HBA rules are not supported",
            "Use the special value 'all' (without quotes) to match all databases.",
        )
    if isinstance(rule.address, Word) and not rule.address.is_keyword(ALL):
        raise unimplemented(
            "hostname-based HBA rules are not supported",
            "List the numeric CIDR notation instead, for example: 127.0.0.1/8.\n"
            "Alternatively, use 'all' (without quotes) for any IPv4/IPv6 address.",
        )


def _check_method(rule: Rule, *, has_oauth: bool) -> None:
    method = rule.method.text
    known = APPLIED | NOT_APPLIED | ({OAUTH} if has_oauth else set())
    if method not in known:
        listed = ", ".join(sorted(known))
        raise unimplemented(f"unknown auth method {quoted(method)}", f"Supported methods: {listed}")
    if method in NOT_APPLIED:
        message = f"the HBA method {quoted(method)} is not implemented in the embedded cluster"
        raise SqlError(message, sqlstate="0A000")
    if method == OAUTH:
        _check_oauth_options(rule)
    elif rule.options and method not in TAKES_OPTIONS:
        raise SqlError(f"the HBA method {quoted(str(rule.method))} does not accept options")


def _check_oauth_options(rule: Rule) -> None:
    for name, _ in rule.options:
        if name != "map":
            raise SqlError(f"the HBA method {quoted(OAUTH)} does not accept option {quoted(name)}")


def _completed(rules: list[Rule]) -> list[HostRule]:
    """Put first what no text can take away: root's own rule, and the node's own connections."""
    found = [_in_force(rule) for rule in rules]
    if not (rules and _is_for_root(rules[0])):
        found.insert(0, ROOT_RULE)
    if all(rule.kind != "loopback" for rule in rules):
        found.insert(0, LOOPBACK_RULE)
    return found


def _in_force(rule: Rule) -> HostRule:
    if rule.method.text not in APPLIED | {OAUTH}:
        raise SqlError(f"unknown auth method {rule.method.text}")
    if isinstance(rule.address, Word) and not rule.address.is_keyword(ALL):
        raise SqlError(f"unknown address {rule.address}")
    everybody = any(word.is_keyword(ALL) for word in rule.users)
    return HostRule(
        kind=rule.kind,
        users=None if everybody else frozenset(normalise(word.text) for word in rule.users),
        network=rule.address if isinstance(rule.address, Network) else None,
        method=rule.method.text,
        map_name=rule.option("map"),
    )


def _is_for_root(rule: Rule) -> bool:
    """Tell whether a first rule replaces root's own: that very rule, or the one for 127.0.0.1."""
    return (
        rule.kind == "host"
        and not any(word.is_keyword(ALL) for word in rule.users)
        and not rule.users[0].quoted
        and normalise(rule.users[0].text) == "root"
        and rule.address in (Word(ALL), _ROOT_FROM_HERE)
        and rule.method == Word("cert-password")
        and not rule.options
    )
