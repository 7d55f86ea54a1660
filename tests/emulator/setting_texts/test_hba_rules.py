"""Host-based rules: which ones are in force, and which of them decides a login."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from dev.emulator.go.networks import parse_cidr
from dev.emulator.setting_texts.hba_rules import HostRule, rule_for, rules_in_force
from dev.emulator.sqlerror import SqlError

LOOPBACK = HostRule("loopback", None, None, "trust")
ROOT = HostRule("host", frozenset({"root"}), None, "cert-password")
EVERYBODY = HostRule("host", None, None, "cert-password")
LOCAL = HostRule("local", None, None, "password")
DEFAULT = [ROOT, LOOPBACK, EVERYBODY, LOCAL]
CLOSED = "host all all all reject"


def decided_by(text: str, user: str, client: str = "127.0.0.1") -> str:
    """The method of the rule that decides."""
    return rule_for(rules_in_force(text), user, ip_address(client)).method


def test_without_rules_the_built_in_ones_are_in_force() -> None:
    assert rules_in_force("") == DEFAULT


@pytest.mark.parametrize(
    "text",
    [
        "host all",
        'host all "x',
        "host all all all no-such-method",
        "host all all some.name cert",
        "host all all all ldap",
    ],
)
def test_a_stored_text_that_cannot_be_applied_means_the_built_in_rules(text: str) -> None:
    assert rules_in_force(text) == DEFAULT


@pytest.mark.parametrize(
    "first",
    [
        pytest.param("host all root all cert-password", id="root's own rule"),
        pytest.param("host all ROOT all cert-password", id="the name is normalised"),
        pytest.param("host all root,a all cert-password", id="root and another"),
        pytest.param("host all root 127.0.0.1/32 cert-password", id="from this machine"),
    ],
)
def test_a_first_rule_that_equals_roots_own_replaces_it(first: str) -> None:
    types = [rule.kind for rule in rules_in_force(f"{first}\n{CLOSED}")]
    assert types == ["loopback", "host", "host"]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param("host all a,root all cert-password", id="another before root"),
        pytest.param('host all "root" all cert-password', id="root in quotes"),
        pytest.param('host all root all "cert-password"', id="the method in quotes"),
        pytest.param("host all root all cert-password map=x", id="with an option"),
        pytest.param("host all root all cert", id="another method"),
        pytest.param("hostssl all root all cert-password", id="another type"),
        pytest.param("host all all all cert-password", id="everybody"),
        pytest.param("host all root,all all cert-password", id="root among everybody"),
        pytest.param("host all root 127.0.0.1 255.255.255.255 cert-password", id="with a mask"),
        pytest.param("host all root 127.0.0.1/31 cert-password", id="a wider block"),
        pytest.param("host all root ::ffff:127.0.0.1/128 cert-password", id="as IPv6"),
    ],
)
def test_otherwise_root_keeps_its_rule_in_front(first: str) -> None:
    found = rules_in_force(f"{first}\n{CLOSED}")
    assert found[:2] == [LOOPBACK, ROOT]
    assert len(found) == 4


def test_root_may_be_limited_to_this_machine() -> None:
    text = "host all root 127.0.0.1/32 cert-password\nhost all all all reject"
    assert rules_in_force(text)[1].network == parse_cidr("127.0.0.1/32")
    assert decided_by(text, "root") == "cert-password"
    assert decided_by(text, "root", "10.0.0.1") == "reject"


def test_any_other_rule_for_root_has_no_effect() -> None:
    assert decided_by("host all root all reject\nhost all all all trust", "root") == "cert-password"


@pytest.mark.parametrize(
    ("text", "user", "client", "method"),
    [
        ("host all a all cert\nhost all a all trust", "a", "127.0.0.1", "cert"),
        ("host all a,b all cert\nhost all all all trust", "b", "127.0.0.1", "cert"),
        ("host all a,b all cert\nhost all all all trust", "c", "127.0.0.1", "trust"),
        ("host all A all cert\nhost all all all trust", "a", "127.0.0.1", "cert"),
        ("host all Ὀδυσσεύς all cert\nhost all all all trust", "ὀδυσσεύς", "127.0.0.1", "cert"),
        ("host all a,all all cert\nhost all b all trust", "b", "127.0.0.1", "cert"),
        ('host all a,"all" all cert\nhost all b all trust', "b", "127.0.0.1", "trust"),
        ('host all a,"all" all cert\nhost all b all trust', "all", "127.0.0.1", "cert"),
        ("host all all 10.0.0.0/8 trust\nhost all all all cert", "a", "10.9.9.9", "trust"),
        ("host all all 10.0.0.0/8 trust\nhost all all all cert", "a", "11.0.0.1", "cert"),
        ("host all all ::/0 trust\nhost all all 0.0.0.0/0 cert", "a", "127.0.0.1", "cert"),
        ("host all all ::/0 trust\nhost all all 0.0.0.0/0 cert", "a", "::1", "trust"),
        ("hostssl all all all trust\nhost all all all cert", "a", "127.0.0.1", "trust"),
        ("hostnossl all all all trust\nhost all all all cert", "a", "127.0.0.1", "cert"),
        ("local all all trust\nhost all all all cert", "a", "127.0.0.1", "cert"),
    ],
)
def test_the_first_rule_that_matches_decides(
    text: str, user: str, client: str, method: str
) -> None:
    assert decided_by(text, user, client) == method


@pytest.mark.parametrize(("client", "shown"), [("127.0.0.1", "127.0.0.1"), ("fe80::1", "fe80::1")])
def test_without_a_match_nobody_gets_in(client: str, shown: str) -> None:
    with pytest.raises(SqlError) as refused:
        decided_by("host all b all trust", "a", client)
    setting = "server.host_based_authentication.configuration"
    assert refused.value.message == f'no {setting} entry for host "{shown}", user "a"'
    assert refused.value.sqlstate == "28000"


@pytest.mark.parametrize(
    ("options", "map_name"),
    [("", ""), ("map=m", "m"), ("x=y map=m", "m"), ("map=m map=m", ""), ("map=,m", "m")],
)
def test_a_map_counts_if_it_is_named_once(options: str, map_name: str) -> None:
    rule = rule_for(
        rules_in_force(f"host all all all cert {options}"), "a", ip_address("127.0.0.1")
    )
    assert rule.map_name == map_name
