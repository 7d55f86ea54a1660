"""One token at hand: asked for once however many need it, renewed before it expires.

* A token is reused until a margin before its end: five minutes, or a fifth of its life if that is
  less. Within the margin one caller renews it and the others take what is at hand.
* Whoever needs a token while one is on its way waits for that one.
* If renewing fails, the token at hand serves until its last second; the next try waits a while.
"""

import asyncio
import contextvars
import logging
import os
import threading
import time
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field
from types import TracebackType

from typing_extensions import Self

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload.tokens.telling import check_fresh, reason_of, told
from crdb_sso.workload.tokens.token import Token

LONGEST_MARGIN_S = 300.0
MARGIN_OF_LIFE = 1 / 5
"""Which part of a token's life is its margin, if that is shorter."""

RETRIES_IN_MARGIN = 6
"""How often, at most, renewing is tried within the margin."""

PATIENCE_S = 30.0
"""How long, in seconds, a caller waits for a token if there is none at hand."""

SHORT_PATIENCE_S = 5.0
"""The same if there is one."""

Clock = Callable[[], float]
"""Tells the time, in seconds since 1970."""

_log = logging.getLogger("crdb_sso.workload")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of a request: a token, or why there is none."""

    token: Token | None
    error: BaseException | None = None


@dataclass(slots=True)
class _Flight:
    """A request on its way."""

    began_s: float  # by the machine's monotonic clock
    landing: "Future[_Outcome]" = field(default_factory=Future)
    task: "asyncio.Task[None] | None" = None  # keeps it alive


@dataclass(slots=True)
class _Landing:
    """Hands what a block raises to whoever waits for the flight."""

    cache: "TokenCache"
    flight: _Flight
    token: Token | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> bool:
        self.cache.land(self.flight, _Outcome(self.token, error))
        return True


class TokenCache:
    """The token of one source for one audience.

    Args:
        label: Names the source in errors and log lines.
        fetch: Asks for a token; called on a thread of its own, one call at a time.
        clock: Tells the time.
        fetch_async: Asks for a token on the event loop, where there is a way of its own.
        patience_s: How long, in seconds, a caller waits if there is no token at hand.
    """

    def __init__(
        self,
        label: str,
        fetch: Callable[[], Token],
        clock: Clock = time.time,
        fetch_async: Callable[[], Awaitable[Token]] | None = None,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._label = label
        self._fetch = fetch
        self._fetch_async = fetch_async
        self._clock = clock
        self._patience_s = patience_s
        self._held: Token | None = None
        self._renew_at = self._pause_s = 0.0
        self.forget_flight()
        _ALL.add(self)

    def forget_flight(self) -> None:
        """Start anew after a fork: the thread that asked is not in this process."""
        self._lock = threading.Lock()
        self._flight: _Flight | None = None

    def get(self) -> Token:
        """Return a valid token.

        Raises:
            TokenUnavailable: There is none, and why.
            MissingPackage: The source needs a package that is not installed.
        """
        held, flight = self._held_or_flight(self._start_thread)
        if flight is None:
            assert held is not None  # noqa: S101 - one of the two is there
            return held
        try:
            outcome = flight.landing.result(self._wait_s(held))
        except TooLate:
            outcome = None
        return self._token_of(outcome, held)

    async def get_async(self) -> Token:
        """Return a valid token; the event loop is free meanwhile.

        Raises:
            TokenUnavailable: There is none, and why.
            MissingPackage: The source needs a package that is not installed.
        """
        held, flight = self._held_or_flight(
            self._start_task if self._fetch_async else self._start_thread
        )
        if flight is None:
            assert held is not None  # noqa: S101 - one of the two is there
            return held
        landing = asyncio.wrap_future(flight.landing)
        # not `wait_for`: whoever gives up must not end the request for all others
        done, _ = await asyncio.wait({landing}, timeout=self._wait_s(held))
        return self._token_of(landing.result() if done else None, held)

    def land(self, flight: _Flight, outcome: _Outcome) -> None:
        """Note what came of a request, and tell those who wait."""
        with self._lock:
            now = self._clock()
            if self._flight is flight:
                self._flight = None
                self._note(outcome, now)
        flight.landing.set_result(outcome)

    def _note(self, outcome: _Outcome, now: float) -> None:
        if outcome.token is not None:
            self._keep(outcome.token, now)
        elif self._held is not None and self._held.is_valid(now):
            self._renew_at = now + self._pause_s
            self._warn(self._held, now, outcome.error)

    def _keep(self, token: Token, now: float) -> None:
        end = now if token.expires_at is None else token.expires_at
        margin = margin_s(end - now)
        self._held, self._renew_at = token, end - margin
        self._pause_s = max(margin / RETRIES_IN_MARGIN, 1.0)

    def _warn(self, held: Token, now: float, error: BaseException | None) -> None:
        _log.warning(
            "%s: can't be renewed, and is valid for another %d s: %s",
            self._label,
            (held.expires_at or now) - now,
            reason_of(error),
        )

    def _held_or_flight(
        self, start: Callable[[_Flight], None]
    ) -> tuple[Token | None, _Flight | None]:
        """Return the token at hand if it will do, and the request to wait for if there is one."""
        with self._lock:
            now = self._clock()
            held = self._held if self._held is not None and self._held.is_valid(now) else None
            if held is not None and now < self._renew_at:
                return held, None
            is_lost = (
                self._flight is not None
                and time.monotonic() - self._flight.began_s > self._patience_s
            )
            if self._flight is not None and not is_lost:
                return (held, None) if held is not None else (None, self._flight)
            flight = self._flight = _Flight(time.monotonic())
            flight.landing.set_running_or_notify_cancel()  # from now on nobody can cancel it
        start(flight)
        return held, flight

    def _start_thread(self, flight: _Flight) -> None:
        """Ask on a thread of its own, which nobody waits for at the end of the program."""
        context = contextvars.copy_context()
        thread = threading.Thread(
            target=context.run, args=(self._run, flight), name="crdb-sso-token", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:  # no more threads, or the program is at its end
            self.land(flight, _Outcome(None, error))

    def _run(self, flight: _Flight) -> None:
        with _Landing(self, flight) as landing:
            landing.token = self._checked(self._fetch())

    def _start_task(self, flight: _Flight) -> None:
        """Ask on the event loop of the caller; the request outlives a caller that gives up."""
        flight.task = asyncio.get_running_loop().create_task(self._run_async(flight))

    async def _run_async(self, flight: _Flight) -> None:
        assert self._fetch_async is not None  # noqa: S101 - chosen by the caller
        with _Landing(self, flight) as landing:
            landing.token = self._checked(await self._fetch_async())

    def _checked(self, token: Token) -> Token:
        check_fresh(token, self._clock())
        return token

    def _wait_s(self, held: Token | None) -> float:
        return self._patience_s if held is None else min(self._patience_s, SHORT_PATIENCE_S)

    def _token_of(self, outcome: _Outcome | None, held: Token | None) -> Token:
        if outcome is not None and outcome.token is not None:
            return outcome.token
        if held is not None and held.is_valid(self._clock()):
            return held
        if outcome is None or outcome.error is None:
            raise TokenUnavailable(
                f"{self._label}: no answer within {self._patience_s:g} s",
                hint="Check that this machine can reach the source of the tokens.",
            )
        raise told(self._label, outcome.error)


_ALL: "weakref.WeakSet[TokenCache]" = weakref.WeakSet()


def _forget_flights() -> None:
    for cache in _ALL:
        cache.forget_flight()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_flights)


def margin_s(life_s: float) -> float:
    """Return how long before its end, in seconds, a token is renewed."""
    return min(LONGEST_MARGIN_S, life_s * MARGIN_OF_LIFE)
