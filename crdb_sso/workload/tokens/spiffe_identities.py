"""JWT-SVIDs of SPIFFE, by the Workload API of the node's agent."""

import time

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload.extras import needs
from crdb_sso.workload.tokens.cache import PATIENCE_S, Clock
from crdb_sso.workload.tokens.source import CachedSource
from crdb_sso.workload.tokens.token import Token, without_secrets


class SpiffeIdentity(CachedSource):
    """A SPIFFE identity of the workload.

    Args:
        audience: The `aud` of the token.
        spiffe_id: Which of the workload's identities, if it has several; by default the first.
        socket: Address of the Workload API, unix:///path; by default SPIFFE_ENDPOINT_SOCKET.
        clock: Tells the time.
    """

    kind = "spiffe"
    main = "spiffe_id"

    def __init__(
        self,
        audience: str,
        *,
        spiffe_id: str | None = None,
        socket: str | None = None,
        clock: Clock = time.time,
    ) -> None:
        self._audience, self._spiffe_id, self._socket = audience, spiffe_id, socket
        super().__init__(audience=audience, spiffe_id=spiffe_id, clock=clock)

    def _fetch(self) -> Token:
        with needs("spiffe", "workload-spiffe", "tokens.spiffe"):
            from spiffe import SpiffeId, WorkloadApiClient
            from spiffe.errors import PySpiffeError
        try:
            wanted = None if self._spiffe_id is None else SpiffeId(self._spiffe_id)
            with WorkloadApiClient(self._socket, default_timeout=PATIENCE_S) as client:
                svid = client.fetch_jwt_svid(audience={self._audience}, subject=wanted)
        except PySpiffeError as error:
            said = without_secrets(" ".join(str(error).split()))
            raise TokenUnavailable(
                said,
                hint="Check that the agent's socket is mounted (SPIFFE_ENDPOINT_SOCKET), and that"
                " an entry registers this workload.",
            ) from error
        return Token(svid.token, svid.expiry)
