"""ID tokens of Google service accounts, by google-auth.

* Which identity is used is never guessed: a credentials file of a type that google-auth skips
  without a word, to take the machine's identity instead, is an error here.
* Tokens are asked for unbound: under Agent Identity the default would be bound to a certificate.
"""

import json
import os
import time
from calendar import timegm
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload.extras import needs
from crdb_sso.workload.tokens.cache import Clock
from crdb_sso.workload.tokens.source import CachedSource
from crdb_sso.workload.tokens.token import Token, without_secrets

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.auth.transport.requests import Request

_CREDENTIALS_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
_OWN_ID_TOKENS = ("service_account", "impersonated_service_account")
"""Types of credentials files from which ID tokens can be made."""

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class GoogleAccount(CachedSource):
    """A Google service account: the one that the workload runs as, or one that it may speak for.

    Without `impersonate`, it is that of the file in GOOGLE_APPLICATION_CREDENTIALS, else that of
    the metadata server: Compute Engine, Cloud Run, GKE with a Google service account. With it, the
    workload's own credentials ask for a token of another account: also those of a person, and of
    workload identity federation from outside of Google Cloud.

    Args:
        audience: The `aud` of the token.
        impersonate: E-mail address of the account to speak for; the caller needs
            roles/iam.serviceAccountOpenIdTokenCreator on it.
        delegates: Accounts in between, if the caller may only speak for the first of them.
        clock: Tells the time.
    """

    kind = "gcp"
    main = "impersonate"

    def __init__(
        self,
        audience: str,
        *,
        impersonate: str | None = None,
        delegates: Sequence[str] = (),
        clock: Clock = time.time,
    ) -> None:
        self._audience = audience
        self._impersonate = impersonate
        self._delegates = tuple(delegates)
        self._credentials: Credentials | None = None
        super().__init__(audience=audience, impersonate=impersonate, clock=clock)

    def _fetch(self) -> Token:
        with needs("google-auth", "workload-gcp", "tokens.gcp"):
            from google.auth.exceptions import GoogleAuthError
            from google.auth.transport.requests import Request
            from requests import RequestException, Session

            from crdb_sso.workload.tokens.bounded_answers import bound
        try:
            with Session() as session:
                bound(session)
                request = Request(session)
                if self._credentials is None:  # kept: it holds what it was exchanged for
                    self._credentials = self._made(request)
                self._credentials.refresh(request)  # type: ignore[no-untyped-call]
        except (GoogleAuthError, RequestException, ValueError) as error:
            raise TokenUnavailable(_said(error), hint=self._hint()) from error
        end = self._credentials.expiry  # naive, in UTC
        return Token(str(self._credentials.token), None if end is None else timegm(end.timetuple()))

    def _made(self, request: "Request") -> "Credentials":
        if self._impersonate is not None:
            return self._speaking_for(self._impersonate, request)
        from google.oauth2.id_token import fetch_id_token_credentials

        _check_credentials_file()
        made: Credentials = fetch_id_token_credentials(  # type: ignore[no-untyped-call]
            self._audience, request=request, bind_id_token=False
        )
        return made

    def _speaking_for(self, email: str, request: "Request") -> "Credentials":
        import google.auth
        from google.auth import impersonated_credentials

        # without scopes: with them it asks the Resource Manager for the project, which nobody needs
        own, _ = google.auth.default(request=request)
        target = impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]
            source_credentials=own,
            target_principal=email,
            target_scopes=list(_SCOPES),
            delegates=list(self._delegates),
        )
        made: Credentials = impersonated_credentials.IDTokenCredentials(  # type: ignore[no-untyped-call]
            target_credentials=target, target_audience=self._audience, include_email=True
        )
        return made

    def _hint(self) -> str:
        if self._impersonate is not None:
            return (
                "Check that the IAM Service Account Credentials API is on, and that the caller has"
                f" roles/iam.serviceAccountOpenIdTokenCreator on {self._impersonate}."
            )
        return (
            "Run it where the metadata server answers (Compute Engine, Cloud Run, GKE), set"
            f" {_CREDENTIALS_VARIABLE}, or name an account to impersonate."
        )


def _check_credentials_file() -> None:
    """Refuse credentials that google-auth would skip.

    Raises:
        TokenUnavailable: The file can't be read, or its type does not make ID tokens.
    """
    path = os.environ.get(_CREDENTIALS_VARIABLE)
    if not path:
        return
    try:
        kind = json.loads(Path(path).read_text("utf-8"))["type"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise TokenUnavailable(
            f"{_CREDENTIALS_VARIABLE} is not a credentials file: {type(error).__name__}",
            hint="Name a file that Google Cloud wrote, or unset the variable.",
        ) from error
    if kind not in _OWN_ID_TOKENS:
        raise TokenUnavailable(
            f"the credentials in {_CREDENTIALS_VARIABLE} are of type {kind!r}, which has no ID"
            " tokens of its own",
            hint="Name the service account to speak for: impersonate='name@project.iam.gservice"
            "account.com'.",
        )


def _said(error: Exception) -> str:
    texts = [str(one) for one in error.args if isinstance(one, str)] or [str(error)]
    return without_secrets(" ".join(" ".join(texts).split())) or type(error).__name__
