"""How long a cluster that does not answer yet is waited for, and who is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from crdb_sso.clients.connecting.environment import seconds
from crdb_sso.clients.connecting.libpq_errors import WAIT_VARIABLE

LONG_WAIT_S = 60.0
"""Seconds; where the cluster may be coming up in the same deployment."""

SHORT_WAIT_S = 5.0
"""Seconds; where nobody is creating the cluster."""


def _say_nothing(_line: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What those who connect agree to.

    Attributes:
        longest_s: Seconds, unless `CRDB_SSO_CONNECT_WAIT_S` says otherwise.
        say: Takes a line for people, when a wait begins.
    """

    longest_s: float = LONG_WAIT_S
    say: Callable[[str], None] = _say_nothing

    @property
    def limit_s(self) -> float:
        """How long to wait, in seconds."""
        return seconds(WAIT_VARIABLE, self.longest_s)


_WAITING: ContextVar[Waiting] = ContextVar("how long to wait", default=Waiting())  # noqa: B039 - it is frozen


@contextmanager
def waiting(longest_s: float, say: Callable[[str], None]) -> Iterator[None]:
    """Let everything that connects until the end wait for so long, and say so.

    Args:
        longest_s: Seconds; `CRDB_SSO_CONNECT_WAIT_S` overrides it.
        say: Takes a line for people.
    """
    token = _WAITING.set(Waiting(longest_s, say))
    try:
        yield
    finally:
        _WAITING.reset(token)


def current() -> Waiting:
    """Return what was agreed to."""
    return _WAITING.get()
