"""Tokens of somebody who signed in once, by authlib: the refresh token brings the next ones."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from crdb_sso.files import FOR_OWNER, replace_file
from crdb_sso.workload.tokens.cache import Clock
from crdb_sso.workload.tokens.given import Given
from crdb_sso.workload.tokens.oauth_authentication import ClientAuthentication
from crdb_sso.workload.tokens.oauth_clients import Answer, OAuthServer
from crdb_sso.workload.tokens.token import Token


class RefreshToken(OAuthServer):
    """A refresh token that a person or a set-up once got: OAuth's refresh grant.

    Servers may answer with the next refresh token, and end the one before: with
    `refresh_token_file` the next one is written there, for this workload alone. Otherwise it is
    kept as long as the program runs.

    Args:
        token_endpoint: Its https URL.
        client_id: Id of the client.
        refresh_token: The refresh token itself; or
        refresh_token_env: the name of the environment variable that holds it; or
        refresh_token_file: the path of the file that holds it.
        client_secret: Secret of the client, if it has one; or
        client_secret_env: the name of the environment variable that holds it; or
        client_secret_file: the path of the file that holds it; or its key, as for client
            credentials:
        private_key_env: the name of a variable; or
        private_key_file: the path of a file; or
        private_key_command: a command that prints it.
        answer: Which token opens the login, "id_token" (the default) or "access_token".
        scope: What is asked for; by default what was granted.
        ca_file: PEM file with the private CA of the server.
        clock: Tells the time.
    """

    kind = "refresh_token"
    _hint = "Sign in anew if the refresh token has expired or was used by somebody else."

    def __init__(
        self,
        token_endpoint: str,
        client_id: str,
        *,
        refresh_token: str | None = None,
        refresh_token_env: str | None = None,
        refresh_token_file: str | os.PathLike[str] | None = None,
        client_secret: str | None = None,
        client_secret_env: str | None = None,
        client_secret_file: str | None = None,
        private_key_env: str | None = None,
        private_key_file: str | None = None,
        private_key_command: str | Sequence[str] | None = None,
        answer: Answer = "id_token",
        scope: str | None = None,
        ca_file: str | None = None,
        clock: Clock = time.time,
    ) -> None:
        self._first = Given(
            "the refresh token",
            "refresh_token",
            refresh_token,
            refresh_token_env,
            refresh_token_file,
        )
        self._scope = scope
        self._next: str | None = None
        super().__init__(
            token_endpoint,
            client_id,
            client=ClientAuthentication.of(
                secret=(client_secret, client_secret_env, client_secret_file),
                key=(private_key_env, private_key_file, private_key_command),
                optional=True,
            ),
            answer=answer,
            ca_file=ca_file,
            clock=clock,
            scope=scope,
        )

    def _fetch(self) -> Token:
        current = self._next or self._first.read()
        asked = {"grant_type": "refresh_token", "refresh_token": current}
        given = self._ask(asked | ({"scope": self._scope} if self._scope else {}), current)
        following = given.get("refresh_token")
        if isinstance(following, str) and following and following != current:
            self._keep(following)
        return self._token(given)

    def _keep(self, following: str) -> None:
        if self._first.file is None:
            self._next = following
        else:
            replace_file(Path(self._first.file), following, FOR_OWNER)
