"""How the engine prints an error: the message alone.

The engine's own server formats whatever a provider raises as a traceback. gRPC lets a call say more
about its error than that text: a `google.rpc.Status` in the trailing metadata, whose message counts
instead (https://grpc.io/docs/guides/error, the richer error model; `pulumi.provider` reports bad
properties in the same way). Where the call is not found, the engine prints the traceback, with the
same message below.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

from pulumi.dynamic import CheckFailure
from pulumi.runtime.proto import status_pb2

from crdb_sso.clients.waiting import LONG_WAIT_S, waiting
from crdb_sso.errors import CrdbSsoError
from crdb_sso.provider import log
from crdb_sso.provider.engine_calls import answer_many_at_once, calls
from crdb_sso.provider.property_types import Problem, PropertyBag
from crdb_sso.provider.secret_inputs import is_secret, secret_texts

_Given = ParamSpec("_Given")
_Returned = TypeVar("_Returned")

_DETAILS = "grpc-status-details-bin"
_UNKNOWN = 2
"""The status code that the server ends a failed call with; a message for another one is ignored."""


def for_engine(method: Callable[_Given, _Returned]) -> Callable[_Given, _Returned]:
    """Make a method of the provider show no secret among its properties, and errors as messages."""

    @wraps(method)
    def wrapped(*args: _Given.args, **kwargs: _Given.kwargs) -> _Returned:
        answer_many_at_once()
        bags = [bag for bag in args if isinstance(bag, Mapping)]
        secrets = {text for bag in bags for text in secret_texts(bag)}
        with log.keeping(secrets), waiting(LONG_WAIT_S, log.info):
            try:
                return method(*args, **kwargs)
            except CrdbSsoError as exc:
                text = log.without_secrets(str(exc))
                tell_engine(text)
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


def tell_engine(message: str) -> None:
    """Let the engine print a message, and nothing else, if the call that it made fails.

    Args:
        message: One line or several.
    """
    for call in calls():
        status = status_pb2.Status(code=_UNKNOWN, message=message)
        call.set_trailing_metadata(((_DETAILS, status.SerializeToString()),))
        return
