"""Groups that the issuer names: the userinfo endpoint, over HTTPS."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from dev.emulator.host.certificates import ensure_certificates, server_tls
from tests.emulator.embedded import Embedded, rows, running
from tests.emulator.token_forge import CLAIMS, jwks, rsa_pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JWT = "server.jwt_authentication."
TOKENS = "--crdb:jwt_auth_enabled=true"
DISCOVERY = "/.well-known/openid-configuration"


@dataclass
class Issuer:
    """An identity provider on loopback, whose answers a test writes."""

    url: str
    ca_pem: str
    answers: dict[str, Any] = field(default_factory=dict)
    """By path, the answer as JSON; a text is sent as it is."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Paths, and the authorization sent with each."""


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    folder = tmp_path_factory.mktemp("issuer")
    ensure_certificates(folder)
    found = Issuer("", (folder / "ca.crt").read_text())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers["Authorization"]))
            answer = found.answers.get(self.path, "not found")
            body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(200 if self.path in found.answers else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = server_tls(folder).wrap_socket(server.socket, server_side=True)
        found.url = f"https://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[Embedded]:
    folder: Path = tmp_path_factory.mktemp("cluster")
    with running(folder, "--version", "25.4") as started:
        with started.connect() as root:
            for name, value in {
                "jwks": jwks(rsa_pair().jwk()),
                "issuers.configuration": issuer.url,
                "issuers.custom_ca": issuer.ca_pem,
                "audience": "crdb",
                "client.timeout": "5s",
            }.items():
                root.execute(f"SET CLUSTER SETTING {JWT}{name} = '{value}'".encode())
            for name in ("authorization.enabled", "enabled"):
                root.execute(f"SET CLUSTER SETTING {JWT}{name} = true".encode())
            for statement in ("CREATE USER kyle", "CREATE ROLE readers", "CREATE ROLE others"):
                root.execute(statement.encode())
        yield started


@pytest.fixture
def login(cluster: Embedded, issuer: Issuer) -> Iterator[Login]:
    issuer.answers = {
        DISCOVERY: {"userinfo_endpoint": f"{issuer.url}/me"},
        "/me": {"groups": ["Readers"]},
    }
    issuer.asked.clear()
    with cluster.connect() as root:
        root.execute("REVOKE readers FROM kyle")
        root.execute("GRANT others TO kyle")
    yield Login(cluster, issuer)
    with cluster.connect() as root:
        root.execute(f"SET CLUSTER SETTING {JWT}issuers.custom_ca = '{issuer.ca_pem}'".encode())
        root.execute(f"RESET CLUSTER SETTING {JWT}userinfo_group_key".encode())


@dataclass
class Login:
    """Logins of `kyle`, a member of `others`, with a token that lists no groups."""

    cluster: Embedded
    issuer: Issuer

    def token(self, **claims: Any) -> str:
        """Return the token of the login."""
        return rsa_pair().token(CLAIMS | {"iss": self.issuer.url} | claims)

    def outcome(self, token: str) -> str:
        """Return the refusal of the login; nothing if it gets in."""
        try:
            self.cluster.connect("kyle", password=token, options=TOKENS).close()
        except psycopg.OperationalError as exc:
            return " ".join(str(exc).partition("ERROR:")[2].split())
        return ""

    def roles(self) -> list[str]:
        """Return what `kyle` is a member of."""
        with self.cluster.connect() as root:
            asked = "SELECT member_of FROM [SHOW USERS] WHERE username = 'kyle'"
            return list(rows(root, asked)[0][0])


def test_the_issuer_is_asked_with_the_token_itself(login: Login, issuer: Issuer) -> None:
    token = login.token()
    assert login.outcome(token) == ""
    assert login.roles() == ["readers"]
    assert issuer.asked == [(DISCOVERY, None), ("/me", f"Bearer {token}")]


def test_with_groups_in_the_token_the_issuer_is_not_asked(login: Login, issuer: Issuer) -> None:
    assert login.outcome(login.token(groups="others")) == ""
    assert login.roles() == ["others"]
    assert issuer.asked == []


def test_a_group_that_no_role_can_be_called_by_is_nobodys(login: Login) -> None:
    assert login.outcome(login.token(groups=["a\0b", "others", "\ud800"])) == ""
    assert login.roles() == ["others"]


def test_the_token_is_passed_on_as_it_came(login: Login, issuer: Issuer) -> None:
    token = f"\u00a0{login.token()}"
    assert login.outcome(token) == ""
    assert issuer.asked[1] == ("/me", f"Bearer {token}".encode().decode("latin-1"))


def test_the_key_of_the_answer_can_be_chosen(login: Login, issuer: Issuer) -> None:
    with login.cluster.connect() as root:
        root.execute(f"SET CLUSTER SETTING {JWT}userinfo_group_key = 'teams'".encode())
    issuer.answers["/me"] = {"groups": ["others"], "teams": "readers"}
    assert login.outcome(login.token()) == ""
    assert login.roles() == ["readers"]


FAILED = "JWT authorization: userinfo lookup failed DETAIL: JWT authorization: "
UNTOLD = (
    "JWT authorization: No userinfo endpoint DETAIL: groups claim missing in token and there is "
    'no userinfo endpoint (issuer="ISSUER" subject="kyle")'
)


@pytest.mark.parametrize(
    ("answers", "expected", "roles"),
    [
        pytest.param({DISCOVERY: {}}, UNTOLD, ["others"], id="no endpoint"),
        pytest.param({DISCOVERY: {"userinfo_endpoint": ""}}, UNTOLD, ["others"], id="an empty one"),
        pytest.param(
            {DISCOVERY: "<html>"}, f"{FAILED}user-info discovery failed", ["others"], id="no JSON"
        ),
        pytest.param(
            {DISCOVERY: {"userinfo_endpoint": "https://localhost:1/me"}},
            f"{FAILED}user-info request failed",
            ["others"],
            id="nobody there",
        ),
        pytest.param(
            {"/me": "<html>"}, f"{FAILED}invalid user-info response", ["others"], id="a page"
        ),
        pytest.param(
            {"/me": {"groups": 5}},
            f"{FAILED}invalid groups in userinfo",
            ["others"],
            id="a number as groups",
        ),
        pytest.param({"/me": {}}, "JWT authorization: empty group list", [], id="no groups"),
        pytest.param(
            {"/me": {"groups": []}}, "JWT authorization: empty group list", [], id="empty groups"
        ),
    ],
)
def test_what_the_issuer_may_answer(
    login: Login, issuer: Issuer, answers: dict[str, Any], expected: str, roles: list[str]
) -> None:
    issuer.answers |= answers
    assert login.outcome(login.token()) == expected.replace("ISSUER", issuer.url)
    assert login.roles() == roles


def test_an_issuer_with_an_unknown_certificate_is_not_trusted(login: Login, issuer: Issuer) -> None:
    with login.cluster.connect() as root:
        root.execute(f"RESET CLUSTER SETTING {JWT}issuers.custom_ca".encode())
    assert login.outcome(login.token()) == f"{FAILED}user-info discovery failed"
    assert issuer.asked == []
