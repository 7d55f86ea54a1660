"""Entra access tokens of Azure's managed identities and workload identities, by azure-identity.

Not `DefaultAzureCredential`: which identity it takes depends on the machine.
"""

import time
from typing import TYPE_CHECKING

from crdb_sso.errors import TokenUnavailable
from crdb_sso.tokens.entra import identifier_uri
from crdb_sso.workload.extras import needs
from crdb_sso.workload.tokens.cache import Clock
from crdb_sso.workload.tokens.source import CachedSource
from crdb_sso.workload.tokens.token import Token, without_secrets

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


class _EntraToken(CachedSource):
    """An access token for an app registration of your own."""

    def __init__(self, app_id: str, *, clock: Clock, **shown: object) -> None:
        self._scope = f"{app_id if ':' in app_id else identifier_uri(app_id)}/.default"
        self._credential: TokenCredential | None = None
        super().__init__(app_id=app_id, clock=clock, **shown)

    def _fetch(self) -> Token:
        with needs("azure-identity", "workload-azure", f"tokens.{self.kind}"):
            import azure.identity  # noqa: F401 - for the error only
            from azure.core.exceptions import AzureError
        try:
            if self._credential is None:  # kept: the SDK's own cache belongs to it
                self._credential = self._made()
            given = self._credential.get_token(self._scope)
        except (AzureError, ValueError, OSError) as error:
            said = without_secrets(" ".join(str(error).split()))
            raise TokenUnavailable(said, hint=self._hint) from error
        return Token(given.token, given.expires_on)

    _hint = ""

    def _made(self) -> "TokenCredential":
        raise NotImplementedError


class ManagedIdentity(_EntraToken):
    """A managed identity: of a virtual machine, App Service, Functions, Arc, or whatever hosts it.

    Args:
        app_id: Client id of the app registration that the token is for; the `aud` of the login will
            do. Its identifier URI is api://<client id>, or given here as a whole.
        client_id: Client id of the managed identity, needed where the machine has several.
        clock: Tells the time.
    """

    kind = "azure"
    main = "client_id"
    _hint = (
        "Attach the managed identity to what the workload runs on, and name its client_id if there"
        " are several. On AKS use tokens.azure_workload_identity."
    )

    def __init__(
        self, app_id: str, *, client_id: str | None = None, clock: Clock = time.time
    ) -> None:
        self._client_id = client_id or None
        super().__init__(app_id, clock=clock, client_id=client_id)

    def _made(self) -> "TokenCredential":
        from azure.identity import ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=self._client_id)


class AzureWorkloadIdentity(_EntraToken):
    """A workload identity on AKS: the pod's projected token is exchanged for one of Entra's.

    Args:
        app_id: Client id of the app registration that the token is for; the `aud` of the login will
            do.
        client_id: Client id of the identity; by default AZURE_CLIENT_ID, which AKS sets.
        tenant_id: The tenant; by default AZURE_TENANT_ID.
        token_file: Path of the projected token; by default AZURE_FEDERATED_TOKEN_FILE.
        clock: Tells the time.
    """

    kind = "azure_workload_identity"
    _hint = (
        "Label the pod azure.workload.identity/use=true, annotate its service account with the"
        " client id, and federate the identity with it."
    )

    def __init__(
        self,
        app_id: str,
        *,
        client_id: str | None = None,
        tenant_id: str | None = None,
        token_file: str | None = None,
        clock: Clock = time.time,
    ) -> None:
        self._client_id, self._tenant_id, self._token_file = client_id, tenant_id, token_file
        super().__init__(app_id, clock=clock, client_id=client_id)

    def _made(self) -> "TokenCredential":
        from azure.identity import WorkloadIdentityCredential

        return WorkloadIdentityCredential(
            client_id=self._client_id, tenant_id=self._tenant_id, token_file_path=self._token_file
        )
