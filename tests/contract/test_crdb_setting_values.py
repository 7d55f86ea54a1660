"""The settings of JWT logins: types, defaults, and which values they refuse."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.contract import setting_names
from tests.contract.expectations import UNCATEGORISED, every_version, holds, refusal, says
from tests.support.versions import parsed

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.setting_restorer import Settings

pytestmark = every_version

SINCE_25_4 = holds(since="25.4")
TYPES = {"b": bool, "s": str, "d": timedelta}


@pytest.mark.parametrize(
    ("name", "letter", "default"),
    [
        pytest.param(setting_names.ENABLED, "b", "false", id="enabled"),
        pytest.param(setting_names.JWKS, "s", '{"keys":[]}', id="jwks"),
        pytest.param(setting_names.ISSUERS, "s", "", id="issuers"),
        pytest.param(setting_names.AUDIENCE, "s", "", id="audience"),
        pytest.param(
            setting_names.CLAIM, "s", "", id="claim", marks=holds(needs=setting_names.CLAIM)
        ),
        pytest.param(
            setting_names.AUTO_FETCH,
            "b",
            "false",
            id="auto-fetch",
            marks=holds(needs=setting_names.AUTO_FETCH),
        ),
        pytest.param(
            setting_names.CUSTOM_CA, "s", "", id="issuers.custom_ca", marks=holds(since="24.3")
        ),
        pytest.param(
            setting_names.CLIENT_TIMEOUT, "d", "15s", id="timeout", marks=holds(since="24.3")
        ),
        pytest.param(setting_names.IDENTITY_MAP, "s", "", id="identity map"),
        pytest.param(setting_names.HBA, "s", "", id="host based authentication"),
        pytest.param(setting_names.REDACT, "b", "false", id="redaction", marks=holds(since="24.1")),
        pytest.param(setting_names.GROUPS_ENABLED, "b", "false", id="groups", marks=SINCE_25_4),
        pytest.param(setting_names.GROUP_CLAIM, "s", "groups", id="group claim", marks=SINCE_25_4),
        pytest.param(
            setting_names.USERINFO_GROUP_KEY, "s", "groups", id="group key", marks=SINCE_25_4
        ),
        pytest.param(setting_names.PROVISIONING, "b", "false", id="provisioning", marks=SINCE_25_4),
    ],
)
def test_each_setting_has_its_type_and_default(
    db: Connection, settings: Settings, name: str, letter: str, default: str
) -> None:
    shown = db.execute(
        "SELECT * FROM [SHOW ALL CLUSTER SETTINGS] WHERE variable = %s", [settings.called(name)]
    )
    columns = [described.name for described in shown.description or ()]
    listed = dict(zip(columns, shown.fetchone() or (), strict=True))
    assert listed["setting_type"] == letter
    assert listed.get("default_value", default) == default  # shown from 23.2 on
    assert isinstance(settings.show(name), TYPES[letter])


HISTORY = [
    # first version that has it; first one that may have it, by a later patch
    pytest.param(setting_names.CLAIM, "23.2", "23.1", id="claim"),
    pytest.param(setting_names.AUTO_FETCH, "24.1", "23.1.17", id="auto-fetch"),
    pytest.param(setting_names.ISSUERS, "24.3", "23.2.19", id="issuers.configuration"),
    pytest.param(setting_names.CUSTOM_CA, "24.3", "24.2", id="issuers.custom_ca"),
    pytest.param(setting_names.CLIENT_TIMEOUT, "24.3", "24.2", id="client.timeout"),
    pytest.param(setting_names.REDACT, "24.1", "23.1", id="redaction"),
    pytest.param(setting_names.GROUPS_ENABLED, "25.4", "25.4", id="authorization.enabled"),
    pytest.param(setting_names.GROUP_CLAIM, "25.4", "25.4", id="group_claim"),
    pytest.param(setting_names.USERINFO_GROUP_KEY, "25.4", "25.4", id="userinfo_group_key"),
    pytest.param(setting_names.PROVISIONING, "25.4", "25.4", id="provisioning"),
    pytest.param(
        f"{setting_names.JWT}issuer_custom_ca", "99.1", "99.1", id="the manual's custom CA"
    ),
]


@pytest.mark.parametrize(("name", "since", "not_before"), HISTORY)
def test_a_setting_is_there_from_its_version_on(
    cluster: Cluster, settings: Settings, *, name: str, since: str, not_before: str
) -> None:
    if cluster.version >= parsed(since):
        assert name in settings.found
    elif cluster.version < parsed(not_before):
        assert name not in settings.found
        said = refusal(settings.db, f"SHOW CLUSTER SETTING {name}")
        assert said.message_primary == f'unknown setting: "{name}"'


@holds(before="24.1")
def test_in_old_versions_the_short_list_lacks_the_jwt_settings(db: Connection) -> None:
    rows = db.execute("SELECT variable FROM [SHOW CLUSTER SETTINGS] WHERE variable LIKE 'server.%'")
    listed = {name for (name,) in rows}
    assert setting_names.IDENTITY_MAP in listed
    assert not [name for name in listed if name.startswith(setting_names.JWT)]


def _certificate() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "contract test CA")])
    today = datetime.now(timezone.utc)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(today).not_valid_after(today + timedelta(days=1))
    signed = built.sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def _private_key() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


@holds(needs=setting_names.CUSTOM_CA)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(_certificate(), id="a certificate"),
        pytest.param(_certificate() + _certificate(), id="two certificates"),
    ],
)
def test_the_custom_ca_is_pem_text(settings: Settings, text: str) -> None:
    settings.put(setting_names.CUSTOM_CA, text)
    assert settings.show(setting_names.CUSTOM_CA) == text


@holds(since="24.3")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("my-ca", id="the name of a certificate"),
        pytest.param("/etc/ssl/ca.pem", id="the path of a file"),
        pytest.param(_private_key(), id="a private key"),
        pytest.param(
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            id="PEM of no certificate",
        ),
    ],
)
def test_a_custom_ca_without_a_certificate_is_refused(
    db: Connection, settings: Settings, text: str
) -> None:
    settings.put(setting_names.CUSTOM_CA, "")
    said = refusal(db, f"SET CLUSTER SETTING {setting_names.CUSTOM_CA} = '{text}'")
    assert said.message_primary == "JWT authentication issuer custom CA certificate not valid"
    assert said.sqlstate == UNCATEGORISED
    assert settings.show(setting_names.CUSTOM_CA) == ""


@holds(needs=setting_names.CLAIM)
@pytest.mark.parametrize(
    "text",
    ["", "sub", "email", "https://example.com/claim", "two words", '["a"]', "{", "ключ"],
)
def test_every_text_is_accepted_as_a_claim_name(settings: Settings, text: str) -> None:
    settings.put(setting_names.CLAIM, text)
    assert settings.show(setting_names.CLAIM) == text


@holds(since="24.3")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0s", timedelta(0), id="zero"),
        pytest.param("30s", timedelta(seconds=30), id="seconds"),
        pytest.param("1m30s", timedelta(seconds=90), id="minutes and seconds"),
        pytest.param("250ms", timedelta(milliseconds=250), id="milliseconds"),
    ],
)
def test_the_fetch_timeout_is_a_duration(
    settings: Settings, text: str, expected: timedelta
) -> None:
    settings.put(setting_names.CLIENT_TIMEOUT, text)
    assert settings.show(setting_names.CLIENT_TIMEOUT) == expected


@holds(since="24.3")
def test_a_negative_timeout_is_refused(db: Connection, settings: Settings) -> None:
    settings.put(setting_names.CLIENT_TIMEOUT, "5s")
    said = refusal(db, f"SET CLUSTER SETTING {setting_names.CLIENT_TIMEOUT} = '-1s'")
    assert says(
        rf"invalid value for {setting_names.CLIENT_TIMEOUT}: "
        r"cannot be set to a negative duration.*",
        said.message_primary,
    )
    assert settings.show(setting_names.CLIENT_TIMEOUT) == timedelta(seconds=5)


@holds(since="24.3")
@pytest.mark.parametrize("text", ["1 day", "2 months"])
def test_a_timeout_in_days_or_months_is_refused(
    db: Connection, settings: Settings, text: str
) -> None:
    settings.put(setting_names.CLIENT_TIMEOUT, "5s")
    said = refusal(db, f"SET CLUSTER SETTING {setting_names.CLIENT_TIMEOUT} = '{text}'")
    assert says("cannot use day or month specifiers: .+", said.message_primary)
    assert settings.show(setting_names.CLIENT_TIMEOUT) == timedelta(seconds=5)


WRONG_TYPE = {"22P02", "42804", "22023", UNCATEGORISED}


@pytest.mark.parametrize(
    ("name", "kept", "value"),
    [
        pytest.param(setting_names.ENABLED, True, "'maybe'", id="a text for a boolean"),
        pytest.param(setting_names.ENABLED, True, "1.5", id="a number for a boolean"),
        pytest.param(
            setting_names.AUTO_FETCH,
            False,
            "'fetch'",
            id="a text for another boolean",
            marks=holds(needs=setting_names.AUTO_FETCH),
        ),
        pytest.param(setting_names.AUDIENCE, "kept", "5", id="a number for a string"),
        pytest.param(setting_names.JWKS, '{"keys": []}', "true", id="a boolean for a string"),
        pytest.param(
            setting_names.CLIENT_TIMEOUT,
            timedelta(seconds=5),
            "'soon'",
            id="a text for a duration",
            marks=holds(since="24.3"),
        ),
        pytest.param(
            setting_names.CLIENT_TIMEOUT,
            timedelta(seconds=5),
            "true",
            id="a boolean for a duration",
            marks=holds(since="24.3"),
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(
    db: Connection, settings: Settings, name: str, kept: Any, value: str
) -> None:
    settings.put(name, "5s" if isinstance(kept, timedelta) else kept)
    said = refusal(db, f"SET CLUSTER SETTING {name} = {value}")
    assert said.sqlstate in WRONG_TYPE, said.message_primary
    assert settings.show(name) == kept
