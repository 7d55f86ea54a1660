"""What the engine prints if a method of the provider fails: the message alone."""

import pulumi
import pytest
from pulumi.runtime.proto import provider_pb2, status_pb2

from crdb_sso.clients.connecting.waiting import LONG_WAIT_S, current
from crdb_sso.errors import GuardRefused, ProofFailed
from crdb_sso.provider import log
from crdb_sso.provider.engine_errors import FailedThoughWritten, for_engine, tell_engine


class Call:
    """What a server of gRPC has for each call."""

    def __init__(self) -> None:
        self.metadata: tuple[tuple[str, bytes], ...] = ()

    def abort(self, code: object, details: str) -> None:
        """End the call."""

    def is_active(self) -> bool:
        """Tell that somebody waits."""
        return True

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.metadata = metadata

    @property
    def message(self) -> str:
        ((name, sent),) = self.metadata
        assert name == "grpc-status-details-bin"
        status = status_pb2.Status.FromString(sent)
        assert status.code == 2  # UNKNOWN, as the server ends the call: else it does not count
        return status.message


@for_engine
def refuse(_props: dict[str, object]) -> None:
    raise GuardRefused("no such role: hidden\x1b[2J", hint="Create hidden.")


def serve(context: object, props: dict[str, object]) -> None:
    """Call the provider as the engine's server does, which keeps its call in `context`."""
    assert context is not refuse
    refuse(props)


def test_the_message_is_sent_along_with_the_call() -> None:
    call = Call()

    with pytest.raises(GuardRefused):
        serve(call, {})

    assert call.message == "no such role: hidden\\x1b[2J\n  Next step: Create hidden."


def test_secrets_are_masked_in_the_message_and_in_the_exception() -> None:
    call = Call()

    with pytest.raises(GuardRefused) as caught:
        serve(call, {"claim": "hidden", "secret_inputs": ["/claim"]})

    expected = "no such role: [secret]\\x1b[2J\n  Next step: Create [secret]."
    assert (call.message, str(caught.value)) == (expected, expected)
    assert log.without_secrets("hidden") == "hidden"  # only while a method runs


@pytest.mark.parametrize("context", [None, "a text", object()])
def test_without_a_call_the_exception_is_all(context: object) -> None:
    with pytest.raises(GuardRefused, match="no such role"):
        serve(context, {})


def test_a_wait_for_a_cluster_that_may_be_coming_up_is_said_in_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", said.append)

    @for_engine
    def connect(_props: dict[str, object]) -> float:
        current().say("waiting for hidden\x07")
        return current().longest_s

    assert connect({"claim": "hidden", "secret_inputs": ["/claim"]}) == LONG_WAIT_S
    assert said == ["waiting for [secret]\\x07"]


def test_an_error_after_the_write_tells_the_engine_the_new_state() -> None:
    outs = {"owner": "org/shop/dev/sso", "logins": {"app": {}}}
    news: dict[str, object] = {"claim": "hidden", "secret_inputs": ["/claim"], "__provider": "gAS"}

    @for_engine
    def write(_props: dict[str, object]) -> None:
        error = ProofFailed("not let in: hidden", hint="Look.")
        raise FailedThoughWritten(error, "the-id", outs, news)

    def answer(context: object) -> None:
        assert context
        write(news)

    call = Call()
    with pytest.raises(FailedThoughWritten):
        answer(call)

    ((_, sent),) = call.metadata
    (detail,) = status_pb2.Status.FromString(sent).details
    told = provider_pb2.ErrorResourceInitFailed()
    assert detail.Unpack(told)
    assert told.id == "the-id"
    assert list(told.reasons) == ["not let in: [secret]\n  Next step: Look."]
    assert dict(told.properties) == {"owner": outs["owner"], "logins": outs["logins"]} | {
        "__provider": "gAS"
    }


def test_outside_of_any_call_nothing_happens() -> None:
    tell_engine("nobody listens")
