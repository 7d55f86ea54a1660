"""The issuer over HTTPS: discovery, keys, tokens, rotation."""

from __future__ import annotations

import json
import sys
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from typing_extensions import override

from dev.issuer.grants import ALGORITHMS, Form, OAuthError, authenticate
from dev.issuer.keyring import NoSuchKeyError
from dev.issuer.minting import signed, wanted_token
from dev.issuer.rotating import changed

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable

    from dev.issuer.grants import Client
    from dev.issuer.minting import Keyrings

MAX_BODY_BYTES = 65_536
QUIET_S = 10.0
"""A connection that is silent for this long is closed."""

DISCOVERY_PATH = "/.well-known/openid-configuration"
JWKS_PATH = "/jwks"
GOOGLE_JWKS_PATH = "/google/oauth2/v3/certs"
ENTRA_JWKS_PATH = "/entra/common/discovery/v2.0/keys"
TOKEN_PATH = "/token"  # noqa: S105 - a path, not a secret
ROTATE_PATH = "/rotate"
RETIRE_PATH = "/retire"


class IssuerServer(ThreadingHTTPServer):
    """Serves one issuer on loopback; each connection has a thread of its own.

    Args:
        port: 0 for any free one.
        tls: The TLS settings of the listener.
        keyrings: The opened keys.
        client: Who may ask for tokens.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, tls: ssl.SSLContext, keyrings: Keyrings, client: Client) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self._tls = tls
        self.keyrings = keyrings
        self.client = client
        self.issuer = f"https://localhost:{self.server_port}"

    @override
    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; the handshake runs in its own thread, where it blocks nobody."""
        connection, address = self.socket.accept()
        wrapped = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return wrapped, address

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report a broken connection in one line; anything else is a bug of ours."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError):  # resets, timeouts, and all of ssl's errors
            print(f"issuer: a connection ended early: {error}", file=sys.stderr)
        else:
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: IssuerServer
    protocol_version = "HTTP/1.1"
    server_version = "local-issuer"
    sys_version = ""
    timeout = QUIET_S
    wbufsize = MAX_BODY_BYTES  # headers and body leave together,
    disable_nagle_algorithm = True  # and immediately

    def do_GET(self) -> None:
        """Answer discovery and keys."""
        path, keyrings = urlsplit(self.path).path, self.server.keyrings
        published = {
            JWKS_PATH: keyrings.own,
            GOOGLE_JWKS_PATH: keyrings.google,
            ENTRA_JWKS_PATH: keyrings.entra,
        }
        if path == DISCOVERY_PATH:
            self._answer(HTTPStatus.OK, discovery(self.server.issuer))
        elif path in published:
            self._answer(HTTPStatus.OK, published[path].public())
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Answer requests for tokens and for other keys."""
        try:
            form = Form(self._body())
            action = self._action()
            authenticate(self.server.client, self.headers.get("Authorization", ""), form)
            answer = action(form)
        except OAuthError as refusal:
            self._answer(refusal.status, refusal.body())
        else:
            self._answer(HTTPStatus.OK, answer)

    def _action(self) -> Callable[[Form], dict[str, Any]]:
        actions = {
            TOKEN_PATH: self._token,
            ROTATE_PATH: self._rotate,
            RETIRE_PATH: self._retire,
        }
        action = actions.get(urlsplit(self.path).path)
        if action is None:
            raise OAuthError("not_found", "no such endpoint", HTTPStatus.NOT_FOUND)
        return action

    def _token(self, form: Form) -> dict[str, Any]:
        wanted, faults = wanted_token(form, self.server.client), form.faults()
        keyrings, now_s = self.server.keyrings, int(time.time())
        try:
            token = signed(wanted, keyrings, self.server.issuer, now_s, faults)
        except NoSuchKeyError as exc:
            raise OAuthError("invalid_request", str(exc)) from exc
        return {"access_token": token, "token_type": "Bearer", "expires_in": wanted.lifetime_s}

    def _rotate(self, form: Form) -> dict[str, Any]:
        try:
            return changed(self.server.keyrings, "rotate", form)
        except NoSuchKeyError as exc:
            raise OAuthError("invalid_request", str(exc)) from exc

    def _retire(self, form: Form) -> dict[str, Any]:
        return changed(self.server.keyrings, "retire", form)

    def _body(self) -> str:
        """Return the form's text.

        Raises:
            OAuthError: It has no length, is too long, or is not a form.
        """
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            raise self._unread(HTTPStatus.LENGTH_REQUIRED, "send a Content-Length")
        if int(length[:9]) > MAX_BODY_BYTES:
            limit = f"the body is limited to {MAX_BODY_BYTES} bytes"
            raise self._unread(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, limit)
        if int(length) and self.headers.get_content_type() != "application/x-www-form-urlencoded":
            kind = "send application/x-www-form-urlencoded"
            raise self._unread(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, kind)
        return self.rfile.read(int(length)).decode("utf-8", "replace")

    def _unread(self, status: HTTPStatus, description: str) -> OAuthError:
        """Refuse a body without reading it: the connection can't be used again."""
        self.close_connection = True
        return OAuthError("invalid_request", description, status)

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", 'Basic realm="issuer"')
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    @override
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer requests that no endpoint takes, in JSON too."""
        status = HTTPStatus(code)
        self.close_connection = True
        self._answer(
            code,
            {
                "error": status.name.lower(),
                "error_description": message or explain or status.description,
            },
        )

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Log no requests: stdout is for the ready line only."""


def discovery(issuer: str) -> dict[str, Any]:
    """Return the OpenID Provider configuration."""
    return {
        "issuer": issuer,
        "jwks_uri": issuer + JWKS_PATH,
        "token_endpoint": issuer + TOKEN_PATH,
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }
