"""Logins by host-based rules on a running cluster: who gets in by which method."""

from __future__ import annotations

import socket
import ssl
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from dev.emulator.host.certificates import issue_client
from tests.emulator.embedded import Embedded, refusal, rows
from tests.emulator.token_forge import ISSUER, jwks, rsa_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.emulator.embedded import Connection

SETTING = "server.host_based_authentication.configuration"
IDENTITY_MAP = "server.identity_map.configuration"
JWT = "server.jwt_authentication."
ASKED_IN_CLEAR, ASKED_FOR_PROOF = 3, 10


@dataclass
class Doors:
    """The shared cluster, with rules that are reset at the end."""

    cluster: Embedded
    root: Connection
    new_user: Callable[..., str]
    touched: set[str] = field(default_factory=set)

    def put(self, name: str, value: str | bool) -> None:  # noqa: FBT001 - the value of a setting
        self.touched.add(name)
        statement = sql.SQL("SET CLUSTER SETTING {} = {}")
        self.root.execute(statement.format(sql.SQL(name), sql.Literal(value)))

    def rules(self, text: str) -> None:
        self.put(SETTING, text)


@pytest.fixture
def doors(cluster: Embedded, root: Connection, new_user: Callable[..., str]) -> Iterator[Doors]:
    made = Doors(cluster, root, new_user)
    yield made
    for name in made.touched:
        root.execute(sql.SQL("RESET CLUSTER SETTING {}").format(sql.SQL(name)))


def verdict(doors: Doors, user: str, **shown: Any) -> str:
    """`admitted`, or what the server said."""
    try:
        with doors.cluster.connect(user, **shown) as session:
            assert rows(session, "SELECT current_user") == [(user,)]
    except psycopg.OperationalError as exc:
        text = str(exc)
        return text[text.index("ERROR:") :].removeprefix("ERROR:").strip()
    return "admitted"


def asked(doors: Doors, user: str) -> int:
    """The code of the authentication request to a client without a certificate."""
    context = ssl.create_default_context(cafile=doors.cluster.ready["ca_cert"])
    with socket.create_connection(("127.0.0.1", doors.cluster.ready["port"])) as plain:
        plain.sendall(struct.pack("!ii", 8, 80877103))
        assert plain.recv(1) == b"S"
        with context.wrap_socket(plain, server_hostname="localhost") as encrypted:
            body = struct.pack("!i", 3 << 16) + b"user\0" + user.encode() + b"\0\0"
            encrypted.sendall(struct.pack("!i", len(body) + 4) + body)
            kind, _, code = struct.unpack("!cii", encrypted.recv(9))
            assert kind == b"R"
            return int(code)


REJECTED = "authentication rejected by configuration"
NO_CERTIFICATE = "no TLS peer certificates, but required for auth"
WRONG = "password authentication failed for user {}"
PASSWORD, MISTAKE, CERTIFICATE = {"password": "right"}, {"password": "wrong"}, dict[str, str]()


@pytest.mark.parametrize(
    ("rule", "shown", "expected"),
    [
        ("host all all all password", PASSWORD, "admitted"),
        ("host all all all password", MISTAKE, WRONG),
        ("host all all all scram-sha-256", PASSWORD, "admitted"),
        ("host all all all scram-sha-256", MISTAKE, WRONG),
        ("host all all all cert-password", PASSWORD, "admitted"),
        ("host all all all cert-password", MISTAKE, WRONG),
        ("host all all all cert-password", CERTIFICATE, "admitted"),
        ("host all all all cert-scram-sha-256", PASSWORD, "admitted"),
        ("host all all all cert-scram-sha-256", MISTAKE, WRONG),
        ("host all all all cert-scram-sha-256", CERTIFICATE, "admitted"),
        ("host all all all cert", PASSWORD, NO_CERTIFICATE),
        ("host all all all cert", CERTIFICATE, "admitted"),
        ("host all all all trust", MISTAKE, "admitted"),
        ("host all all all reject", PASSWORD, REJECTED),
        ("host all all all reject", CERTIFICATE, REJECTED),
        ("hostssl all all 127.0.0.0/8 trust", MISTAKE, "admitted"),
        ("host all {} all reject\nhost all all all trust", MISTAKE, REJECTED),
        ("host all other all reject\nhost all all all trust", MISTAKE, "admitted"),
        (
            "host all other all trust",
            PASSWORD,
            f'no {SETTING} entry for host "127.0.0.1", user "{{}}"',
        ),
        (
            "local all all trust\nhostnossl all all all trust",
            PASSWORD,
            f'no {SETTING} entry for host "127.0.0.1", user "{{}}"',
        ),
    ],
)
def test_the_method_of_the_rule_decides(
    doors: Doors,
    rule: str,
    shown: dict[str, str],
    expected: str,
) -> None:
    user = doors.new_user("WITH PASSWORD 'right'")
    doors.rules(rule.format(user))
    assert verdict(doors, user, **shown) == expected.format(user)


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("password", ASKED_IN_CLEAR),
        ("scram-sha-256", ASKED_FOR_PROOF),
        ("cert-password", ASKED_FOR_PROOF),
        ("cert-scram-sha-256", ASKED_FOR_PROOF),
    ],
)
@pytest.mark.parametrize("options", ["WITH PASSWORD 'right'", ""])
def test_a_password_goes_over_the_wire_by_one_method_only(
    doors: Doors,
    method: str,
    code: int,
    options: str,
) -> None:
    user = doors.new_user(options)
    doors.rules(f"host all all all {method}")
    assert asked(doors, user) == code


@pytest.mark.parametrize(
    ("method", "expected"),
    [("password", "password is expired"), ("scram-sha-256", WRONG), ("cert-password", WRONG)],
)
def test_only_a_client_that_sends_its_password_is_told_that_it_has_expired(
    doors: Doors,
    method: str,
    expected: str,
) -> None:
    user = doors.new_user("PASSWORD 'right' VALID UNTIL '2001-01-01'")
    doors.rules(f"host all all all {method}")
    assert verdict(doors, user, **PASSWORD) == expected.format(user)


@pytest.mark.parametrize("method", ["trust", "reject", "cert", "password", "scram-sha-256"])
def test_no_method_lets_in_a_user_who_does_not_exist(doors: Doors, method: str) -> None:
    doors.rules(f"host all all all {method}")
    assert verdict(doors, "nobody_there", **PASSWORD) == WRONG.format("nobody_there")


def test_trust_does_not_help_a_user_without_login(doors: Doors) -> None:
    user = doors.new_user("NOLOGIN")
    doors.rules("host all all all trust")
    assert verdict(doors, user, **PASSWORD) == f"{user} does not have login privilege"


def test_root_gets_in_whatever_the_rules_say(doors: Doors) -> None:
    doors.rules("host all root all reject\nhost all all all reject")
    assert verdict(doors, "root") == "admitted"


def test_a_token_opens_what_every_rule_closes(doors: Doors) -> None:
    user, pair = doors.new_user(), rsa_pair()
    wanted: dict[str, str | bool] = {
        "jwks": jwks(pair.jwk()),
        "issuers.configuration": ISSUER,
        "audience": "crdb",
        "enabled": True,
    }
    for name, value in wanted.items():
        doors.put(JWT + name, value)
    doors.rules("host all all all reject")
    token = pair.token({"iss": ISSUER, "aud": "crdb", "sub": user})
    assert verdict(doors, user, password=token) == REJECTED
    options = "--crdb:jwt_auth_enabled=true"
    assert verdict(doors, user, password=token, options=options) == "admitted"


NOT_THIS_USER = (
    'requested user identity "USER" does not correspond to any mapping for system identity "CN"'
)
RESERVED = 'system identity "CN" mapped to reserved database role "{}"'


@pytest.mark.parametrize(
    ("method", "lines", "expected"),
    [
        ("cert", "m CN USER", "admitted"),
        ("cert-password", "m /^s(.*)$ x\nm CN USER", "admitted"),
        ("cert", "m CN somebody", NOT_THIS_USER),
        ("cert", "m other USER", 'system identity "CN" did not map to a database role'),
        ("cert", "n CN USER", 'system identity "CN" did not map to a database role'),
        ("cert", "m CN USER\nm CN root", RESERVED.format("root")),
        ("cert", "m CN node", RESERVED.format("node")),
    ],
)
def test_a_map_leads_from_a_certificate_to_a_user(
    doors: Doors,
    method: str,
    lines: str,
    expected: str,
) -> None:
    user = doors.new_user("WITH PASSWORD 'right'")
    certificate, key = issue_client(doors.cluster.folder, "Some-Service")
    shown = {"sslcert": str(certificate), "sslkey": str(key)}

    def named(text: str) -> str:
        return text.replace("USER", user).replace("CN", "some-service")

    doors.put(IDENTITY_MAP, named(lines))
    doors.rules(f"host all all all {method} map=m")
    assert verdict(doors, user, **shown) == named(expected)


def test_a_map_does_not_concern_passwords(doors: Doors) -> None:
    user = doors.new_user("WITH PASSWORD 'right'")
    doors.rules("host all all all cert-password map=nothing")
    assert verdict(doors, user, **PASSWORD) == "admitted"


def test_without_a_certificate_the_map_is_asked_about_the_user(doors: Doors) -> None:
    user = doors.new_user()
    doors.rules("host all all all cert map=m")
    unmapped = f'system identity "{user}" did not map to a database role'
    assert verdict(doors, user, **PASSWORD) == unmapped
    doors.put(IDENTITY_MAP, f"m {user} {user}")
    assert verdict(doors, user, **PASSWORD) == NO_CERTIFICATE


def test_rules_are_shown_as_written_and_hidden_from_readers_when_asked_to(doors: Doors) -> None:
    text = "# mine\nhost  all all all  cert-password\n"
    doors.rules(text)
    assert rows(doors.root, f"SHOW CLUSTER SETTING {SETTING}") == [(text,)]
    doors.put("server.redact_sensitive_settings.enabled", value=True)
    assert rows(doors.root, f"SHOW CLUSTER SETTING {SETTING}") == [(text,)]
    with doors.cluster.connect(doors.new_user(system="VIEWCLUSTERSETTING")) as reader:
        assert rows(reader, f"SHOW CLUSTER SETTING {SETTING}") == [("<redacted>",)]


def test_a_refused_text_leaves_the_rules_as_they_were(doors: Doors) -> None:
    user = doors.new_user("WITH PASSWORD 'right'")
    doors.rules("host all all all reject")
    statement = f"SET CLUSTER SETTING {SETTING} = 'host all all all trust on'"
    assert refusal(doors.root, statement) == (
        "F0000",
        "line 1: authentication option not in name=value format: on",
    )
    assert verdict(doors, user, **PASSWORD) == REJECTED
