"""What every token source has in common."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import ClassVar, Protocol, runtime_checkable

from crdb_sso.workload.tokens.cache import Clock, TokenCache
from crdb_sso.workload.tokens.telling import check_fresh, telling
from crdb_sso.workload.tokens.token import Token, without_secrets


@runtime_checkable
class Source(Protocol):
    """Where tokens come from; all that `Login` needs. Safe to use from many threads and tasks."""

    def token(self) -> Token:
        """Return a valid token."""
        ...

    async def token_async(self) -> Token:
        """Return a valid token, without holding the event loop."""
        ...


class NamedSource(ABC):
    """A source with a name for errors, log lines and `repr`: never with a secret in it."""

    kind: ClassVar[str]
    """What it is called in `crdb_sso.workload.tokens`, on the command line and in `connect`."""

    main: ClassVar[str] = ""
    """The parameter that `kind:VALUE` gives on the command line, "" for none."""

    def __init__(self, **shown: object) -> None:
        said = ", ".join(f"{name}={value!r}" for name, value in shown.items() if value)
        self._label = without_secrets(f"tokens.{self.kind}({said})")  # put there by mistake

    def __repr__(self) -> str:
        return self._label

    @abstractmethod
    def token(self) -> Token:
        """Return a valid token."""

    @abstractmethod
    async def token_async(self) -> Token:
        """Return a valid token, without holding the event loop."""


class CachedSource(NamedSource):
    """A source that is asked once for each token, however many connections need it.

    The object is the cache, for its one audience: keep it as long as the program runs.
    """

    def __init__(self, *, clock: Clock = time.time, **shown: object) -> None:
        super().__init__(**shown)
        self._cache = TokenCache(self._label, self._fetch, clock, self._fetch_async())

    def token(self) -> Token:
        """Return a valid token: the one at hand, or a fresh one.

        Raises:
            TokenUnavailable: There is none, and why.
            MissingPackage: The source needs a package that is not installed.
        """
        return self._cache.get()

    async def token_async(self) -> Token:
        """Return the same; it is asked for away from the event loop.

        Raises:
            TokenUnavailable: There is none, and why.
            MissingPackage: The source needs a package that is not installed.
        """
        return await self._cache.get_async()

    @abstractmethod
    def _fetch(self) -> Token:
        """Ask for a token; called on a thread of its own, one call at a time."""

    def _fetch_async(self) -> Callable[[], Awaitable[Token]] | None:
        """Return a way to ask on the event loop, if there is one."""
        return None


class ReadSource(NamedSource):
    """A source that is read again for each connection: somebody else keeps the token fresh."""

    def __init__(self, *, clock: Clock = time.time, **shown: object) -> None:
        super().__init__(**shown)
        self._clock = clock

    def token(self) -> Token:
        """Return the token that is there now.

        Raises:
            TokenUnavailable: There is none, or it has expired.
        """
        with telling(self._label):
            token = Token(self._read())
            check_fresh(token, self._clock(), self._renewed_by)
            return token

    async def token_async(self) -> Token:
        """Return the same; it is read away from the event loop.

        Raises:
            TokenUnavailable: There is none, or it has expired.
        """
        return await asyncio.to_thread(self.token)

    _renewed_by: ClassVar[str]
    """The next step for people if the token has expired."""

    @abstractmethod
    def _read(self) -> str:
        """Return the text that is there now."""
