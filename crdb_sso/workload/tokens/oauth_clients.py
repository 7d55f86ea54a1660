"""Tokens of any OAuth server (Okta, Keycloak, Auth0, ...), by authlib.

A server that is busy (429, 503) is asked again when it says so; nobody waits longer than a caller
does.
"""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from crdb_sso.errors import InvalidInput, TokenUnavailable
from crdb_sso.tokens.issuers import is_https
from crdb_sso.workload.extras import needs
from crdb_sso.workload.tokens.cache import Clock
from crdb_sso.workload.tokens.oauth_authentication import (
    ClientAuthentication,
    basic_credentials,
)
from crdb_sso.workload.tokens.source import CachedSource
from crdb_sso.workload.tokens.token import Token, without_secrets

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

Answer = Literal["access_token", "id_token"]
"""Which token of an answer opens the login."""

_EXTRA = ("authlib", "workload-oauth")
_ATTEMPTS = 3
_ONE_ANSWER_S = 10.0
_BUSY = (429, 503)


class OAuthServer(CachedSource):
    """What the grants have in common: whom to ask, and as which client."""

    def __init__(
        self,
        token_endpoint: str,
        client_id: str,
        *,
        client: ClientAuthentication,
        answer: Answer,
        ca_file: str | None,
        clock: Clock,
        **shown: object,
    ) -> None:
        if not is_https(token_endpoint):
            raise InvalidInput(
                f"token_endpoint {token_endpoint!r} is not an https URL",
                hint="Copy `token_endpoint` from the issuer's discovery document.",
            )
        self._endpoint, self._client_id, self._client = token_endpoint, client_id, client
        self._answer, self._ca_file, self._clock = answer, ca_file, clock
        super().__init__(token_endpoint=token_endpoint, client_id=client_id, clock=clock, **shown)

    def _ask(self, grant: Mapping[str, str], *secrets: str) -> Mapping[str, object]:
        """Return the answer of the token endpoint.

        Args:
            grant: The parameters of the request, `grant_type` among them.
            secrets: Texts in it that must not get into an error.
        """
        with needs(*_EXTRA, f"tokens.{self.kind}"):
            from authlib.common.errors import AuthlibBaseError
            from requests import RequestException
        secret = self._client.read_secret()
        basic = basic_credentials(self._client_id, secret) if secret else None
        signed = self._client.assertion(self._client_id, self._endpoint, self._clock())
        with self._session() as session:
            try:
                given = session.fetch_token(
                    self._endpoint,
                    auth=basic,  # without one, authlib sends the client's id in the form
                    timeout=_ONE_ANSWER_S,
                    verify=self._ca_file or True,
                    allow_redirects=False,
                    **grant,
                    **signed,
                )
            except (AuthlibBaseError, RequestException, ValueError) as error:
                said = " ".join(str(error).split()) or type(error).__name__
                sent = (secret, *(basic or ())[1:], *secrets, *signed.values())
                clean = without_secrets(said, *sent)
                # the chain would show what was asked
                raise TokenUnavailable(clean, hint=self._hint) from None
        return dict(given)

    def _session(self) -> "OAuth2Session":
        from authlib.integrations.requests_client import OAuth2Session

        from crdb_sso.workload.tokens.bounded_answers import BoundedRetry, bound

        retry = BoundedRetry(
            total=_ATTEMPTS,
            allowed_methods=None,
            status_forcelist=_BUSY,
            backoff_factor=0.5,
            raise_on_status=False,
            redirect=0,
        )
        session = OAuth2Session(self._client_id)
        bound(session, retry)
        return session

    def _token(self, given: Mapping[str, object]) -> Token:
        value = given.get(self._answer)
        if not isinstance(value, str):
            raise TokenUnavailable(
                f"the answer has no {self._answer}, only {', '.join(sorted(map(str, given)))}",
                hint=_NO_SUCH_TOKEN[self._answer],
            )
        life_s = given.get("expires_in")
        is_number = isinstance(life_s, int | float)
        return Token(value, self._clock() + float(life_s) if is_number else None)  # type: ignore[arg-type]

    _hint = "Check the client's id and secret, its grants, scope and audience at the issuer."


_NO_SUCH_TOKEN: Mapping[Answer, str] = {
    "access_token": "Check `token_endpoint`: an OAuth server always answers with one.",
    "id_token": "Ask for scope=openid, with a grant on behalf of a person; client credentials have"
    " access tokens only.",
}


class ClientCredentials(OAuthServer):
    """A client of an OAuth server that acts for itself: OAuth's client credentials grant.

    Secret or key is read at each request, so that it can be rotated.

    Args:
        token_endpoint: Its https URL.
        client_id: Id of the client.
        client_secret: The secret itself; or
        client_secret_env: the name of the environment variable that holds it; or
        client_secret_file: the path of the file that holds it; or instead of a secret
        private_key_env: the name of the environment variable that holds a private key, PEM or JWK
            (`private_key_jwt`); or
        private_key_file: the path of the file that holds it; or
        private_key_command: a command that prints it.
        scope: What is asked for. Okta needs a custom scope of the authorization server.
        audience: Sent as `audience`, as Auth0 wants it; others choose `aud` by client or scope.
        parameters: More parameters of the request.
        ca_file: PEM file with the private CA of the server.
        clock: Tells the time.
    """

    kind = "client_credentials"

    def __init__(
        self,
        token_endpoint: str,
        client_id: str,
        *,
        client_secret: str | None = None,
        client_secret_env: str | None = None,
        client_secret_file: str | None = None,
        private_key_env: str | None = None,
        private_key_file: str | None = None,
        private_key_command: str | Sequence[str] | None = None,
        scope: str | None = None,
        audience: str | None = None,
        parameters: Mapping[str, str] | None = None,
        ca_file: str | None = None,
        clock: Clock = time.time,
    ) -> None:
        said = {"scope": scope, "audience": audience, **(parameters or {})}
        self._grant = {name: text for name, text in said.items() if text}
        super().__init__(
            token_endpoint,
            client_id,
            client=ClientAuthentication.of(
                secret=(client_secret, client_secret_env, client_secret_file),
                key=(private_key_env, private_key_file, private_key_command),
            ),
            answer="access_token",
            ca_file=ca_file,
            clock=clock,
            scope=scope,
            audience=audience,
        )

    def _fetch(self) -> Token:
        return self._token(self._ask({"grant_type": "client_credentials", **self._grant}))
