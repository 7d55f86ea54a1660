"""The small servers of these tests refuse what the real places refuse, with the documented answers.

And what a source makes of an answer that comes late, or that asks to come back later.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import httpx
import pytest

from crdb_sso.workload import tokens
from tests.support.token_servers import (
    GCP_ACCOUNT,
    IDENTITY_HEADER,
    IMDS_PATH,
    JOB_TOKEN,
    TokenServer,
    aws_sts,
    azure_app_service,
    azure_imds,
    busy,
    gcp_metadata,
    github_actions,
    sts_refused,
)
from tests.unit.scripted_https_server import Answer
from tests.unit.workload.token_texts import jwt

APP = "0b5f6f0c-91a1-4d1e-9a0c-1f1f3a1c2b3d"
IDENTITY = f"{GCP_ACCOUNT}identity?audience=crdb"
GOOGLE = {"Metadata-Flavor": "Google"}
IMDS = f"{IMDS_PATH}?api-version=2018-02-01&resource=api://{APP}"
SERVICE = f"/msi/token?api-version=2019-08-01&resource=api://{APP}"
SERVICE_HEADER = {"X-IDENTITY-HEADER": IDENTITY_HEADER}
JOB = {"Authorization": f"bearer {JOB_TOKEN}"}


def mint(audience: str) -> str:
    return jwt(aud=audience, exp=4e9)


Place = Callable[[Callable[[str], str]], AbstractContextManager[TokenServer]]


@pytest.mark.parametrize(
    ("place", "path", "headers", "status", "said"),
    [
        pytest.param(gcp_metadata, IDENTITY, {}, 403, "Missing Metadata-Flavor", id="GCP: header"),
        pytest.param(
            gcp_metadata,
            IDENTITY,
            {**GOOGLE, "X-Forwarded-For": "10.0.0.1"},
            403,
            "X-Forwarded-For is not allowed",
            id="GCP: a request that was forwarded",
        ),
        pytest.param(
            gcp_metadata,
            f"{GCP_ACCOUNT}identity",
            GOOGLE,
            400,
            "non-empty audience",
            id="GCP: no audience",
        ),
        pytest.param(gcp_metadata, "/other", GOOGLE, 404, "not found", id="GCP: no such path"),
        pytest.param(azure_imds, IMDS, {}, 400, "bad_request_102", id="IMDS: header"),
        pytest.param(
            azure_imds,
            IMDS.replace("2018-02-01", "2017-09-01"),
            {"Metadata": "true"},
            400,
            "api-version is invalid",
            id="IMDS: api-version",
        ),
        pytest.param(
            azure_imds,
            f"{IMDS_PATH}?api-version=2018-02-01",
            {"Metadata": "true"},
            400,
            "bad_request_101",
            id="IMDS: no resource",
        ),
        pytest.param(azure_app_service, SERVICE, {}, 401, "", id="App Service: header"),
        pytest.param(
            azure_app_service,
            SERVICE.replace("2019-08-01", "2017-09-01"),
            SERVICE_HEADER,
            400,
            "api-version is invalid",
            id="App Service: api-version",
        ),
        pytest.param(
            github_actions, "/token?api-version=2.0", {}, 401, "Unauthorized", id="GitHub: header"
        ),
        pytest.param(
            github_actions, "/token", JOB, 400, "api-version is missing", id="GitHub: api-version"
        ),
    ],
)
def test_a_request_that_is_not_as_documented_gets_no_token(
    place: Place, path: str, headers: dict[str, str], status: int, said: str
) -> None:
    with place(mint) as server:
        answer = httpx.get(f"{server.url}{path}", headers=headers)

    assert answer.status_code == status
    assert said in answer.text
    assert server.given == []


BUSY = busy(1)


@dataclass(frozen=True)
class Asking:
    """A source, where it asks, and what it asks for."""

    source: tokens.Source
    server: TokenServer
    asked_for: str
    busy: Answer = BUSY


def azure_vm(server: TokenServer, patch: pytest.MonkeyPatch) -> Asking:
    patch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.url)
    return Asking(tokens.azure(APP), server, f"api://{APP}")


def app_service(server: TokenServer, patch: pytest.MonkeyPatch) -> Asking:
    patch.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
    patch.setenv("IDENTITY_HEADER", IDENTITY_HEADER)
    return Asking(tokens.azure(APP), server, f"api://{APP}")


def github(server: TokenServer, patch: pytest.MonkeyPatch) -> Asking:
    patch.setenv("GITHUB_ACTIONS", "true")
    patch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{server.url}/token?api-version=2.0")
    patch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", JOB_TOKEN)
    return Asking(tokens.github("crdb"), server, "crdb")


def aws(server: TokenServer, patch: pytest.MonkeyPatch) -> Asking:
    patch.setenv("AWS_ENDPOINT_URL_STS", server.url)
    patch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    throttled = sts_refused(400, "Throttling", "Rate exceeded")
    return Asking(tokens.aws("crdb", region="eu-central-1"), server, "crdb", throttled)


PLACES = {
    "Azure VM": (azure_imds, azure_vm),
    "App Service": (azure_app_service, app_service),
    "GitHub": (github_actions, github),
    "AWS": (aws_sts, aws),
}


@pytest.fixture(params=PLACES)
def asking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    place, made = PLACES[request.param]
    with place(mint) as server:
        yield made(server, monkeypatch)


def test_a_late_answer_is_waited_for(asking: Asking) -> None:
    asking.server.answers_now.clear()
    threading.Timer(0.2, asking.server.answers_now.set).start()

    assert asking.source.token().expires_at == 4e9
    assert asking.server.given == [asking.asked_for]


def test_who_is_told_to_come_back_comes_back(asking: Asking) -> None:
    asking.server.refusals.append(asking.busy)

    assert asking.source.token().expires_at == 4e9
    assert asking.server.given == [asking.asked_for]
