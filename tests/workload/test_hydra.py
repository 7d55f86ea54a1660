"""Clients of Hydra, an OAuth server that nobody here wrote, and that checks what they send."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from crdb_sso.errors import TokenUnavailable
from crdb_sso.verdict.jose.decoding import decode
from crdb_sso.workload import tokens
from tests.support.hydra_build import LONGEST_BUILD_S
from tests.support.hydra_issuer import AUDIENCE, HydraIssuer, hydra_issuer

pytestmark = pytest.mark.timeout(LONGEST_BUILD_S + 300)

BACK = "https://tool.example.com/signed-in"


@pytest.fixture(scope="module")
def hydra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HydraIssuer]:
    with hydra_issuer(tmp_path_factory.mktemp("hydra")) as running:
        yield running


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [
        ("billing", "a+b & 100%2B, =c/d?"),
        ("https://shop.example.com/stock", "a:secret:with:colons"),
        ("lager", "geheim-für-€-da"),
    ],
)
def test_a_client_has_any_id_and_any_secret(
    hydra: HydraIssuer, client_id: str, secret: str
) -> None:
    client = {"client_id": client_id, "client_secret": secret, "audience": [AUDIENCE]}
    hydra.register({**client, "grant_types": ["client_credentials"]})
    source = tokens.client_credentials(
        hydra.token_endpoint,
        client_id,
        client_secret=secret,
        audience=AUDIENCE,
        ca_file=hydra.ca_cert,
    )

    said = decode(source.token().value).claims

    assert (said["iss"], said["sub"], said["aud"]) == (hydra.issuer, client_id, [AUDIENCE])


def test_a_client_with_a_key_signs_for_itself(hydra: HydraIssuer, tmp_path: Path) -> None:
    key, file = ECKey.generate_key("P-256"), tmp_path / "client-key"
    file.write_bytes(key.as_pem(private=True))
    public = {**key.as_dict(private=False), "use": "sig", "alg": "ES256", "kid": key.thumbprint()}
    hydra.register(
        {
            "client_id": "keyed",
            "grant_types": ["client_credentials"],
            "audience": [AUDIENCE],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "jwks": {"keys": [public]},
        }
    )
    source = tokens.client_credentials(
        hydra.token_endpoint,
        "keyed",
        private_key_file=str(file),
        audience=AUDIENCE,
        ca_file=hydra.ca_cert,
    )

    assert decode(source.token().value).claims["sub"] == "keyed"


def test_somebody_who_signed_in_once_gets_tokens_until_a_refresh_token_is_used_twice(
    hydra: HydraIssuer, tmp_path: Path
) -> None:
    hydra.register(
        {
            "client_id": "tool",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": "openid offline",
            "redirect_uris": [BACK],
            "token_endpoint_auth_method": "none",
        }
    )
    file = tmp_path / "refresh-token"
    file.write_text(first := hydra.sign_in("ada", "tool", BACK))

    def token(refresh_token_file: Path) -> str:
        source = tokens.refresh_token(
            hydra.token_endpoint,
            "tool",
            refresh_token_file=refresh_token_file,
            ca_file=hydra.ca_cert,
        )
        return source.token().value

    said = decode(token(file)).claims
    assert (said["iss"], said["sub"], said["aud"]) == (hydra.issuer, "ada", ["tool"])
    assert file.read_text() != first
    token(file)  # by the next one, which the file has

    stolen = tmp_path / "stolen"
    stolen.write_text(first)
    for file_of_either in (stolen, file):
        with pytest.raises(TokenUnavailable, match="invalid_grant") as caught:
            token(file_of_either)
        assert "Sign in anew" in caught.value.hint
