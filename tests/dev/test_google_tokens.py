"""The local issuer as Google: ID tokens of service accounts, and the key set."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from dev.issuer.google import GoogleToken
from tests.dev.issuer_program import Issuer, header, run

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = "/google/oauth2/v3/certs"
UNIQUE_ID = "113794436627259432046"
ADDRESS = "orders@my-project.iam.gserviceaccount.com"
ASKED = {"grant_type": "client_credentials", "as": "google", "sub": UNIQUE_ID, "aud": "crdb"}
NOW = 1_700_000_000

BARE: Mapping[str, Any] = {
    "aud": "crdb",
    "azp": "113794436627259432046",
    "exp": 1_700_003_600,
    "iat": 1_700_000_000,
    "iss": "https://accounts.google.com",
    "sub": "113794436627259432046",
}


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        pytest.param(GoogleToken(UNIQUE_ID, "crdb"), BARE, id="without e-mail"),
        pytest.param(
            GoogleToken(UNIQUE_ID, "crdb", email=ADDRESS),
            {**BARE, "email": ADDRESS, "email_verified": True},
            id="with e-mail",
        ),
        pytest.param(
            GoogleToken(UNIQUE_ID, "//any/text", lifetime_s=60),
            {**BARE, "aud": "//any/text", "exp": 1_700_000_060},
            id="another audience, a shorter life",
        ),
    ],
)
def test_an_id_token_has_exactly_googles_claims(
    token: GoogleToken, expected: dict[str, Any]
) -> None:
    assert token.claims(NOW) == expected


def test_the_token_endpoint_speaks_as_google(issuer: Issuer) -> None:
    answer = issuer.post("/token", {**ASKED, "email": ADDRESS}).raise_for_status().json()
    token = answer.pop("access_token")
    assert answer == {"token_type": "Bearer", "expires_in": 3600}
    claims = issuer.claims(token, KEYS)
    issued = claims["iat"]
    assert 0 <= time.time() - issued < 300
    assert claims == {
        **BARE,
        "iat": issued,
        "exp": issued + 3600,
        "email": ADDRESS,
        "email_verified": True,
    }
    assert header(token) == {"alg": "RS256", "kid": issuer.kids(KEYS)[0], "typ": "JWT"}


def test_the_command_speaks_as_google(issuer: Issuer) -> None:
    minted = run(
        *("token", "--dir", str(issuer.folder), "--as", "google", "--sub", UNIQUE_ID),
        *("--aud", "crdb", "--lifetime", "60"),
    )
    assert (minted.returncode, minted.stderr) == (0, "")
    claims = issuer.claims(minted.stdout.strip(), KEYS)
    assert claims.pop("exp") - claims.pop("iat") == 60
    assert claims == {name: BARE[name] for name in ("aud", "azp", "iss", "sub")}


def test_google_publishes_keys_of_its_own_with_their_algorithm(issuer: Issuer) -> None:
    (key,) = issuer.get(KEYS)["keys"]
    assert issuer.ready["google_jwks_uri"] == issuer.url + KEYS
    assert set(key) == {"alg", "e", "kid", "kty", "n", "use"}
    assert (key["alg"], key["use"], key["kty"], key["e"]) == ("RS256", "sig", "RSA", "AQAB")
    assert re.fullmatch("[0-9a-f]{40}", key["kid"])
    (own,) = issuer.get("/jwks")["keys"]
    assert key["n"] != own["n"]


def test_googles_keys_rotate_and_retire_alone(fresh: Issuer) -> None:
    own, (first,) = fresh.kids(), fresh.kids(KEYS)
    rotated = fresh.post("/rotate", {"as": "google"}).raise_for_status().json()
    assert rotated == {"kid": rotated["kid"], "published": [rotated["kid"], first]}
    assert fresh.kids(KEYS) == [rotated["kid"], first]
    assert header(fresh.token(**ASKED))["kid"] == rotated["kid"]
    retired = fresh.post("/retire", {"as": "google"}).raise_for_status().json()
    assert retired == {"kid": rotated["kid"], "published": [rotated["kid"]]}
    assert fresh.kids() == own


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"sub": ""}, "sub must be the account's unique id, 21 digits", id="no sub"),
        pytest.param({"sub": ADDRESS}, "sub must be the account's unique id", id="an address"),
        pytest.param({"sub": UNIQUE_ID[1:]}, "sub must be the account's unique", id="20 digits"),
        pytest.param({"sub": f"{UNIQUE_ID}\n"}, "sub must be the account's", id="a line's end"),
        pytest.param({"sub": "٣" * 21}, "sub must be the account's", id="digits of other scripts"),
        pytest.param({"aud": ""}, "aud is missing: whom is the token for?", id="no audience"),
        pytest.param({"aud": ["a", "b"]}, "aud must be one", id="two audiences"),
        pytest.param({"email": "k@example.com"}, "email must be a service account's", id="email"),
        pytest.param({"lifetime": "0"}, "lifetime must be a whole number", id="no lifetime"),
        pytest.param({"tenant": "x"}, "such a token has no tenant", id="a parameter of Entra"),
        pytest.param({"claims": "{}"}, "such a token has no claims", id="further claims"),
        pytest.param({"alg": "ES256"}, "such a token has no alg", id="an algorithm"),
        pytest.param({"as": "okta"}, "as must be one of google, entra-v1, entra-v2", id="okta"),
        pytest.param({"as": ["google", "google"]}, "as is given more than once", id="two voices"),
        pytest.param({"grant_type": "password"}, "only client_credentials", id="another grant"),
    ],
)
def test_a_request_that_google_would_not_answer_is_refused(
    issuer: Issuer, change: dict[str, Any], reason: str
) -> None:
    answer = issuer.post("/token", ASKED | change)
    assert answer.status_code == 400
    assert reason in answer.json()["error_description"]


@pytest.mark.parametrize(
    ("path", "form", "reason"),
    [
        ("/rotate", {"as": "google", "alg": "ES256"}, "its keys are RS256, never ES256"),
        ("/rotate", {"as": "okta"}, "as must be one of google, entra-v1, entra-v2"),
        ("/retire", {"as": "okta"}, "as must be one of google, entra-v1, entra-v2"),
    ],
)
def test_googles_keys_change_only_as_google_would(
    issuer: Issuer, path: str, form: dict[str, str], reason: str
) -> None:
    kids = issuer.kids(KEYS)
    answer = issuer.post(path, form)
    assert (answer.status_code, answer.json()["error_description"]) == (400, reason)
    assert issuer.kids(KEYS) == kids


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--as", "google", "--aud", "x"], "sub must be the account's unique id, 21 digits"),
        (
            ["--as", "google", "--sub", UNIQUE_ID, "--aud", "x", "--cloud", "china"],
            "such a token has no cloud",
        ),
        (
            ["--as", "google", "--claims", "{}", "--alg", "RS256"],
            "--claims, --alg goes without --as",
        ),
        (["--sub", "x", "--aud", "y", "--email", ADDRESS], "--email goes with --as"),
    ],
)
def test_minting_says_which_options_do_not_fit(
    issuer: Issuer, options: list[str], reason: str
) -> None:
    refused = run("token", "--dir", str(issuer.folder), *options)
    assert (refused.returncode, refused.stdout, refused.stderr) == (2, "", f"issuer: {reason}\n")
