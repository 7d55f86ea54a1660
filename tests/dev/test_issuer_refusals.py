"""What the local issuer refuses, over HTTPS and on the command line."""

from __future__ import annotations

import json
import ssl
from contextlib import closing
from http.client import HTTPSConnection
from typing import TYPE_CHECKING, Any

import pytest

from tests.dev.issuer_program import FORM, Issuer, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("path", "form", "auth", "status", "error", "description"),
    [
        pytest.param("/token", FORM, ("workload", "x"), 401, "invalid_client", "", id="secret"),
        pytest.param("/token", FORM, ("x", "x"), 401, "invalid_client", "", id="client"),
        pytest.param("/token", FORM, None, 401, "invalid_client", "", id="no credentials"),
        pytest.param("/rotate", {}, ("workload", "x"), 401, "invalid_client", "", id="rotate"),
        pytest.param("/retire", {}, ("workload", "x"), 401, "invalid_client", "", id="retire"),
        pytest.param(
            "/token",
            FORM | {"client_secret": "x"},
            "own",
            400,
            "invalid_request",
            "in the header or in the form",
            id="two kinds of credentials",
        ),
        pytest.param(
            "/token", {"aud": "x"}, "own", 400, "invalid_request", "grant_type is", id="no grant"
        ),
        pytest.param(
            "/token",
            FORM | {"grant_type": "password"},
            "own",
            400,
            "unsupported_grant_type",
            "only client_credentials",
            id="another grant",
        ),
        pytest.param(
            "/token", FORM | {"aud": ""}, "own", 400, "invalid_request", "aud is", id="no audience"
        ),
        pytest.param(
            "/token",
            FORM | {"sub": ["a", "b"]},
            "own",
            400,
            "invalid_request",
            "sub is given more than once",
            id="two subjects",
        ),
        *[
            pytest.param(
                "/token",
                FORM | {"lifetime": lifetime},
                "own",
                400,
                "invalid_request",
                "lifetime must be a whole number from 1 to 86400",
                id=f"lifetime {lifetime}",
            )
            for lifetime in ("0", "-1", "86401", "1.5", "x", "9" * 400)
        ],
        *[
            pytest.param(
                "/token",
                FORM | {"claims": claims},
                "own",
                400,
                "invalid_request",
                "claims must be a JSON object",
                id=f"claims {claims[:9]}",
            )
            for claims in (
                *("x", "[]", "5", '{"a":NaN}', '{"a":1e999}'),
                *('{"b":"\\ud800"}', '{"a":' * 3_000),
            )
        ],
        *[
            pytest.param(
                "/token",
                FORM | {"claims": json.dumps({claim: 1})},
                "own",
                400,
                "invalid_request",
                f"claims must not hold {claim}",
                id=f"claims with {claim}",
            )
            for claim in ("iss", "sub", "aud", "iat", "exp")
        ],
        pytest.param(
            "/token",
            FORM | {"alg": "HS256"},
            "own",
            400,
            "invalid_request",
            "alg must be one of RS256, ES256, ES384",
            id="an algorithm it does not have",
        ),
        pytest.param(
            "/token",
            FORM | {"alg": "ES384"},
            "own",
            400,
            "invalid_request",
            "no ES384 key is published",
            id="an algorithm without key",
        ),
        pytest.param(
            "/rotate",
            {"keep": "17"},
            "own",
            400,
            "invalid_request",
            "keep must be a whole number from 0 to 16",
            id="too many keys",
        ),
        pytest.param(
            "/token",
            {f"p{number}": "x" for number in range(51)},
            "own",
            400,
            "invalid_request",
            "more than 50 parameters",
            id="too many parameters",
        ),
        pytest.param("/x", FORM, "own", 404, "not_found", "no such endpoint", id="another path"),
        pytest.param(
            "/token",
            FORM | {"claims": "x" * 70_000},
            "own",
            413,
            "invalid_request",
            "limited to 65536 bytes",
            id="too long a body",
        ),
    ],
)
def test_a_bad_request_gets_an_oauth_error(
    issuer: Issuer,
    *,
    path: str,
    form: dict[str, Any],
    auth: Any,
    status: int,
    error: str,
    description: str,
) -> None:
    kids = issuer.kids()
    answer = issuer.post(path, form, **({} if auth == "own" else {"auth": auth}))
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert description in answer.json()["error_description"]
    assert answer.headers["content-type"] == "application/json"
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert issuer.kids() == kids


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "error"),
    [
        pytest.param("GET", "/x", {}, 404, "not_found", id="nothing there"),
        pytest.param("PUT", "/token", {}, 501, "not_implemented", id="another method"),
        pytest.param("POST", "/token", {"json": FORM}, 415, "invalid_request", id="JSON"),
        pytest.param(
            "POST", "/token", {"content": iter([b"x"])}, 411, "invalid_request", id="no length"
        ),
    ],
)
def test_a_body_that_is_not_a_form_gets_an_oauth_error_too(
    issuer: Issuer, *, method: str, path: str, options: dict[str, Any], status: int, error: str
) -> None:
    with issuer.client() as client:
        answer = client.request(method, path, **options)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize("header", ["Bearer x", "Basic", "Basic %%%", "Basic /w=="])
def test_broken_credentials_are_wrong_credentials(issuer: Issuer, header: str) -> None:
    with issuer.client() as client:
        client.auth = None  # type: ignore[assignment]  # httpx takes None for no credentials
        answer = client.post("/token", data=FORM, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_negative_length_is_ignored(issuer: Issuer) -> None:
    tls = ssl.create_default_context(cafile=issuer.ready["ca_cert"])
    with closing(HTTPSConnection("localhost", issuer.port, context=tls, timeout=30)) as connection:
        connection.putrequest("POST", "/token")
        connection.putheader("Content-Length", "-1")
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["error"]) == (411, "invalid_request")


def test_a_token_can_be_minted_from_the_command_line(issuer: Issuer) -> None:
    minted = run(
        *("token", "--dir", str(issuer.folder), "--sub", "x", "--aud", "a", "--aud", "b"),
        *("--lifetime", "60", "--claims", '{"email":"x@example.com"}', "--alg", "RS256"),
    )
    assert (minted.returncode, minted.stderr) == (0, "")
    claims = issuer.claims(minted.stdout.strip())
    assert claims.pop("exp") - claims.pop("iat") == 60
    assert claims == {"iss": issuer.url, "sub": "x", "aud": ["a", "b"], "email": "x@example.com"}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param(["--aud", "x"], "a token needs --sub and --aud", id="no subject"),
        pytest.param(["--sub", "x"], "a token needs --sub and --aud", id="no audience"),
        pytest.param(
            ["--sub", "x", "--aud", "y", "--lifetime", "0"],
            "--lifetime must be from 1 to 86400 seconds",
            id="no lifetime",
        ),
        pytest.param(
            ["--sub", "x", "--aud", "y", "--claims", "[]"],
            "claims must be a JSON object",
            id="claims that are a list",
        ),
        pytest.param(
            ["--sub", "x", "--aud", "y", "--alg", "ES384"],
            "no ES384 key is published; POST alg=ES384 to /rotate makes one",
            id="no such key",
        ),
    ],
)
def test_minting_says_what_is_missing(issuer: Issuer, options: list[str], reason: str) -> None:
    refused = run("token", "--dir", str(issuer.folder), *options)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == f"issuer: {reason}\n"


def test_minting_needs_an_issuer_that_has_run(tmp_path: Path) -> None:
    refused = run("token", "--dir", str(tmp_path), "--sub", "x", "--aud", "y")
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"issuer: no issuer ran in {tmp_path} yet")
    assert list(tmp_path.iterdir()) == []
