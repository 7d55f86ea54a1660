"""The settings of JWT logins: types, defaults, and which values they refuse."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.contract import keeper
from tests.contract.rows import UNCATEGORISED, holds, refusal, says

if TYPE_CHECKING:
    from tests.contract.cluster import Connection
    from tests.contract.keeper import Settings

TYPES = {"b": bool, "s": str, "d": timedelta}


@pytest.mark.parametrize(
    ("name", "letter", "default"),
    [
        pytest.param(keeper.ENABLED, "b", "false", id="enabled"),
        pytest.param(keeper.JWKS, "s", '{"keys":[]}', id="jwks"),
        pytest.param(
            keeper.ISSUERS, "s", "", id="issuers.configuration", marks=holds(since="24.3")
        ),
        pytest.param(keeper.AUDIENCE, "s", "", id="audience"),
        pytest.param(keeper.CLAIM, "s", "", id="claim"),
        pytest.param(keeper.AUTO_FETCH, "b", "false", id="jwks_auto_fetch.enabled"),
        pytest.param(keeper.CUSTOM_CA, "s", "", id="issuers.custom_ca", marks=holds(since="24.3")),
        pytest.param(keeper.CLIENT_TIMEOUT, "d", "15s", id="timeout", marks=holds(since="24.3")),
        pytest.param(keeper.IDENTITY_MAP, "s", "", id="identity map"),
        pytest.param(keeper.HBA, "s", "", id="host based authentication"),
        pytest.param(keeper.REDACT, "b", "false", id="redaction", marks=holds(since="24.1")),
    ],
)
def test_each_setting_has_its_type_and_default(
    db: Connection, settings: Settings, name: str, letter: str, default: str
) -> None:
    listed = db.execute(
        "SELECT setting_type, default_value FROM [SHOW ALL CLUSTER SETTINGS] WHERE variable = %s",
        [name],
    ).fetchone()
    assert listed == (letter, default)
    assert isinstance(settings.show(name), TYPES[letter])


@holds(before="25.4")
@pytest.mark.parametrize(
    "name",
    [
        "server.jwt_authentication.authorization.enabled",
        "server.jwt_authentication.group_claim",
        "server.jwt_authentication.userinfo_group_key",
        "security.provisioning.jwt.enabled",
        "server.jwt_authentication.issuer_custom_ca",
    ],
)
def test_settings_of_later_versions_and_of_the_manual_do_not_exist(
    db: Connection, settings: Settings, name: str
) -> None:
    assert name not in settings.found
    said = refusal(db, f"SHOW CLUSTER SETTING {name}")
    assert said.message_primary == f'unknown setting: "{name}"'


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


@holds(since="24.3")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(_certificate(), id="a certificate"),
        pytest.param(_certificate() + _certificate(), id="two certificates"),
    ],
)
def test_the_custom_ca_is_pem_text(settings: Settings, text: str) -> None:
    settings.put(keeper.CUSTOM_CA, text)
    assert settings.show(keeper.CUSTOM_CA) == text


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
    settings.put(keeper.CUSTOM_CA, "")
    said = refusal(db, f"SET CLUSTER SETTING {keeper.CUSTOM_CA} = '{text}'")
    assert said.message_primary == "JWT authentication issuer custom CA certificate not valid"
    assert said.sqlstate == UNCATEGORISED
    assert settings.show(keeper.CUSTOM_CA) == ""


@pytest.mark.parametrize(
    "text",
    ["", "sub", "email", "https://example.com/claim", "two words", '["a"]', "{", "ключ"],
)
def test_any_text_is_a_claim_name(settings: Settings, text: str) -> None:
    settings.put(keeper.CLAIM, text)
    assert settings.show(keeper.CLAIM) == text


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
    settings.put(keeper.CLIENT_TIMEOUT, text)
    assert settings.show(keeper.CLIENT_TIMEOUT) == expected


@holds(since="24.3")
def test_a_negative_timeout_is_refused(db: Connection, settings: Settings) -> None:
    settings.put(keeper.CLIENT_TIMEOUT, "5s")
    said = refusal(db, f"SET CLUSTER SETTING {keeper.CLIENT_TIMEOUT} = '-1s'")
    assert says(
        rf"invalid value for {keeper.CLIENT_TIMEOUT}: cannot be set to a negative duration.*",
        said.message_primary,
    )
    assert settings.show(keeper.CLIENT_TIMEOUT) == timedelta(seconds=5)


@holds(since="24.3")
@pytest.mark.parametrize("text", ["1 day", "2 months"])
def test_a_timeout_in_days_or_months_is_refused(
    db: Connection, settings: Settings, text: str
) -> None:
    settings.put(keeper.CLIENT_TIMEOUT, "5s")
    said = refusal(db, f"SET CLUSTER SETTING {keeper.CLIENT_TIMEOUT} = '{text}'")
    assert says("cannot use day or month specifiers: .+", said.message_primary)
    assert settings.show(keeper.CLIENT_TIMEOUT) == timedelta(seconds=5)


WRONG_TYPE = {"22P02", "42804", "22023", UNCATEGORISED}


@pytest.mark.parametrize(
    ("name", "kept", "value"),
    [
        pytest.param(keeper.ENABLED, True, "'maybe'", id="a text for a boolean"),
        pytest.param(keeper.ENABLED, True, "1.5", id="a number for a boolean"),
        pytest.param(keeper.AUTO_FETCH, False, "'fetch'", id="a text for another boolean"),
        pytest.param(keeper.AUDIENCE, "kept", "5", id="a number for a string"),
        pytest.param(keeper.JWKS, '{"keys": []}', "true", id="a boolean for a string"),
        pytest.param(
            keeper.CLIENT_TIMEOUT,
            timedelta(seconds=5),
            "'soon'",
            id="a text for a duration",
            marks=holds(since="24.3"),
        ),
        pytest.param(
            keeper.CLIENT_TIMEOUT,
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
