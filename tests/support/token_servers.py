"""The places where workloads ask for tokens, on loopback: documented requests and refusals.

Sources: Google Cloud, "Get an ID token from the metadata server" and "About VM metadata"; Azure,
"How to use managed identities on an Azure VM to acquire an access token" and App Service's "REST
endpoint reference"; GitHub, "OpenID Connect reference"; AWS, `GetWebIdentityToken`.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.unit.scripted_https_server import Answer, Exchange, HttpsServer, http_server, text

SERVICE_ACCOUNT = "orders@shop.iam.gserviceaccount.com"
GCP_ACCOUNT = "/computeMetadata/v1/instance/service-accounts/default/"
IMDS_PATH = "/metadata/identity/oauth2/token"
IDENTITY_HEADER = "identity-header-of-this-test"
JOB_TOKEN = "bearer-of-this-job"

Mint = Callable[[str], str]
"""Makes a token for an audience."""


@dataclass
class TokenServer:
    """A running place to ask for tokens.

    Attributes:
        url: Its base URL.
        given: The audiences or resources for which it gave tokens, in order.
        refusals: What it answers first, whatever is asked.
        answers_now: Cleared by a test that wants it to be late.
        form: The parameters of the last request, where it was a form.
    """

    url: str = ""
    given: list[str] = field(default_factory=list)
    refusals: "deque[Answer]" = field(default_factory=deque)
    answers_now: threading.Event = field(default_factory=threading.Event)
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def authority(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    def give(self, exchange: Exchange, wanted: str, answer: Answer) -> None:
        """Answer with a token, unless there is a refusal to give first."""
        self.answers_now.wait(60)
        if self.refusals:
            self.refusals.popleft()(exchange)
            return
        self.given.append(wanted)
        answer(exchange)


def busy(seconds: int) -> Answer:
    """Refuse a request, and say when to come back."""
    return text('{"error":"too_many_requests"}', 429, Retry_After=str(seconds))


def refused(code: int, error: str, description: str) -> Answer:
    return text(json.dumps({"error": error, "error_description": description}), code)


@contextmanager
def _serving(answer: Callable[[TokenServer, Exchange], None]) -> Iterator[TokenServer]:
    with http_server() as served:
        server = TokenServer(served.url)
        server.answers_now.set()
        served.otherwise = lambda exchange: answer(server, exchange)
        try:
            yield server
        finally:
            server.answers_now.set()


def query_of(exchange: Exchange) -> Mapping[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(exchange.path).query).items()}


@contextmanager
def gcp_metadata(mint: Mint) -> Iterator[TokenServer]:
    """Google's metadata server, for a machine that runs as SERVICE_ACCOUNT."""

    def answer(server: TokenServer, exchange: Exchange) -> None:
        path, query = urlsplit(exchange.path).path, query_of(exchange)
        if exchange.headers.get("Metadata-Flavor") != "Google":
            text("Missing Metadata-Flavor:Google header.", 403)(exchange)
        elif exchange.headers.get("X-Forwarded-For"):
            text("X-Forwarded-For is not allowed.", 403)(exchange)
        elif path == "/":
            _of_google("")(exchange)
        elif path == GCP_ACCOUNT:
            account = {"aliases": ["default"], "email": SERVICE_ACCOUNT, "scopes": []}
            _of_google(json.dumps(account), "application/json")(exchange)
        elif path == f"{GCP_ACCOUNT}identity" and not query.get("audience"):
            text("non-empty audience parameter required", 400)(exchange)
        elif path == f"{GCP_ACCOUNT}identity":
            server.give(exchange, query["audience"], _of_google(mint(query["audience"])))
        else:
            text("not found", 404)(exchange)

    with _serving(answer) as server:
        yield server


def _of_google(body: str, kind: str = "text/html") -> Answer:
    return text(body, Metadata_Flavor="Google", Content_Type=kind)


@contextmanager
def azure_imds(mint: Mint, client_ids: tuple[str, ...] = ()) -> Iterator[TokenServer]:
    """Azure's instance metadata service, on a machine with some user-assigned identities."""

    def answer(server: TokenServer, exchange: Exchange) -> None:
        path, query = urlsplit(exchange.path).path, query_of(exchange)
        if path != IMDS_PATH:
            text("not found", 404)(exchange)
        elif exchange.headers.get("Metadata") != "true":
            missing = "Required metadata header not specified"
            refused(400, "bad_request_102", missing)(exchange)
        elif query.get("api-version") != "2018-02-01":
            refused(400, "bad_request", "The api-version is invalid")(exchange)
        elif not query.get("resource"):
            refused(400, "bad_request_101", "Required query variable 'resource' is missing")(
                exchange
            )
        elif (who := query.get("client_id")) is not None and who not in client_ids:
            refused(400, "invalid_request", "Identity not found")(exchange)
        elif who is None and len(client_ids) > 1:
            several = "Multiple user assigned identities exist, please specify the clientId"
            refused(400, "invalid_request", several)(exchange)
        else:
            _give_entra(server, exchange, query["resource"], mint, {"expires_in": "86399"})

    with _serving(answer) as server:
        yield server


@contextmanager
def azure_app_service(mint: Mint) -> Iterator[TokenServer]:
    """The identity endpoint of App Service and Functions."""

    def answer(server: TokenServer, exchange: Exchange) -> None:
        query = query_of(exchange)
        if exchange.headers.get("X-IDENTITY-HEADER") != IDENTITY_HEADER:
            text("", 401)(exchange)
        elif query.get("api-version") != "2019-08-01":
            text('{"statusCode":400,"message":"The api-version is invalid"}', 400)(exchange)
        else:
            _give_entra(server, exchange, query["resource"], mint, {})

    with _serving(answer) as server:
        yield server


def _give_entra(
    server: TokenServer, exchange: Exchange, resource: str, mint: Mint, more: Mapping[str, str]
) -> None:
    said = {
        "access_token": mint(resource.removeprefix("api://")),
        "expires_on": "4000000000",
        "resource": resource,
        "token_type": "Bearer",
        **more,
    }
    server.give(exchange, resource, text(json.dumps(said), Content_Type="application/json"))


@contextmanager
def github_actions(mint: Mint) -> Iterator[TokenServer]:
    """What a job of GitHub Actions with `id-token: write` asks; its URL has a query already."""

    def answer(server: TokenServer, exchange: Exchange) -> None:
        query = query_of(exchange)
        if exchange.headers.get("Authorization", "").lower() != f"bearer {JOB_TOKEN}":
            text('{"message":"Unauthorized"}', 401)(exchange)
        elif query.get("api-version") != "2.0":
            text('{"message":"the api-version is missing"}', 400)(exchange)
        else:
            said = json.dumps({"count": 1, "value": mint(query["audience"])})
            server.give(exchange, query["audience"], text(said, Content_Type="application/json"))

    with _serving(answer) as server:
        yield server


@contextmanager
def aws_sts(mint: Mint) -> Iterator[TokenServer]:
    """STS in a region, for a role that may ask for tokens with any audience."""

    def answer(server: TokenServer, exchange: Exchange) -> None:
        form = {name: values[0] for name, values in parse_qs(exchange.body.decode()).items()}
        audience = form.get("Audience.member.1", "")
        if not exchange.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 "):
            sts_refused(403, "MissingAuthenticationToken", "Request is missing a token")(exchange)
        elif (form.get("Action"), form.get("Version")) != ("GetWebIdentityToken", "2011-06-15"):
            sts_refused(400, "InvalidAction", "Could not find operation")(exchange)
        elif form.get("SigningAlgorithm") not in {"RS256", "ES384"} or not audience:
            sts_refused(400, "ValidationError", "a parameter is missing")(exchange)
        else:
            server.form = form
            result = (
                f"<WebIdentityToken>{mint(audience)}</WebIdentityToken>"
                "<Expiration>2096-10-02T07:06:40Z</Expiration>"
            )
            body = _of_sts(f"<GetWebIdentityTokenResult>{result}</GetWebIdentityTokenResult>")
            server.give(exchange, audience, text(body, Content_Type="text/xml"))

    with _serving(answer) as server:
        yield server


def _of_sts(inner: str) -> str:
    return (
        '<GetWebIdentityTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"{inner}<ResponseMetadata><RequestId>c9c99a1c</RequestId></ResponseMetadata>"
        "</GetWebIdentityTokenResponse>"
    )


def sts_refused(code: int, error: str, message: str) -> Answer:
    body = (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>'
        f"<Type>Sender</Type><Code>{error}</Code><Message>{message}</Message></Error>"
        "<RequestId>c9c99a1c</RequestId></ErrorResponse>"
    )
    return text(body, code, Content_Type="text/xml")


def forms(
    served: HttpsServer, answer: Callable[[Mapping[str, str]], Answer]
) -> list[Mapping[str, str]]:
    """Let a server answer forms, as token endpoints do; return the list of those it gets."""
    got: list[Mapping[str, str]] = []

    def on_post(exchange: Exchange) -> None:
        form = {name: values[0] for name, values in parse_qs(exchange.body.decode()).items()}
        got.append(form)
        answer(form)(exchange)

    served.otherwise = on_post
    return got
