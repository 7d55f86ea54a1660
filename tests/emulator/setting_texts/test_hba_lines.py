"""Host-based rules as they are written: words, lines, and what can be set."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.emulator.go.networks import Network
from dev.emulator.setting_texts.hba_lines import Rule, parse_rules
from dev.emulator.setting_texts.hba_rules import rules_in_force, validate_host_rules
from dev.emulator.setting_texts.hba_words import Word, scan
from dev.emulator.sqlerror import SqlError

A, B, C = (Word(text) for text in "abc")
ALL = Word("all")
NOT_YET = "You have attempted to use a feature that is not yet implemented."
NO_NAMES = (
    "List the numeric CIDR notation instead, for example: 127.0.0.1/8.\n"
    "Alternatively, use 'all' (without quotes) for any IPv4/IPv6 address."
)
METHODS = (
    "cert, cert-password, cert-scram-sha-256, ldap, password, peer, reject, scram-sha-256, trust"
)


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("a b c", [(A,), (B,), (C,)]),
        ("  a\t b \r", [(A,), (B,)]),
        ("a,b c", [(A, B), (C,)]),
        ("a, b", [(A, B)]),
        ("a ,b", [(A,), (B,)]),
        ("a,b,  c", [(A, B, C)]),
        ("a,,b", [(A, B)]),
        (",a", [(A,)]),
        ("a,", [(A,)]),
        ('"a",b,c', [(Word("a", quoted=True), B, C)]),
        ('"a, b ,c"  c', [(Word("a, b ,c", quoted=True),), (C,)]),
        ('""', [(Word("", quoted=True),)]),
        ('a"b"c', [(A,), (Word("b", quoted=True),), (C,)]),
        ("a # b c", [(A,)]),
        ("a #b", [(A,)]),
        ("a#b", [(Word("a#b"),)]),
        ('a, # "b', [(A,)]),
        ('"#a"', [(Word("#a", quoted=True),)]),
        ("Ὀδυσσεύς", [(Word("Ὀδυσσεύς"),)]),
    ],
)
def test_a_line_is_split_into_fields_of_words(line: str, fields: list[tuple[Word, ...]]) -> None:
    assert [list(found.fields) for found in scan(line)] == [fields]


def test_lines_are_counted_with_those_that_say_nothing() -> None:
    assert [line.number for line in scan("#\n\na\n  \nb # c\n ,")] == [3, 5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('host all "x', "line 1: unterminated quoted string"),
        ('#\nhost all,"x', "line 2: unterminated quoted string"),
        ('host "a\tb" all', "line 1: invalid characters in quoted string"),
        ("host \x01", r'line 1: unsupported character: "\x01"'),
        ("local\nhost \x7f", r'line 2: unsupported character: "\x7f"'),
    ],
)
def test_words_that_do_not_end_or_hold_control_characters_are_refused(
    text: str, message: str
) -> None:
    with pytest.raises(SqlError) as refused:
        validate_host_rules(text)
    assert (refused.value.message, refused.value.sqlstate) == (message, "XXUUU")


@pytest.mark.parametrize(
    ("line", "block"),
    [
        ("host all all 0.0.0.0/0 trust", "0.0.0.0/0"),
        ("host all all 2.3.4.5/8 trust", "2.0.0.0/8"),
        ("host all all 2.3.4.5/08 trust", "2.0.0.0/8"),
        ("host all all ::1/0 trust", "::/0"),
        ("host all all fe80::7a31:c1ff:0000:0000/96 trust", "fe80::7a31:c1ff:0:0/96"),
        ("host all all 2.3.4.5 255.255.0.0 trust", "2.3.0.0/16"),
        ("host all all 2.3.4.5 0.0.0.0 trust", "0.0.0.0/0"),
        ("host all all fe80:7a31:c1ff:: ffff:fff0:: trust", "fe80:7a30::/28"),
        ("host all all ::ffff:10.1.2.3/104 trust", "10.0.0.0/8"),
        ("host all all ::ffff:10.1.2.3/64 trust", "::/64"),
        ("host all all ::ffff:10.1.2.3 255.0.0.0 trust", "10.0.0.0/8"),
    ],
)
def test_an_address_is_a_block_of_addresses(line: str, block: str) -> None:
    (rule,) = parse_rules(line)
    assert isinstance(rule.address, Network)
    assert str(rule.address.block) == block


def test_a_block_holds_an_ipv4_client_however_its_address_is_written() -> None:
    (rule,) = parse_rules("host all all 127.0.0.0/8 trust")
    assert isinstance(rule.address, Network)
    clients = ["127.9.0.1", "::ffff:127.0.0.1", "128.0.0.1", "::1"]
    assert [ip_address(client) in rule.address for client in clients] == [True, True, False, False]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("local a b c", Rule("local", (A,), (B,), None, C)),
        ('"local" a b "c"', Rule("local", (A,), (B,), None, Word("c", quoted=True))),
        ("local a b 1.1.1.1", Rule("local", (A,), (B,), None, Word("1.1.1.1"))),
        ("hostssl a,b a all c", Rule("hostssl", (A, B), (A,), ALL, C)),
        ("hostnossl a b c c", Rule("hostnossl", (A,), (B,), C, C)),
        ("host a b all c k=v", Rule("host", (A,), (B,), ALL, C, (("k", "v"),))),
        (
            'host a b all c k=v," some = x " k=v=w',
            Rule("host", (A,), (B,), ALL, C, (("k", "v"), (" some ", " x "), ("k", "v=w"))),
        ),
        ('host a b all c k=,"x y"', Rule("host", (A,), (B,), ALL, C, (("k", "x y"),))),
    ],
)
def test_a_line_is_a_rule(line: str, rule: Rule) -> None:
    assert parse_rules(line) == [rule]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("local", "end-of-line before database specification"),
        ("local a", "end-of-line before role specification"),
        ("local a b", "end-of-line before authentication method"),
        ("host a b", "end-of-line before IP address specification"),
        ("host a b c", "end-of-line before authentication method"),
        ("host a b 1.1.1.1", "end-of-line before netmask specification"),
        ("unknown a b c", 'unknown connection type: "unknown"'),
        ('"" a b c', 'unknown connection type: ""'),
        ("local,host a b c", "multiple values specified for connection type"),
        ("host a b 1.1.1.1,2.2.2.2 c", "multiple values specified for host address"),
        ("host a b 1.1.1.1 255.0.0.0,255.255.0.0 c", "multiple values specified for netmask"),
        ("host a b all cert,trust", "multiple values specified for authentication method"),
        ('host a b "" cert', "cannot use empty string as address"),
        ('host a b all ""', "cannot use empty string as authentication method"),
        ("host a b 1.1.1/0 c", "invalid CIDR address: 1.1.1/0"),
        ("host a b 1.1.1.1/33 c", "invalid CIDR address: 1.1.1.1/33"),
        ("host a b 1.1.1.1/ c", "invalid CIDR address: 1.1.1.1/"),
        ("host a b 1.1.1.1/-1 c", "invalid CIDR address: 1.1.1.1/-1"),
        ("host a b 1.1.1.1/\u0663 c", "invalid CIDR address: 1.1.1.1/\u0663"),
        ("host a b fe80::1%eth0/64 c", "invalid CIDR address: fe80::1%eth0/64"),
        ("host a b x/y c", "invalid CIDR address: x/y"),
        ("host a b 1.1.1.1 abc c", 'invalid IP mask "abc": netmask not in IP numeric format'),
        ("host a b 1.1.1.1 8.0.0.8 c", 'invalid IP mask "8.0.0.8": address is not a mask'),
        ("host a b 1.1.1.1 0.255.0.0 c", 'invalid IP mask "0.255.0.0": address is not a mask'),
        ("host a b 1.1.1.1 ffff:: c", "IP address and mask do not match"),
        ("local a b c d", "authentication option not in name=value format: d"),
        ("local a b c k=", "authentication option not in name=value format: k="),
    ],
)
def test_a_line_that_is_not_a_rule_is_refused_with_its_number(line: str, message: str) -> None:
    with pytest.raises(SqlError) as refused:
        validate_host_rules(f"local all all trust\n# comment\n{line}")
    assert (refused.value.message, refused.value.sqlstate) == (f"line 3: {message}", "F0000")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "host a b samehost d",
            "line 1: unimplemented: address specification samehost is not yet supported",
            NOT_YET,
        ),
        (
            "host a b samenet d",
            "line 1: unimplemented: address specification samenet is not yet supported",
            NOT_YET,
        ),
        (
            "loopback all all all trust",
            "unimplemented: unsupported connection type: loopback",
            NOT_YET,
        ),
        (
            'host "all" all all cert',
            "unimplemented: per-database HBA rules are not supported",
            f"{NOT_YET}\n--\nUse the special value 'all' (without quotes) to match all databases.",
        ),
        (
            'host all all "all" cert',
            "unimplemented: hostname-based HBA rules are not supported",
            f"{NOT_YET}\n--\n{NO_NAMES}",
        ),
        (
            "host all all all jwt_token",
            'unimplemented: unknown auth method "jwt_token"',
            f"{NOT_YET}\n--\nSupported methods: {METHODS}",
        ),
        (
            "host all all all ldap",
            'the HBA method "ldap" is not implemented in the embedded cluster',
            None,
        ),
    ],
)
def test_what_is_not_supported_is_refused_with_its_reason(
    text: str, message: str, hint: str | None
) -> None:
    with pytest.raises(SqlError) as refused:
        validate_host_rules(text)
    said = (refused.value.message, refused.value.sqlstate, refused.value.hint)
    assert said == (message, "0A000", hint)


@pytest.mark.parametrize(
    ("method", "shown"),
    [
        ("password", '"password"'),
        ("trust", '"trust"'),
        ("reject", '"reject"'),
        ("scram-sha-256", '"scram-sha-256"'),
        ("cert-scram-sha-256", '"cert-scram-sha-256"'),
        ('"trust"', r'"\"trust\""'),
    ],
)
def test_these_methods_take_no_options(method: str, shown: str) -> None:
    validate_host_rules(f"host all all all {method}")
    with pytest.raises(SqlError) as refused:
        validate_host_rules(f"host all all all {method} map=x")
    assert refused.value.message == f"the HBA method {shown} does not accept options"
    assert refused.value.sqlstate == "XXUUU"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host all all all cert map=x",
        "host all all all cert-password any=thing",
        'hostssl all a,"b c" 10.0.0.0/8 "cert"',
        "hostnossl all all 1.1.1.1 255.255.255.255 reject",
        "# closed\nlocal all all reject\n",
    ],
)
def test_these_rules_can_be_set(text: str) -> None:
    validate_host_rules(text)


@pytest.mark.parametrize("text", [" ", "\n", "# only a comment\n\n#"])
def test_a_text_without_rules_is_refused(text: str) -> None:
    with pytest.raises(SqlError) as refused:
        validate_host_rules(text)
    assert (refused.value.message, refused.value.sqlstate, refused.value.hint) == (
        "no entries",
        "XXUUU",
        "To use the default configuration, assign the empty string ('').",
    )


CONTROL: tuple[Literal["C"]] = ("C",)
PLAIN = st.text(st.characters(exclude_categories=CONTROL, exclude_characters=' ",#'), min_size=1)
QUOTED = st.text(st.characters(exclude_categories=CONTROL, exclude_characters='"'))
WORDS = PLAIN.map(Word) | QUOTED.map(lambda text: Word(text, quoted=True))
FIELDS = st.lists(WORDS, min_size=1, max_size=4).map(tuple)


@given(st.lists(st.lists(FIELDS, min_size=1, max_size=5), max_size=5))
def test_words_survive_writing_and_reading(lines: list[list[tuple[Word, ...]]]) -> None:
    text = "\n".join(" ".join(",".join(map(str, field)) for field in line) for line in lines)
    assert [list(line.fields) for line in scan(text)] == lines


PIECES = ["host", "local", "all", "root", ",", " ", '"', "\n", "#", "1.2.3.4", "/", "8"]
PIECES += ["255.0.0.0", "::1", "ffff::", "%", "cert", "reject", "ldap", "map=x", "="]
PIECES += ["\t", "\x00", "é", "9" * 9]


@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join) | st.text())
def test_any_text_is_taken_or_refused_and_always_leaves_root_a_way_in(text: str) -> None:
    try:
        validate_host_rules(text)
    except SqlError as refused:
        assert refused.sqlstate in {"F0000", "0A000", "XXUUU"}  # noqa: PT017 - it need not come
    root = next(rule for rule in rules_in_force(text) if rule.kind == "host")
    assert root.users is not None
    assert "root" in root.users
    assert root.method == "cert-password"
