"""Talks to a stand-in over gRPC as the engine does, without an engine or another process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from dev.cloud.packages import PACKAGES
from dev.cloud.provider import started
from dev.cloud.store import Store
from dev.cloud.values import packed, unpacked


class Made(NamedTuple):
    """What a creation returned; `inputs` as they were checked."""

    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


class Checked(NamedTuple):
    """Completed inputs, and the problems, by property."""

    inputs: dict[str, Any]
    problems: dict[str, str]


class Plugin:
    """The engine's side of one plugin."""

    def __init__(self, port: int) -> None:
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = ResourceProviderStub(self.channel)
        self.configure()

    def configure(self, **config: str) -> None:
        self._stub.Configure(proto.ConfigureRequest(args=packed(config)))

    def check(
        self, type_: str, news: dict[str, Any], olds: dict[str, Any] | None = None
    ) -> Checked:
        answer = self._stub.Check(
            proto.CheckRequest(
                urn=_urn(type_), news=packed(news), olds=packed(olds or {}), randomSeed=b"seed"
            )
        )
        problems = {failure.property: failure.reason for failure in answer.failures}
        return Checked(unpacked(answer.inputs), problems)

    def make(self, type_: str, **news: Any) -> Made:
        """Check and create, as the engine does."""
        inputs, problems = self.check(type_, news)
        assert problems == {}
        answer = self._stub.Create(proto.CreateRequest(urn=_urn(type_), properties=packed(inputs)))
        return Made(answer.id, inputs, unpacked(answer.properties))

    def planned(self, type_: str, **news: Any) -> dict[str, Any]:
        """Return the outputs that a preview of a creation shows."""
        inputs = self.check(type_, news).inputs
        request = proto.CreateRequest(urn=_urn(type_), properties=packed(inputs), preview=True)
        answer = self._stub.Create(request)
        assert answer.id == ""
        return unpacked(answer.properties)

    def diff(self, made: Made, type_: str, **news: Any) -> proto.DiffResponse:
        inputs = self.check(type_, news, made.inputs).inputs
        return self._stub.Diff(
            proto.DiffRequest(
                urn=_urn(type_),
                id=made.id,
                olds=packed(made.outputs),
                old_inputs=packed(made.inputs),
                news=packed(inputs),
            )
        )

    def update(
        self, made: Made, type_: str, *, preview: bool = False, **news: Any
    ) -> dict[str, Any]:
        inputs = self.check(type_, news, made.inputs).inputs
        answer = self._stub.Update(
            proto.UpdateRequest(
                urn=_urn(type_),
                id=made.id,
                olds=packed(made.outputs),
                old_inputs=packed(made.inputs),
                news=packed(inputs),
                preview=preview,
            )
        )
        return unpacked(answer.properties)

    def read(self, id_: str, type_: str) -> Made | None:
        answer = self._stub.Read(proto.ReadRequest(urn=_urn(type_), id=id_))
        if not answer.id:
            return None
        return Made(answer.id, unpacked(answer.inputs), unpacked(answer.properties))

    def delete(self, made: Made, type_: str) -> None:
        self._stub.Delete(
            proto.DeleteRequest(urn=_urn(type_), id=made.id, old_inputs=packed(made.inputs))
        )

    def invoke(self, token: str, **args: Any) -> Checked:
        """Return a function's answer, and the problems of its arguments."""
        answer = self._stub.Invoke(proto.InvokeRequest(tok=token, args=packed(args)))
        problems = {failure.property: failure.reason for failure in answer.failures}
        return Checked(unpacked(getattr(answer, "return")), problems)


@contextmanager
def running(package: str, folder: Path) -> Iterator[Plugin]:
    server, port = started(PACKAGES[package], Store(folder))
    plugin = Plugin(port)
    yield plugin
    plugin.channel.close()
    server.stop(grace=None).wait()


@contextmanager
def refused(text: str, code: str = "UNKNOWN") -> Iterator[None]:
    """Expect that a cloud refuses in these words."""
    with pytest.raises(grpc.RpcError) as told:
        yield
    assert text in told.value.details()
    assert told.value.code().name == code


def _urn(type_: str) -> str:
    return f"urn:pulumi:test::shop::{type_}::orders"
