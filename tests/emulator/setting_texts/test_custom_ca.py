"""Which texts the setting for a private CA accepts."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dev.emulator.setting_texts.custom_ca import validate_custom_ca
from dev.emulator.sqlerror import SqlError
from tests.emulator.token_forge import ec_pair


def _certificate() -> str:
    key = ec_pair().private
    assert not isinstance(key, bytes)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    builder = x509.CertificateBuilder(
        name,
        name,
        key.public_key(),
        1,
        datetime(2020, 1, 1, tzinfo=timezone.utc),
        datetime(2040, 1, 1, tzinfo=timezone.utc),
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


PEM = _certificate()
BEGIN, END = "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n"
BODY = PEM.removeprefix(BEGIN).removesuffix(END)
BROKEN = f"{BEGIN}AAAA\n{END}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(PEM, id="one certificate"),
        pytest.param(PEM.strip(), id="without the last line end"),
        pytest.param(PEM.replace("\n", "\r\n"), id="with carriage returns"),
        pytest.param(f"some words\n{PEM}more words", id="text around it"),
        pytest.param(BROKEN + PEM, id="a broken one before it"),
        pytest.param(BEGIN + PEM, id="a marker without end before it"),
    ],
)
def test_one_readable_certificate_is_enough(text: str) -> None:
    validate_custom_ca(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("my-ca", id="a name"),
        pytest.param(" ", id="a blank"),
        pytest.param(BROKEN, id="a broken certificate"),
        pytest.param(f"{BEGIN}Proc-Type: 4\n\n{BODY}{END}", id="with PEM headers"),
        pytest.param(PEM.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), id="another PEM type"),
        pytest.param(f"{BEGIN}{BODY}", id="without end"),
        pytest.param(f"{BEGIN}{BODY}{END.strip()}x", id="a word after the end"),
        pytest.param(
            ec_pair()
            .private.public_key()  # type: ignore[union-attr]  # no bytes here
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            .decode(),
            id="a public key",
        ),
    ],
)
def test_a_text_without_a_certificate_is_refused(text: str) -> None:
    with pytest.raises(SqlError) as refusal:
        validate_custom_ca(text)
    assert refusal.value.message == "JWT authentication issuer custom CA certificate not valid"
    assert refusal.value.sqlstate == "XXUUU"
