"""OAuth servers: client credentials and refresh tokens."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from crdb_sso.errors import CrdbSsoError, InvalidInput, TokenUnavailable
from crdb_sso.verdict.jose.decoding import decode
from crdb_sso.workload import tokens
from tests.support.servers import LocalIssuer, local_issuer
from tests.support.token_servers import busy, forms, refused
from tests.unit.scripted_https_server import Answer, Exchange, HttpsServer, https_server, text
from tests.unit.workload.token_texts import NEVER_SHOWN, VirtualClock, jwt

SECRET = "hunter2-of-the-client"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpsServer]:
    with https_server(tmp_path, has_ca=True) as served:
        yield served


def answer(**said: Any) -> Answer:
    return text(json.dumps(said), Content_Type="application/json")


def credentials(server: HttpsServer, **more: Any) -> tokens.client_credentials:
    made = {"client_secret": SECRET, "ca_file": server.ca_file, **more}
    return tokens.client_credentials(f"{server.url}/token", "orders", **made)


def test_a_client_gets_an_access_token_of_a_real_issuer(issuer: LocalIssuer) -> None:
    source = tokens.client_credentials(
        issuer.token_endpoint,
        issuer.client_id,
        client_secret=issuer.client_secret,
        audience="crdb",
        parameters={"sub": "orders-service", "lifetime": "120"},
        ca_file=issuer.ca_cert,
    )

    token = source.token()

    assert source.token() is token
    assert token.value.count(".") == 2
    assert token.expires_at is not None
    assert issuer.client_secret not in repr(source)


def test_scope_and_audience_are_sent_and_an_opaque_token_lives_as_long_as_was_said(
    server: HttpsServer,
) -> None:
    asked = forms(server, lambda _: answer(access_token="opaque", expires_in=100))
    clock = VirtualClock()
    source = credentials(server, scope="crdb.login", audience="crdb", clock=clock)

    assert source.token().expires_at == clock() + 100
    assert source.token().value == "opaque"
    assert asked == [
        {"grant_type": "client_credentials", "scope": "crdb.login", "audience": "crdb"}
    ]


def test_the_secret_is_read_at_each_request(
    server: HttpsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers: list[str | None] = []

    def on(exchange: Exchange) -> None:
        headers.append(exchange.headers.get("Authorization"))
        answer(access_token="opaque")(exchange)

    server.otherwise = on
    file = tmp_path / "secret"
    from_file = credentials(server, client_secret=None, client_secret_file=str(file))
    from_env = credentials(server, client_secret=None, client_secret_env="CLIENT_SECRET")

    with pytest.raises(TokenUnavailable, match=r"can't read the client secret from .*secret"):
        from_file.token()
    with pytest.raises(TokenUnavailable, match="CLIENT_SECRET is not set"):
        from_env.token()
    for secret in ("one", "two"):
        file.write_text(f"{secret}\n")
        monkeypatch.setenv("CLIENT_SECRET", secret)
        from_file.token()
        from_env.token()

    one, two = "Basic b3JkZXJzOm9uZQ==", "Basic b3JkZXJzOnR3bw=="
    assert headers == [one, one, two, two]


@pytest.mark.parametrize("header", ["1", "0"])
def test_a_busy_server_is_asked_again_when_it_says(server: HttpsServer, header: str) -> None:
    refusals = [busy(int(header)), text("", 503)]
    forms(server, lambda _: refusals.pop() if refusals else answer(access_token="opaque"))

    assert credentials(server).token().value == "opaque"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param(
            refused(401, "invalid_client", f"{SECRET} is wrong; {jwt()}"),
            r"invalid_client.*\[secret\] is wrong; \[secret\]",
            id="an OAuth error",
        ),
        pytest.param(text("<html>", 500), "500 Server Error", id="no JSON"),
        pytest.param(
            text("", 302, Location="https://else.example"),
            "JSONDecodeError|not JSON|302|Expecting",
            id="a redirect",
        ),
        pytest.param(answer(id_token="x"), "no access_token, only id_token", id="another token"),
        pytest.param(answer(access_token=7), "no access_token", id="a number"),
    ],
)
def test_what_a_server_refuses_is_said_without_a_secret(
    server: HttpsServer, said: Answer, reason: str
) -> None:
    asked = forms(server, lambda _: said)

    with pytest.raises(TokenUnavailable, match=reason) as caught:
        credentials(server).token()

    assert len(asked) == 1
    shown = f"{caught.value} {caught.value.__cause__!r} {caught.value.__context__!r}"
    assert SECRET not in shown
    assert NEVER_SHOWN not in shown
    assert "tokens.client_credentials(token_endpoint=" in str(caught.value)


def test_a_client_with_a_key_sends_an_assertion_of_its_own_and_no_secret(
    server: HttpsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = VirtualClock()
    asked = forms(server, lambda _: answer(access_token="opaque", expires_in=100))
    key = ECKey.generate_key("P-256")
    monkeypatch.setenv("CLIENT_KEY", key.as_pem(private=True).decode())
    source = credentials(server, client_secret=None, private_key_env="CLIENT_KEY", clock=clock)
    source.token()
    clock.go_on(100)
    source.token()

    assert asked[0].keys() == {
        *("grant_type", "client_id", "client_assertion", "client_assertion_type")
    }
    assert asked[0]["client_assertion_type"].endswith(":client-assertion-type:jwt-bearer")
    first, second = [decode(form["client_assertion"]) for form in asked]
    assert first.claims["iss"] == first.claims["sub"] == "orders"
    assert first.claims["aud"] == [f"{server.url}/token"]
    assert (first.claims["iat"], first.claims["exp"]) == (1_799_999_970, 1_800_000_060)
    assert first.kid == key.thumbprint()
    assert first.claims["jti"] != second.claims["jti"]


def test_what_a_server_repeats_of_an_assertion_is_not_shown(
    server: HttpsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms(server, lambda form: refused(401, "invalid_client", form["client_assertion"]))
    monkeypatch.setenv("CLIENT_KEY", ECKey.generate_key("P-256").as_pem(private=True).decode())

    with pytest.raises(TokenUnavailable, match=r"invalid_client: \[secret\]"):
        credentials(server, client_secret=None, private_key_env="CLIENT_KEY").token()
    monkeypatch.setenv("CLIENT_KEY", "not a key")
    with pytest.raises(TokenUnavailable, match="the key can't be read"):
        credentials(server, client_secret=None, private_key_env="CLIENT_KEY").token()


def test_a_server_that_nobody_certified_is_not_asked(server: HttpsServer) -> None:
    asked = forms(server, lambda _: answer(access_token="opaque"))

    with pytest.raises(TokenUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        credentials(server, ca_file=None).token()

    assert asked == []


def test_a_server_that_is_down_is_said_and_the_secret_is_not() -> None:
    source = tokens.client_credentials("https://127.0.0.1:1/token", "orders", client_secret=SECRET)

    with pytest.raises(TokenUnavailable, match=r"127\.0\.0\.1") as caught:
        source.token()

    assert SECRET not in str(caught.value)


def refreshing(server: HttpsServer, **more: Any) -> tokens.refresh_token:
    made = {"ca_file": server.ca_file, **more}
    return tokens.refresh_token(f"{server.url}/token", "orders", **made)


def rotating(clock: VirtualClock) -> Callable[[Mapping[str, str]], Answer]:
    """Answer as a server that ends each refresh token with its first use."""
    current = ["first"]

    def on(form: Mapping[str, str]) -> Answer:
        if form["refresh_token"] != current[0]:
            return refused(400, "invalid_grant", f"{form['refresh_token']} was used before")
        current[0] = f"after-{current[0]}"
        return answer(
            id_token=jwt(exp=clock() + 300), access_token="other", refresh_token=current[0]
        )

    return on


def test_the_next_refresh_token_is_kept_in_the_file_for_the_next_start(
    server: HttpsServer, tmp_path: Path
) -> None:
    clock = VirtualClock()
    asked = forms(server, rotating(clock))
    file = tmp_path / "refresh"
    file.write_text("first\n")
    for _ in range(2):
        source = refreshing(server, refresh_token_file=file, clock=clock)
        assert source.token().expires_at == clock() + 300
        clock.go_on(300)
        source.token()

    assert [form["refresh_token"] for form in asked] == [
        "first",
        "after-first",
        "after-after-first",
        "after-after-after-first",
    ]
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_next_refresh_token_is_kept_as_long_as_the_program_runs(server: HttpsServer) -> None:
    clock = VirtualClock()
    asked = forms(server, rotating(clock))
    source = refreshing(server, refresh_token="first", scope="openid", clock=clock)
    for _ in range(3):
        source.token()
        clock.go_on(300)

    assert [form["refresh_token"] for form in asked][-1] == "after-after-first"
    assert asked[0] == {
        "grant_type": "refresh_token",
        "refresh_token": "first",
        "scope": "openid",
        "client_id": "orders",
    }
    assert "first" not in repr(source)


def test_a_refresh_token_that_was_used_before_asks_for_a_new_sign_in(server: HttpsServer) -> None:
    forms(server, rotating(VirtualClock()))

    with pytest.raises(TokenUnavailable, match=r"\[secret\] was used before") as caught:
        refreshing(server, refresh_token="stolen").token()

    assert "Sign in anew" in caught.value.hint
    assert "stolen" not in str(caught.value)


def test_the_access_token_of_a_refresh_can_be_the_one(server: HttpsServer) -> None:
    forms(server, lambda _: answer(access_token="opaque"))

    source = refreshing(server, refresh_token="r", answer="access_token")
    assert source.token().value == "opaque"
    with pytest.raises(TokenUnavailable, match="no id_token, only access_token") as caught:
        refreshing(server, refresh_token="r").token()
    assert "scope=openid" in caught.value.hint


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, id="no secret"),
        pytest.param({"client_secret": "a", "private_key_env": "B"}, id="a secret and a key"),
        pytest.param({"private_key_file": "a", "private_key_env": "B"}, id="two keys"),
        pytest.param({"client_secret": "a", "client_secret_env": "B"}, id="two secrets"),
        pytest.param(
            {"token_endpoint": "http://idp.example.com/token", "client_secret": "a"}, id="no TLS"
        ),
    ],
)
def test_what_can_not_work_is_refused_at_once(arguments: dict[str, Any]) -> None:
    made = {"token_endpoint": "https://idp.example.com/token", "client_id": "o", **arguments}
    with pytest.raises(InvalidInput):
        tokens.client_credentials(**made)


def test_errors_are_all_of_one_tree() -> None:
    assert issubclass(TokenUnavailable, CrdbSsoError)
