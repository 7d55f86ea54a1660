"""Google: the metadata server, credentials files, and accounts that a workload may speak for."""

import gc
import importlib
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload import tokens
from tests.support.https_proxy import Proxy, proxy_to
from tests.support.token_servers import SERVICE_ACCOUNT, TokenServer, busy, gcp_metadata
from tests.unit.scripted_https_server import Exchange, HttpsServer, https_server, text
from tests.unit.workload.token_texts import NEVER_SHOWN, VirtualClock, jwt

CLOCK = VirtualClock()
HOSTS = (
    "iamcredentials.googleapis.com",
    "sts.googleapis.com",
)


def mint(audience: str) -> str:
    return jwt(iss="https://accounts.google.com", aud=audience, exp=CLOCK() + 3600)


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    """A metadata server, found by the variables that google-auth documents for it."""
    with gcp_metadata(mint) as server:
        monkeypatch.setenv("GCE_METADATA_HOST", server.authority)
        monkeypatch.setenv("GCE_METADATA_IP", server.authority)
        from google.auth.compute_engine import _metadata  # noqa: PLC0415 - reads one when imported

        importlib.reload(_metadata)
        yield server


def test_the_token_is_that_of_the_machines_account(metadata: TokenServer) -> None:
    source = tokens.gcp("crdb-sso/shop/prod", clock=CLOCK)
    token = source.token()

    assert token.value == mint("crdb-sso/shop/prod")
    assert token.expires_at == CLOCK() + 3600
    assert metadata.given == ["crdb-sso/shop/prod"]
    assert source.token() is token
    assert repr(source) == "tokens.gcp(audience='crdb-sso/shop/prod')"


def test_a_late_answer_is_waited_for_by_all_and_asked_for_once(metadata: TokenServer) -> None:
    metadata.answers_now.clear()
    source = tokens.gcp("crdb", clock=CLOCK)
    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(source.token) for _ in range(8)]
        threading.Timer(0.1, metadata.answers_now.set).start()

        assert {one.result(60).value for one in asking} == {mint("crdb")}
    assert metadata.given == ["crdb"]


def test_a_busy_server_is_asked_again(metadata: TokenServer) -> None:
    metadata.refusals.append(busy(1))

    assert tokens.gcp("crdb", clock=CLOCK).token().value == mint("crdb")


def test_a_refusal_is_named_with_its_next_step(metadata: TokenServer) -> None:
    with pytest.raises(TokenUnavailable, match="non-empty audience parameter required") as caught:
        tokens.gcp("", clock=CLOCK).token()

    assert "Next step: Run it where the metadata server answers" in str(caught.value)
    assert metadata.given == []


@pytest.mark.parametrize("kind", ["external_account", "authorized_user", "strange"])
def test_credentials_without_id_tokens_are_not_replaced_by_the_machines(
    metadata: TokenServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"type": kind}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))

    with pytest.raises(TokenUnavailable, match=f"type '{kind}', which has no ID tokens") as caught:
        tokens.gcp("crdb").token()

    assert "impersonate=" in caught.value.hint
    assert metadata.given == []


@pytest.mark.parametrize("content", [None, "", "[]", "{}", "no JSON", "[" * 100_000], ids=range(6))
def test_a_file_that_holds_no_credentials_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    file = tmp_path / "credentials.json"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))

    with pytest.raises(TokenUnavailable, match="is not a credentials file"):
        tokens.gcp("crdb").token()


@pytest.fixture
def google(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[HttpsServer, Proxy, list[Any]]]:
    """Google's APIs behind a proxy of this machine; returns also what they were asked."""
    with (
        https_server(tmp_path, *HOSTS, has_ca=True) as served,
        proxy_to(int(served.url.rpartition(":")[2])) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", served.ca_file)
        asked: list[Any] = []

        def answer(exchange: Exchange) -> None:
            is_json = exchange.body.startswith(b"{")
            body: dict[str, Any] = json.loads(exchange.body) if is_json else {}
            asked.append((exchange.path, exchange.headers.get("Authorization"), body))
            if exchange.path.endswith(":generateIdToken"):
                said: Any = {"token": mint(body["audience"])}
            else:
                said = {
                    "access_token": "federated",
                    "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                    "token_type": "Bearer",
                    "expires_in": 3600,
                }
            text(json.dumps(said), Content_Type="application/json")(exchange)

        served.otherwise = answer
        yield served, proxy, asked
        gc.collect()  # google-auth leaves a connection to an error, and the proxy waits for its end


@pytest.fixture
def _federated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of workload identity federation, from outside of Google Cloud."""
    subject = tmp_path / "subject.jwt"
    subject.write_text(jwt(sub="repo:shop/orders"))
    pool = "projects/1/locations/global/workloadIdentityPools/ci/providers/github"
    file = tmp_path / "federation.json"
    file.write_text(
        json.dumps(
            {
                "type": "external_account",
                "audience": f"//iam.googleapis.com/{pool}",
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                "token_url": "https://sts.googleapis.com/v1/token",
                "credential_source": {"file": str(subject)},
            }
        )
    )
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))


@pytest.mark.usefixtures("_federated")
def test_a_federated_workload_speaks_for_a_service_account(
    google: tuple[HttpsServer, Proxy, list[Any]],
) -> None:
    _, proxy, asked = google
    source = tokens.gcp("crdb", impersonate=SERVICE_ACCOUNT, clock=CLOCK)

    assert source.token().value == mint("crdb")
    assert source.token() is source.token()
    path, bearer, body = asked[-1]
    assert path == f"/v1/projects/-/serviceAccounts/{SERVICE_ACCOUNT}:generateIdToken"
    assert bearer == "Bearer federated"
    assert body == {"audience": "crdb", "delegates": [], "includeEmail": True}
    assert {host.removesuffix(":443") for host in proxy.asked} <= set(HOSTS)
    assert SERVICE_ACCOUNT in repr(source)


@pytest.mark.usefixtures("_federated")
def test_an_account_that_may_not_be_spoken_for_is_named(
    google: tuple[HttpsServer, Proxy, list[Any]],
) -> None:
    served, _, _ = google
    served.answers[f"/v1/projects/-/serviceAccounts/{SERVICE_ACCOUNT}:generateIdToken"] = text(
        json.dumps({"error": {"code": 403, "message": "Permission denied", "leak": jwt()}}),
        403,
        Content_Type="application/json",
    )

    with pytest.raises(TokenUnavailable, match="Permission denied") as caught:
        tokens.gcp("crdb", impersonate=SERVICE_ACCOUNT).token()

    assert f"roles/iam.serviceAccountOpenIdTokenCreator on {SERVICE_ACCOUNT}" in caught.value.hint
    assert NEVER_SHOWN not in str(caught.value)
    assert caught.value.__cause__ is None
