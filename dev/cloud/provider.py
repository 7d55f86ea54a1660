"""The provider protocol over gRPC: translates the engine's requests, decides nothing.

It uses the plain servicer, because `pulumi.provider.experimental` drops the old inputs of Diff and
Update, can't give an error a code, and adds a traceback to the text of each error.
"""
# ruff: noqa: N802, ARG002 - the protocol names its methods and their arguments

import json
import signal
import sys
from collections.abc import Iterable, Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as proto

from dev.cloud.kinds import Asked, Package, Problem
from dev.cloud.operations import Operations
from dev.cloud.packages import version_of
from dev.cloud.store import Store
from dev.cloud.values import packed, top_of, unpacked
from dev.cloud.world import Refused

_LARGEST_MESSAGE_BYTES = 400 << 20  # the engine's own limit
_STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM}
_WORKERS = 32  # calls at a time

Context = Any  # grpc has different types for it in its sync and async halves


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine on behalf of one package.

    Args:
        package: Knows the kinds and functions.
        store: Where the imitated clouds are kept.
    """

    def __init__(self, package: Package, store: Store) -> None:
        self._package = package
        self._store = store
        self._operations = Operations(package, store, {})

    def Handshake(
        self, request: proto.ProviderHandshakeRequest, context: Context
    ) -> proto.ProviderHandshakeResponse:
        """Accept the engine."""
        return proto.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: Context) -> plugin_pb2.PluginInfo:
        """Say which version this stands in for."""
        return plugin_pb2.PluginInfo(version=version_of(self._package))

    def GetSchema(
        self, request: proto.GetSchemaRequest, context: Context
    ) -> proto.GetSchemaResponse:
        """Say next to nothing: the SDK is the schema."""
        schema = {"name": self._package.name, "version": version_of(self._package)}
        return proto.GetSchemaResponse(schema=json.dumps(schema))

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> Empty:
        """Accept another engine."""
        return Empty()

    def Cancel(self, request: Empty, context: Context) -> Empty:
        """Do nothing: no operation takes long."""
        return Empty()

    def CheckConfig(self, request: proto.CheckRequest, context: Context) -> proto.CheckResponse:
        """Accept any configuration."""
        return proto.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: proto.DiffRequest, context: Context) -> proto.DiffResponse:
        """Say that a changed configuration never replaces the provider."""
        return proto.DiffResponse(changes=proto.DiffResponse.DIFF_NONE)

    def Configure(
        self, request: proto.ConfigureRequest, context: Context
    ) -> proto.ConfigureResponse:
        """Take the configuration."""
        config = unpacked(request.args)
        self._log("configure", config=config)
        self._operations = Operations(self._package, self._store, config)
        # Without acceptSecrets, the engine itself keeps secret inputs secret among the outputs.
        return proto.ConfigureResponse(supportsPreview=True)

    def Check(self, request: proto.CheckRequest, context: Context) -> proto.CheckResponse:
        """Complete and check inputs."""
        type_, name = _type_and_name(request.urn)
        asked = Asked(name, request.randomSeed, unpacked(request.olds), unpacked(request.news))
        self._log("check", type=type_, name=name, inputs=asked.news)
        with _refusals(context):
            inputs, problems = self._operations.check(type_, asked)
        return proto.CheckResponse(inputs=packed(inputs), failures=_failures(problems))

    def Diff(self, request: proto.DiffRequest, context: Context) -> proto.DiffResponse:
        """Compare inputs."""
        type_, name = _type_and_name(request.urn)
        olds, news = unpacked(request.old_inputs), unpacked(request.news)
        self._log("diff", type=type_, name=name, id=request.id)
        with _refusals(context):
            found = self._operations.diff(type_, olds, news)
        changed = bool(found.paths)
        return proto.DiffResponse(
            changes=proto.DiffResponse.DIFF_SOME if changed else proto.DiffResponse.DIFF_NONE,
            diffs=_tops(found.paths),
            replaces=_tops(found.replaces),
            deleteBeforeReplace=found.delete_first,
            detailedDiff={
                path: _property_diff(change, replaces=path in found.replaces)
                for path, change in found.paths.items()
            },
            hasDetailedDiff=True,
        )

    def Create(self, request: proto.CreateRequest, context: Context) -> proto.CreateResponse:
        """Make an object, or predict it."""
        type_, name = _type_and_name(request.urn)
        inputs, preview = unpacked(request.properties), request.preview
        self._log("create", type=type_, name=name, preview=preview, inputs=inputs)
        with _refusals(context):
            id_, outputs = self._operations.create(type_, inputs, preview=preview)
        return proto.CreateResponse(id=id_, properties=packed(outputs))

    def Read(self, request: proto.ReadRequest, context: Context) -> proto.ReadResponse:
        """Return the current object."""
        type_, name = _type_and_name(request.urn)
        self._log("read", type=type_, name=name, id=request.id)
        with _refusals(context):
            entry = self._operations.read(type_, request.id)
        if entry is None:
            return proto.ReadResponse()
        properties, inputs = packed(entry.outputs), packed(entry.inputs)
        return proto.ReadResponse(id=request.id, properties=properties, inputs=inputs)

    def Update(self, request: proto.UpdateRequest, context: Context) -> proto.UpdateResponse:
        """Change an object, or predict the change."""
        type_, name = _type_and_name(request.urn)
        olds, news = unpacked(request.old_inputs), unpacked(request.news)
        told = {"type": type_, "name": name, "id": request.id, "inputs": news}
        self._log("update", preview=request.preview, **told)
        with _refusals(context):
            if request.preview:
                outputs = unpacked(request.olds)
                planned = self._operations.planned_update(type_, outputs, olds, news)
                return proto.UpdateResponse(properties=packed(planned))
            outputs = self._operations.update(type_, request.id, olds, news)
        return proto.UpdateResponse(properties=packed(outputs))

    def Delete(self, request: proto.DeleteRequest, context: Context) -> Empty:
        """Delete an object."""
        type_, name = _type_and_name(request.urn)
        self._log("delete", type=type_, name=name, id=request.id)
        with _refusals(context):
            self._operations.delete(type_, request.id, unpacked(request.old_inputs))
        return Empty()

    def Invoke(self, request: proto.InvokeRequest, context: Context) -> proto.InvokeResponse:
        """Answer a function's call."""
        args = unpacked(request.args)
        self._log("invoke", type=request.tok, inputs=args)
        with _refusals(context):
            answer, problems = self._operations.invoke(request.tok, args)
        returned: dict[str, Any] = {"return": packed(answer)}  # `return` is a keyword
        return proto.InvokeResponse(failures=_failures(problems), **returned)

    def _log(self, op: str, **told: object) -> None:
        self._store.log({"package": self._package.name, "op": op, **told})


def started(package: Package, store: Store) -> tuple[grpc.Server, int]:
    """Return a server that answers for a package, and its port on 127.0.0.1."""
    options = [
        ("grpc.max_receive_message_length", _LARGEST_MESSAGE_BYTES),
        ("grpc.max_send_message_length", _LARGEST_MESSAGE_BYTES),
    ]
    server = grpc.server(futures.ThreadPoolExecutor(_WORKERS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(StandIn(package, store), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def serve(package: Package, store: Store) -> None:
    """Serve the engine until a signal; the port goes to stdout, as the engine expects."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)  # before any thread inherits it
    server, port = started(package, store)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    signal.sigwait(_STOP_SIGNALS)
    server.stop(grace=None).wait()


@contextmanager
def _refusals(context: Context) -> Iterator[None]:
    """Tell the engine that a cloud refused."""
    try:
        yield
    except Refused as exc:
        context.abort(grpc.StatusCode[exc.code], str(exc))


def _type_and_name(urn: str) -> tuple[str, str]:
    """Return the type token and the name that a URN ends with."""
    _, _, types, name = urn.split("::", 3)
    return types.rpartition("$")[2], name


def _failures(problems: Iterable[Problem]) -> list[proto.CheckFailure]:
    return [proto.CheckFailure(property=found.path, reason=found.reason) for found in problems]


def _tops(paths: Iterable[str]) -> list[str]:
    """Return the properties that paths are in, each once."""
    return list(dict.fromkeys(map(top_of, paths)))


def _property_diff(change: str, *, replaces: bool) -> proto.PropertyDiff:
    name = change.upper() + ("_REPLACE" if replaces else "")
    return proto.PropertyDiff(kind=proto.PropertyDiff.Kind.Value(name), inputDiff=True)
