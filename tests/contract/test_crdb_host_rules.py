"""Host-based rules: which texts the setting takes, and which rule decides a login.

Sources: CockroachDB pkg/sql/pgwire/hba_conf.go, pkg/sql/pgwire/hba, pkg/settings/rulebasedscanner,
and the recorded sessions of pkg/sql/pgwire/testdata/auth. Each set of rules here lets in
everybody whom the built-in rules let in, except for users of the test.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.contract import setting_names
from tests.contract.expectations import UNCATEGORISED, holds, refusal, says
from tests.contract.raw_login import CLEARTEXT_PASSWORD

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.setting_restorer import Settings
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

SASL = 10
CONFIG_FILE, NOT_SUPPORTED = "F0000", "0A000"
REST = "host all all all cert-password\nlocal all all password"
"""What the built-in rules say, for everybody who is not part of the test."""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host all all all cert-password",
        "# mine\n\n  host\tall all all  cert-password # not yours\n",
        "host all root 127.0.0.1/32 cert-password\nhost all all all cert-password",
        "hostssl all a,b 10.0.0.0/8 cert\nhostnossl all all ::/0 reject\n" + REST,
        "host all all 10.0.0.0 255.0.0.0 scram-sha-256\n" + REST,
        'host all "a b","all" all cert-scram-sha-256\n' + REST,
        "host all nobody all trust\nlocal all all password\n" + REST,
        "host all all all cert-password map=m any=thing",
        "host all all all cert map=m\n" + REST,
    ],
)
def test_these_rules_are_taken_as_they_are_written(settings: Settings, text: str) -> None:
    settings.put(setting_names.HBA, text)
    assert settings.show(setting_names.HBA) == text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("local", "end-of-line before database specification"),
        ("local all", "end-of-line before role specification"),
        ("local all all", "end-of-line before authentication method"),
        ("host all all", "end-of-line before IP address specification"),
        ("host all all 1.1.1.1", "end-of-line before netmask specification"),
        ("host all all all", "end-of-line before authentication method"),
        ("unknown all all all trust", 'unknown connection type: "unknown"'),
        ("host all all 1.1.1/0 cert", "invalid CIDR address: 1.1.1/0"),
        ("host all all 1.1.1.1,2.2.2.2 cert", "multiple values specified for host address"),
        (
            "host all all 1.1.1.1 abc cert",
            'invalid IP mask "abc": netmask not in IP numeric format',
        ),
        ("host all all 1.1.1.1 8.0.0.8 cert", 'invalid IP mask "8.0.0.8": address is not a mask'),
        ('host all all "" cert', "cannot use empty string as address"),
        ('host all all all ""', "cannot use empty string as authentication method"),
        ("host all all all trust on", "authentication option not in name=value format: on"),
    ],
)
def test_a_line_that_is_not_a_rule_is_refused(
    db: Connection, settings: Settings, line: str, message: str
) -> None:
    settings.will_touch(setting_names.HBA)
    said = refusal(db, f"SET CLUSTER SETTING {setting_names.HBA} = E'# mine\\n{line}'")
    assert (said.sqlstate, said.message_primary) == (CONFIG_FILE, f"line 2: {message}")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "host db all all cert",
            "unimplemented: per-database HBA rules are not supported",
            "Use the special value 'all' (without quotes) to match all databases.",
        ),
        (
            'host "all" all all cert',
            "unimplemented: per-database HBA rules are not supported",
            "Use the special value 'all' (without quotes) to match all databases.",
        ),
        (
            "host all all some.name cert",
            "unimplemented: hostname-based HBA rules are not supported",
            "Alternatively, use 'all' (without quotes) for any IPv4/IPv6 address.",
        ),
        (
            "host all all samehost cert",
            "line 1: unimplemented: address specification samehost is not yet supported",
            "You have attempted to use a feature that is not yet implemented.",
        ),
        (
            "loopback all all all trust",
            "unimplemented: unsupported connection type: loopback",
            "You have attempted to use a feature that is not yet implemented.",
        ),
        (
            "host all all all jwt_token",
            'unimplemented: unknown auth method "jwt_token"',
            "Supported methods: cert, cert-password, cert-scram-sha-256, ",
        ),
    ],
)
def test_what_the_rules_cannot_say_is_refused_with_a_hint(
    db: Connection, settings: Settings, text: str, message: str, hint: str
) -> None:
    settings.will_touch(setting_names.HBA)
    said = refusal(db, f"SET CLUSTER SETTING {setting_names.HBA} = '{text}'")
    assert (said.sqlstate, said.message_primary) == (NOT_SUPPORTED, message)
    assert hint in (said.message_hint or "")


@pytest.mark.parametrize("method", ["password", "trust", "reject", "scram-sha-256"])
def test_only_certificates_take_options(db: Connection, settings: Settings, method: str) -> None:
    settings.will_touch(setting_names.HBA)
    said = refusal(
        db, f"SET CLUSTER SETTING {setting_names.HBA} = 'host all all all {method} map=m'"
    )
    expected = f'the HBA method "{method}" does not accept options'
    assert (said.sqlstate, said.message_primary) == (UNCATEGORISED, expected)


@pytest.mark.parametrize("text", [" ", "# only a comment"])
def test_a_text_without_rules_is_refused(db: Connection, settings: Settings, text: str) -> None:
    settings.will_touch(setting_names.HBA)
    said = refusal(db, f"SET CLUSTER SETTING {setting_names.HBA} = '{text}'")
    assert (said.sqlstate, said.message_primary) == (UNCATEGORISED, "no entries")
    assert said.message_hint == ("To use the default configuration, assign the empty string ('').")


def test_a_quote_has_to_be_closed(db: Connection, settings: Settings) -> None:
    settings.will_touch(setting_names.HBA)
    said = refusal(db, f"SET CLUSTER SETTING {setting_names.HBA} = 'host all \"x all all trust'")
    assert said.message_primary == "line 1: unterminated quoted string"
    assert said.sqlstate in {UNCATEGORISED, CONFIG_FILE}  # inferred


REJECTED = (None, "28000", "authentication rejected by configuration")
NO_CERTIFICATE = (None, "28000", "no TLS peer certificates, but required for auth")
TRUSTED = (None, None, None)
IN_CLEAR = (CLEARTEXT_PASSWORD, None, None)
BY_PROOF = (SASL, None, None)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("host all USER all trust", TRUSTED),
        ("host all USER all reject", REJECTED),
        ("host all USER all cert", NO_CERTIFICATE),
        ("host all USER all password", IN_CLEAR),
        ("host all USER all scram-sha-256", BY_PROOF),
        ("host all USER all cert-scram-sha-256", BY_PROOF),
        ("host all USER all trust\nhost all USER all reject", TRUSTED),
        ("host all x,USER,y all trust", TRUSTED),
        ('host all "USER" all trust', TRUSTED),
        ("hostssl all USER all trust", TRUSTED),
        ("hostnossl all USER all trust\nhost all USER all reject", REJECTED),
        ("local all USER trust\nhost all USER all reject", REJECTED),
        ('host all "all" all trust\nhost all USER all reject', REJECTED),
        ("host all USER 0.0.0.0/32 trust\nhost all USER all reject", REJECTED),
        ("host all USER 0.0.0.0/0 trust\nhost all USER ::/0 trust", TRUSTED),
    ],
)
def test_the_first_rule_that_matches_decides(
    cluster: Cluster,
    settings: Settings,
    users: Users,
    rules: str,
    expected: tuple[int | None, str | None, str | None],
) -> None:
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}'")
    settings.put(setting_names.HBA, f"{rules.replace('USER', user)}\n{REST}")
    answer = cluster.knock(user, password, "")
    assert (answer.asked, answer.sqlstate, answer.message) == expected
    assert answer.admitted == (expected in (TRUSTED, IN_CLEAR))
    if expected == BY_PROOF:  # which is left to psycopg
        cluster.connect(user, password).close()


@pytest.mark.parametrize("method", ["password", "scram-sha-256", "cert-password"])
def test_a_wrong_password_gets_the_same_refusal_from_every_method(
    cluster: Cluster, settings: Settings, users: Users, method: str
) -> None:
    user = users.create(f"WITH PASSWORD '{secrets.token_urlsafe(12)}'")
    settings.put(setting_names.HBA, f"host all {user} all {method}\n{REST}")
    refused = f"password authentication failed for user {user}"
    with pytest.raises(psycopg.OperationalError, match=refused):
        cluster.connect(user, secrets.token_urlsafe(12))


@pytest.mark.parametrize("method", ["trust", "reject", "cert"])
def test_a_user_who_does_not_exist_is_refused_before_the_method_counts(
    cluster: Cluster, settings: Settings, users: Users, method: str
) -> None:
    user = users.name()
    settings.put(setting_names.HBA, f"host all {user} all {method}\n{REST}")
    answer = cluster.knock(user, "x", "")
    assert answer.asked is None
    refused = ("28P01", f"password authentication failed for user {user}")
    assert (answer.sqlstate, answer.message) == refused


def test_trust_does_not_help_a_user_without_login(
    cluster: Cluster, settings: Settings, users: Users
) -> None:
    user = users.create("NOLOGIN")
    settings.put(setting_names.HBA, f"host all {user} all trust\n{REST}")
    answer = cluster.knock(user, "x", "")
    assert (answer.sqlstate, answer.message) == ("28000", f"{user} does not have login privilege")


def test_a_user_whom_no_rule_names_is_refused_before_anything_else(
    cluster: Cluster, db: Connection, settings: Settings, users: Users
) -> None:
    (operator,) = db.execute("SELECT session_user").fetchone() or ("",)
    settings.put(setting_names.HBA, f'host all "{operator}" all cert-password')
    answer = cluster.knock(users.name(), "x", "")
    assert answer.sqlstate == "28000"
    expected = rf'no {setting_names.HBA} entry for host "[0-9a-f.:]+", user "{users.made[-1]}"'
    assert says(expected, answer.message), answer.message


@holds(before="25.4")
def test_a_map_without_a_line_for_the_name_leads_nowhere(
    cluster: Cluster, settings: Settings, users: Users
) -> None:
    """Without a certificate the name is the user's own."""
    user = users.create()
    settings.put(setting_names.IDENTITY_MAP, "m somebody anybody")
    settings.put(setting_names.HBA, f"host all {user} all cert map=m\n{REST}")
    answer = cluster.knock(user, "x", "")
    expected = f'system identity "{user}" did not map to a database role'
    assert (answer.sqlstate, answer.message) == ("28000", expected)


@holds(since="24.3")
def test_no_rule_stops_a_token(
    cluster: Cluster, sso: Sso, settings: Settings, users: Users
) -> None:
    user = users.create()
    sso.trust()
    settings.put(setting_names.HBA, f"host all {user} all reject\n{REST}")
    assert cluster.knock(user, "x", "").message == REJECTED[2]
    assert cluster.verdict(user, sso.token(sub=user)) == "admitted"


@holds(since="24.3")
def test_trust_does_not_help_a_token(
    cluster: Cluster, sso: Sso, settings: Settings, users: Users
) -> None:
    user = users.create()
    sso.trust()
    settings.put(setting_names.HBA, f"host all {user} all trust\n{REST}")
    refused = cluster.verdict(user, sso.token(sub="somebody-else"))
    assert refused == "JWT authentication: invalid principal"


@holds(since="24.1")
def test_rules_are_hidden_from_readers_when_asked_to(
    cluster: Cluster, settings: Settings, users: Users
) -> None:
    password = secrets.token_urlsafe(12)
    reader = users.create(f"WITH PASSWORD '{password}'")
    users.grant_system("VIEWCLUSTERSETTING", reader)
    settings.put(setting_names.HBA, REST)
    settings.put(setting_names.REDACT, value=True)
    with cluster.connect(reader, password) as session:
        shown = session.execute(f"SHOW CLUSTER SETTING {setting_names.HBA}".encode()).fetchone()
    assert shown == ("<redacted>",)
    assert settings.show(setting_names.HBA) == REST
