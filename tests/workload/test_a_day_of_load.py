"""A pool through a day: tokens of five minutes, two rotations, and an issuer that is down at times.

Each forty seconds of the day all workers take a new connection at the same moment.
"""

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg_pool import AsyncNullConnectionPool, NullConnectionPool

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload import Login, tokens
from tests.unit.workload.token_texts import VirtualClock
from tests.workload.a_day import HOUR_S, LIFE_S, AsyncSession, BusyIssuer, Cluster, Session

WORKERS = 32
STEP_S = 40
DAY_S = 24 * HOUR_S
SHORT_OUTAGE_S, LONG_OUTAGE_S = 55, 1800
RENEWED_AFTER_S = LIFE_S * 4 / 5
TRIES_IN_MARGIN = 6

LOGIN = Login(host="db.example.com", user="app_orders", audience="crdb")


class Day:
    """What happens in the day, and what is seen of it."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        began = self.clock()
        self.issuer = BusyIssuer(
            self.clock,
            outages=(
                (began + 4 * HOUR_S - 5, began + 4 * HOUR_S - 5 + SHORT_OUTAGE_S),
                (began + 12 * HOUR_S, began + 12 * HOUR_S + LONG_OUTAGE_S),
            ),
        )
        self.issuer.rotate()
        self.rotations = [began + 8 * HOUR_S, began + 16 * HOUR_S]
        self.cluster = Cluster(self.issuer)
        self.source = tokens.call(self.issuer, clock=self.clock)
        self.failed_at: list[float] = []
        self.until = began + DAY_S

    def steps(self) -> Iterator[None]:
        """Yield once for each step."""
        while self.clock() < self.until:
            while self.rotations and self.clock() >= self.rotations[0]:
                self.rotations.pop(0)
                self.issuer.rotate()
            yield
            self.clock.go_on(STEP_S)

    def failed(self, error: BaseException) -> None:
        """Note a query that failed: only without a valid token, and it says why."""
        assert "the issuer is down" in f"{error} {error.__cause__}"
        self.failed_at.append(self.clock())
        assert self.issuer.is_down
        assert self.issuer.valid_until <= self.clock()

    def check(self) -> None:
        """Check what the day was to show."""
        rounds = DAY_S // STEP_S
        assert self.cluster.logins + len(self.failed_at) == rounds * WORKERS
        assert self.cluster.refused == []
        assert len(self.issuer.keys) == 3
        assert 0 < len(set(self.failed_at)) <= LONG_OUTAGE_S / STEP_S
        _, (long_begin, _) = self.issuer.outages  # the short one is not noticed
        assert self.failed_at[0] >= long_begin + LIFE_S / 5 - STEP_S
        assert self.issuer.most_at_once == 1
        tokens_of_a_day = (DAY_S - LONG_OUTAGE_S) / RENEWED_AFTER_S + 2
        assert self.issuer.answered <= tokens_of_a_day
        unanswered = self.issuer.requests - self.issuer.answered
        while_nobody_had_one = len(set(self.failed_at)) * WORKERS
        assert unanswered <= 2 * TRIES_IN_MARGIN + while_nobody_had_one


@pytest.fixture
def day(caplog: pytest.LogCaptureFixture) -> Iterator[Day]:
    made = Day()
    Session.cluster = AsyncSession.cluster = made.cluster
    with caplog.at_level(logging.CRITICAL):
        yield made


def test_32_threads_get_a_valid_token_as_long_as_there_is_one(day: Day) -> None:
    pool = NullConnectionPool(
        connection_class=Session,  # type: ignore[type-var] # as much of one as a pool looks at
        kwargs=LOGIN.kwargs(day.source),
        max_size=WORKERS,
        timeout=30,
        open=True,
    )

    def query(_: int) -> BaseException | None:
        try:
            with pool.connection() as session:
                assert session.execute("SELECT 1") == "answered"
        except TokenUnavailable as error:
            return error
        return None

    with pool, ThreadPoolExecutor(WORKERS) as workers:
        for _ in day.steps():
            for error in workers.map(query, range(WORKERS)):
                if error is not None:
                    day.failed(error)
    day.check()


def test_32_tasks_get_a_valid_token_as_long_as_there_is_one(day: Day) -> None:
    async def program() -> None:
        async with AsyncNullConnectionPool(
            connection_class=AsyncSession,  # type: ignore[type-var] # as much of one as a pool needs
            kwargs=LOGIN.kwargs(day.source),
            max_size=WORKERS,
            timeout=30,
            open=False,
        ) as pool:

            async def query() -> None:
                async with pool.connection() as session:
                    assert session.execute("SELECT 1") == "answered"

            for _ in day.steps():
                asked = [query() for _ in range(WORKERS)]
                for error in await asyncio.gather(*asked, return_exceptions=True):
                    if error is not None:
                        day.failed(error)

    asyncio.run(program())
    day.check()
