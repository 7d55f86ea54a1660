"""How the engine prints an error: the message alone.

The engine's own server formats whatever a provider raises as a traceback. gRPC lets a call say more
about its error than that text: a `google.rpc.Status` in the trailing metadata, whose message counts
instead (https://grpc.io/docs/guides/error, the richer error model; `pulumi.provider` reports bad
properties in the same way). Where the call is not found, the engine prints the traceback, with the
same message below.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

from google.protobuf.message import Message
from pulumi.dynamic import CheckFailure
from pulumi.runtime.proto import provider_pb2, status_pb2
from pulumi.runtime.rpc import serialize_properties

from crdb_sso.clients.connecting.waiting import LONG_WAIT_S, waiting
from crdb_sso.errors import CrdbSsoError
from crdb_sso.provider import log
from crdb_sso.provider.engine_calls import answer_many_at_once, calls, garbage_kept
from crdb_sso.provider.property_types import Problem, PropertyBag
from crdb_sso.provider.secret_inputs import is_secret, secret_texts

_INTERNAL = "__provider"
"""The property in which the SDK keeps the pickled provider: every state has it."""

_Given = ParamSpec("_Given")
_Returned = TypeVar("_Returned")

_DETAILS = "grpc-status-details-bin"
_UNKNOWN = 2
"""The status code that the server ends a failed call with; a message for another one is ignored."""


class FailedThoughWritten(CrdbSsoError):
    """An error after which the engine saves the new state, and makes the change again next time.

    Attributes:
        id: The resource's.
        outs: What the state remembers.
    """

    def __init__(self, error: CrdbSsoError, id_: str, outs: PropertyBag, news: PropertyBag) -> None:
        super().__init__(error.what, hint=error.hint)
        self.args = error.args
        self.id = id_
        self.outs = {**outs, **{name: news[name] for name in (_INTERNAL,) if name in news}}

    def details(self, message: str) -> tuple[Message, ...]:
        """Return what tells the engine: `pulumi.dynamic` has no words for it, its protocol has."""
        properties = asyncio.run(serialize_properties(self.outs, {}))
        told = provider_pb2.ErrorResourceInitFailed(
            id=self.id, properties=properties, reasons=[message]
        )
        return (told,)


def for_engine(method: Callable[_Given, _Returned]) -> Callable[_Given, _Returned]:
    """Make a method of the provider show no secret among its properties, and errors as messages."""

    @wraps(method)
    def wrapped(*args: _Given.args, **kwargs: _Given.kwargs) -> _Returned:
        answer_many_at_once()
        bags = [bag for bag in args if isinstance(bag, Mapping)]
        secrets = {text for bag in bags for text in secret_texts(bag)}
        with log.keeping(secrets), waiting(LONG_WAIT_S, log.info), garbage_kept():
            try:
                return method(*args, **kwargs)
            except CrdbSsoError as exc:
                text = log.without_secrets(str(exc))
                written = exc if isinstance(exc, FailedThoughWritten) else None
                tell_engine(text, *(written.details(text) if written else ()))
                exc.args = (text,)
                raise exc.with_traceback(None) from None

    return wrapped


def told(problem: Problem, props: PropertyBag) -> CheckFailure:
    """Return a problem as people may see it.

    The engine adds the value of an outermost property: it is not named to it if that must not be
    shown.
    """
    path, reason = map(log.without_secrets, (problem.path, problem.reason))
    value = str(props.get(problem.path, ""))
    if is_secret(problem.path, props) or log.without_secrets(value) != value:
        return CheckFailure("", f"`{path}`: {reason}")
    return CheckFailure(path, reason)


def tell_engine(message: str, *details: Message) -> None:
    """Let the engine print a message, and nothing else, if the call that it made fails.

    Args:
        message: One line or several.
        details: What else the engine's protocol knows to say of an error.
    """
    for call in calls():
        status = status_pb2.Status(code=_UNKNOWN, message=message)
        for detail in details:
            status.details.add().Pack(detail)
        call.set_trailing_metadata(((_DETAILS, status.SerializeToString()),))
        return
