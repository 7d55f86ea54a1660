"""SPIFFE: a Workload API on a socket of this machine."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

pytest.importorskip("spiffe", reason="the lowest `cryptography` is too old for it")
from spiffe._proto import workload_pb2, workload_pb2_grpc

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload import tokens
from tests.unit.workload.token_texts import NEVER_SHOWN, jwt

ORDERS, BILLING = "spiffe://shop.example/orders", "spiffe://shop.example/billing"


def svid(who: str, audience: str) -> str:
    return jwt(sub=who, aud=[audience], exp=4_000_000_000)


class WorkloadApi(workload_pb2_grpc.SpiffeWorkloadAPIServicer):
    """Knows two identities of whoever asks; counts, and may refuse."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_registered = True

    def FetchJWTSVID(self, request: Any, context: Any) -> Any:  # noqa: N802 - of the protocol
        if ("workload.spiffe.io", "true") not in context.invocation_metadata():
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "security header missing")
        if not self.is_registered:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, f"no identity issued; {jwt()}")
        (audience,) = request.audience
        self.asked.append(audience)
        who = [request.spiffe_id] if request.spiffe_id else [ORDERS, BILLING]
        given = [workload_pb2.JWTSVID(spiffe_id=one, svid=svid(one, audience)) for one in who]
        return workload_pb2.JWTSVIDResponse(svids=given)


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkloadApi]:
    served = WorkloadApi()
    server = grpc.server(ThreadPoolExecutor(2))
    workload_pb2_grpc.add_SpiffeWorkloadAPIServicer_to_server(served, server)
    address = f"unix://{tmp_path}/api.sock"
    server.add_insecure_port(address)
    server.start()
    monkeypatch.setenv("SPIFFE_ENDPOINT_SOCKET", address)
    yield served
    server.stop(None).wait()


def test_a_workload_gets_its_first_identity_or_the_one_it_names(api: WorkloadApi) -> None:
    source = tokens.spiffe("crdb")
    token = source.token()

    assert token.value == svid(ORDERS, "crdb")
    assert token.expires_at == 4e9
    assert source.token() is token
    assert tokens.spiffe("crdb", spiffe_id=BILLING).token().value == svid(BILLING, "crdb")
    assert api.asked == ["crdb", "crdb"]


def test_a_workload_that_is_not_registered_is_told_so(api: WorkloadApi) -> None:
    api.is_registered = False

    with pytest.raises(TokenUnavailable, match="no identity issued") as caught:
        tokens.spiffe("crdb").token()

    assert "an entry registers this workload" in caught.value.hint
    assert NEVER_SHOWN not in str(caught.value)


def test_without_a_socket_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(TokenUnavailable, match=r"(?i)socket"):
        tokens.spiffe("crdb").token()
    with pytest.raises(TokenUnavailable, match=r"(?i)socket"):
        tokens.spiffe("crdb", socket=f"unix://{tmp_path}/absent.sock").token()
    with pytest.raises(TokenUnavailable):
        tokens.spiffe("crdb", spiffe_id="no id").token()
