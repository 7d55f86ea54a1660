"""The local issuer as Microsoft Entra ID: access tokens of managed identities, and the key set."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from dev.issuer.entra import EntraToken
from tests.dev.issuer_program import Issuer, header, run

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = "/entra/common/discovery/v2.0/keys"
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
API = "925bff9f-f6e2-4a69-b858-f71ea2b9b6d0"
IDENTITY = "60694ed6-d89a-4d11-9d15-8323012942f7"
CALLER = "461e8683-5575-4561-ac7f-899cc907d62a"
NOW = 1_700_000_000
NOISE = bytes(range(72))

V2 = EntraToken("2.0", TENANT, API, IDENTITY, CALLER, ("sql.login",))
V1 = replace(V2, version="1.0", audience=f"api://{API}")

CLAIMS_V2: Mapping[str, Any] = {
    "aud": "925bff9f-f6e2-4a69-b858-f71ea2b9b6d0",
    "iss": "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0",
    "iat": 1_699_999_700,
    "nbf": 1_699_999_700,
    "exp": 1_700_086_400,
    "aio": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBk=",
    "azp": "461e8683-5575-4561-ac7f-899cc907d62a",
    "azpacr": "2",
    "idtyp": "app",
    "oid": "60694ed6-d89a-4d11-9d15-8323012942f7",
    "rh": "1.GhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3.",
    "roles": ["sql.login"],
    "sub": "60694ed6-d89a-4d11-9d15-8323012942f7",
    "tid": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "uti": "ODk6Ozw9Pj9AQUJDREVGRw",
    "ver": "2.0",
}
CLAIMS_V1: Mapping[str, Any] = {
    "aud": "api://925bff9f-f6e2-4a69-b858-f71ea2b9b6d0",
    "iss": "https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/",
    "iat": 1_699_999_700,
    "nbf": 1_699_999_700,
    "exp": 1_700_086_400,
    "aio": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBk=",
    "appid": "461e8683-5575-4561-ac7f-899cc907d62a",
    "appidacr": "2",
    "idp": "https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/",
    "idtyp": "app",
    "oid": "60694ed6-d89a-4d11-9d15-8323012942f7",
    "rh": "1.GhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3.",
    "roles": ["sql.login"],
    "sub": "60694ed6-d89a-4d11-9d15-8323012942f7",
    "tid": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "uti": "ODk6Ozw9Pj9AQUJDREVGRw",
    "ver": "1.0",
}


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        pytest.param(V2, CLAIMS_V2, id="v2"),
        pytest.param(V1, CLAIMS_V1, id="v1"),
        pytest.param(
            replace(V2, lifetime_s=60), {**CLAIMS_V2, "exp": 1_700_000_060}, id="a shorter life"
        ),
        pytest.param(
            replace(V2, roles=()),
            {name: value for name, value in CLAIMS_V2.items() if name != "roles"},
            id="without roles there is no such claim",
        ),
    ],
)
def test_an_access_token_has_exactly_entras_claims(
    token: EntraToken, expected: dict[str, Any]
) -> None:
    assert token.claims(NOW, NOISE) == expected


@pytest.mark.parametrize(
    ("version", "cloud", "issuer"),
    [
        ("1.0", "public", f"https://sts.windows.net/{TENANT}/"),
        ("1.0", "usgovernment", f"https://sts.windows.net/{TENANT}/"),
        ("1.0", "china", f"https://sts.chinacloudapi.cn/{TENANT}/"),
        ("2.0", "public", f"https://login.microsoftonline.com/{TENANT}/v2.0"),
        ("2.0", "usgovernment", f"https://login.microsoftonline.us/{TENANT}/v2.0"),
        ("2.0", "china", f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0"),
    ],
)
def test_each_cloud_has_an_issuer_of_its_own(version: str, cloud: str, issuer: str) -> None:
    claims = replace(V2, version=version, cloud=cloud).claims(NOW, NOISE)
    assert claims["iss"] == issuer
    assert claims.get("idp") == (issuer if version == "1.0" else None)


def form(version: int = 2, **change: Any) -> dict[str, Any]:
    asked = {
        "grant_type": "client_credentials",
        "as": f"entra-v{version}",
        "sub": IDENTITY,
        "aud": API,
        "tenant": TENANT,
    }
    return asked | change


def known(claims: dict[str, Any]) -> dict[str, Any]:
    """Claims without the times and the opaque ones."""
    unknown = ("iat", "nbf", "exp", "aio", "rh", "uti")
    return {name: value for name, value in claims.items() if name not in unknown}


def test_the_token_endpoint_speaks_as_entra_v2(issuer: Issuer) -> None:
    wanted = form(2, caller=CALLER, roles=["sql.login", "sql.read"])
    answer = issuer.post("/token", wanted).raise_for_status().json()
    token = answer.pop("access_token")
    assert answer == {"token_type": "Bearer", "expires_in": 86_400}
    claims = issuer.claims(token, KEYS)
    assert set(claims) == set(CLAIMS_V2)
    assert known(claims) == {**known(dict(CLAIMS_V2)), "roles": ["sql.login", "sql.read"]}
    assert claims["nbf"] == claims["iat"] == claims["exp"] - 86_700
    assert 300 <= time.time() - claims["iat"] < 600
    assert header(token) == {"typ": "JWT", "alg": "RS256", "kid": issuer.kids(KEYS)[0]}


def test_the_token_endpoint_speaks_as_entra_v1(issuer: Issuer) -> None:
    token = issuer.token(**form(1, aud=f"api://{API}", caller=CALLER, roles="sql.login"))
    claims = issuer.claims(token, KEYS)
    assert set(claims) == set(CLAIMS_V1)
    assert known(claims) == known(dict(CLAIMS_V1))
    kid = issuer.kids(KEYS)[0]
    assert header(token) == {"typ": "JWT", "alg": "RS256", "kid": kid, "x5t": kid}


def test_no_two_tokens_have_the_same_id(issuer: Issuer) -> None:
    one, other = (issuer.claims(issuer.token(**form()), KEYS) for _ in range(2))
    assert one["uti"] != other["uti"]
    assert len(one["uti"]) == 22


def test_the_default_caller_stays_the_same(issuer: Issuer) -> None:
    one, other = (issuer.claims(issuer.token(**form()), KEYS) for _ in range(2))
    assert one["azp"] == other["azp"] != IDENTITY
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one["azp"])


@pytest.mark.parametrize("audience", [API, f"api://{API}", "api://crdb/prod", "https://crdb.test"])
def test_v1_keeps_the_audience_as_it_was_asked_for(issuer: Issuer, audience: str) -> None:
    assert issuer.claims(issuer.token(**form(1, aud=audience)), KEYS)["aud"] == audience


def test_the_command_speaks_as_entra(issuer: Issuer) -> None:
    minted = run(
        *("token", "--dir", str(issuer.folder), "--as", "entra-v2", "--cloud", "usgovernment"),
        *("--sub", IDENTITY, "--aud", API, "--tenant", TENANT, "--caller", CALLER),
        *("--roles", "sql.login", "--lifetime", "60"),
    )
    assert (minted.returncode, minted.stderr) == (0, "")
    claims = issuer.claims(minted.stdout.strip(), KEYS)
    issuer_url = f"https://login.microsoftonline.us/{TENANT}/v2.0"
    assert known(claims) == {**known(dict(CLAIMS_V2)), "iss": issuer_url}
    assert claims["exp"] - claims["iat"] == 360


def test_entra_publishes_keys_without_algorithm_but_with_certificates(issuer: Issuer) -> None:
    (key,) = issuer.get(KEYS)["keys"]
    assert issuer.ready["entra_jwks_uri"] == issuer.url + KEYS
    assert set(key) == {"kty", "use", "kid", "x5t", "n", "e", "x5c", "issuer"}
    assert (key["kty"], key["use"], key["e"]) == ("RSA", "sig", "AQAB")
    assert key["issuer"] == "https://login.microsoftonline.com/{tenantid}/v2.0"
    (encoded,) = key["x5c"]
    der = base64.b64decode(encoded, validate=True)
    digest = hashlib.sha1(der, usedforsecurity=False).digest()
    assert key["kid"] == key["x5t"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    modulus = base64.urlsafe_b64decode(key["n"] + "==")
    certified = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(certified, RSAPublicKey)
    assert certified.public_numbers().n == int.from_bytes(modulus, "big")


def test_both_versions_share_keys_that_rotate_alone(fresh: Issuer) -> None:
    own, (first,) = fresh.kids(), fresh.kids(KEYS)
    old_token = fresh.token(**form())
    rotated = fresh.post("/rotate", {"as": "entra-v1"}).raise_for_status().json()
    assert fresh.kids(KEYS) == [rotated["kid"], first]
    assert header(fresh.token(**form(2)))["kid"] == header(fresh.token(**form(1)))["kid"]
    assert header(fresh.token(**form()))["kid"] == rotated["kid"]
    assert fresh.claims(old_token, KEYS)["sub"] == IDENTITY
    fresh.post("/retire", {"as": "entra-v2"}).raise_for_status()
    assert fresh.kids(KEYS) == [rotated["kid"]]
    assert fresh.kids() == own


@pytest.mark.parametrize(
    ("version", "change", "reason"),
    [
        pytest.param(2, {"sub": ""}, "sub must be a GUID in lower case", id="no sub"),
        pytest.param(2, {"sub": IDENTITY.upper()}, "sub must be a GUID in lower", id="upper case"),
        pytest.param(2, {"tenant": ""}, "tenant must be a GUID in lower case", id="no tenant"),
        pytest.param(2, {"tenant": "contoso.com"}, "tenant must be a GUID", id="a domain"),
        pytest.param(2, {"tenant": f"{TENANT}/"}, "tenant must be a GUID", id="a slash"),
        pytest.param(2, {"aud": ""}, "aud is missing: whom is the token for?", id="no audience"),
        pytest.param(2, {"aud": [API, TENANT]}, "aud must be one", id="two audiences"),
        pytest.param(
            2, {"aud": f"api://{API}"}, "aud must be the client id of the API", id="URI in v2"
        ),
        pytest.param(1, {"aud": "crdb"}, "aud must be api://..., https://", id="a word in v1"),
        pytest.param(1, {"aud": "api://a b"}, "aud must be api://...", id="a blank in v1"),
        pytest.param(2, {"caller": "x"}, "caller must be a GUID in lower case", id="odd caller"),
        pytest.param(
            2, {"cloud": "mars"}, "cloud must be one of public, usgovernment, china", id="cloud"
        ),
        pytest.param(2, {"lifetime": "86401"}, "from 1 to 86400", id="more than a day"),
        pytest.param(2, {"email": "x"}, "such a token has no email", id="a parameter of Google"),
        pytest.param(1, {"claims": "{}"}, "such a token has no claims", id="further claims"),
    ],
)
def test_a_request_that_entra_would_not_answer_is_refused(
    issuer: Issuer, version: int, change: dict[str, Any], reason: str
) -> None:
    answer = issuer.post("/token", form(version, **change))
    assert answer.status_code == 400
    assert reason in answer.json()["error_description"]
