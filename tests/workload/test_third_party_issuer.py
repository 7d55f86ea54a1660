"""Clients of an OAuth server that nobody here wrote: a secret, and a key instead of one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from crdb_sso.errors import TokenUnavailable
from crdb_sso.verdict.jose.decoding import decode
from crdb_sso.workload import tokens
from tests.support.third_party_issuer import (
    KEYED_SERVICE,
    SECRET,
    SERVICE,
    ThirdPartyIssuer,
    third_party_issuer,
)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThirdPartyIssuer]:
    with third_party_issuer(tmp_path_factory.mktemp("third-party")) as running:
        yield running


def client(issuer: ThirdPartyIssuer, name: str, **how: Any) -> tokens.client_credentials:
    return tokens.client_credentials(issuer.token_endpoint, name, ca_file=issuer.ca_cert, **how)


def test_a_client_with_a_secret_gets_a_token(issuer: ThirdPartyIssuer) -> None:
    token = client(issuer, SERVICE, client_secret=SECRET).token()

    said = decode(token.value).claims
    assert (said["iss"], said["sub"], said["aud"]) == (issuer.issuer, SERVICE, ["crdb"])


@pytest.mark.parametrize("form", ["JWK", "PEM"])
def test_a_client_with_a_key_signs_for_itself(
    issuer: ThirdPartyIssuer, tmp_path: Path, form: str
) -> None:
    file = tmp_path / "client-key"
    pem = issuer.client_key.as_pem(private=True)
    file.write_bytes(
        pem if form == "PEM" else json.dumps(issuer.client_key.as_dict(private=True)).encode()
    )
    source = client(issuer, KEYED_SERVICE, private_key_file=str(file))

    assert decode(source.token().value).claims["sub"] == KEYED_SERVICE
    file.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    with pytest.raises(TokenUnavailable, match="invalid_client") as caught:
        client(issuer, KEYED_SERVICE, private_key_file=str(file)).token()
    assert "Check the client's id and secret" in caught.value.hint


def test_a_wrong_secret_is_said_without_it(issuer: ThirdPartyIssuer) -> None:
    with pytest.raises(TokenUnavailable, match="invalid_client") as caught:
        client(issuer, SERVICE, client_secret="hunter2-is-wrong").token()

    assert "hunter2" not in str(caught.value)
