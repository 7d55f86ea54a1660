"""A day of an issuer and of a cluster that trusts it, by a virtual clock.

The cluster verifies each login as CockroachDB does: by the keys that are published, and without any
leeway in time. It is not asked over a network, so that a day takes seconds.
"""

import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import psycopg
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from psycopg.pq import TransactionStatus
from typing_extensions import Self

from tests.unit.workload.token_texts import VirtualClock

LIFE_S = 300
HOUR_S = 3600


@dataclass
class BusyIssuer:
    """An issuer that rotates its keys, and is down at times."""

    clock: VirtualClock
    keys: list[ECKey] = field(default_factory=list)
    outages: tuple[tuple[float, float], ...] = ()
    requests: int = 0
    answered: int = 0
    at_once: int = 0
    most_at_once: int = 0
    valid_until: float = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rotate(self) -> None:
        """Sign with a new key; the old ones stay published."""
        self.keys.insert(0, ECKey.generate_key("P-256", {"kid": f"k{len(self.keys)}"}))

    @property
    def is_down(self) -> bool:
        return any(begin <= self.clock() < end for begin, end in self.outages)

    def __call__(self) -> str:
        with self._lock:
            self.requests += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self._token()
        finally:
            with self._lock:
                self.at_once -= 1

    def _token(self) -> str:
        if self.is_down:
            raise ConnectionError("the issuer is down")
        now = int(self.clock())
        key = self.keys[0]
        header = {"alg": "ES256", "kid": key.kid}
        self.answered += 1
        self.valid_until = now + LIFE_S
        claims = {"iat": now, "exp": now + LIFE_S, "jti": str(self.answered)}
        return jwt.encode(header, claims, key)


@dataclass
class Cluster:
    """What logs in, and what is refused."""

    issuer: BusyIssuer
    logins: int = 0
    refused: list[str] = field(default_factory=list)
    _verified: dict[str, int] = field(default_factory=dict)

    def login(self, password: str) -> None:
        """Verify a token.

        Raises:
            psycopg.OperationalError: It is refused.
        """
        if password not in self._verified:
            read = jwt.decode(password, KeySet(list(self.issuer.keys)), algorithms=["ES256"])
            self._verified[password] = read.claims["exp"]
        if self._verified[password] <= self.issuer.clock():
            self.refused.append(f"exp {self._verified[password]} at {self.issuer.clock()}")
            raise psycopg.OperationalError('"exp" not satisfied')
        self.logins += 1


class Session:
    """As much of a connection as a pool looks at."""

    cluster: Cluster

    def __init__(self) -> None:
        self.pgconn = SimpleNamespace(transaction_status=TransactionStatus.IDLE)
        self.closed = False

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> "Session":
        assert (conninfo, kwargs["sslmode"]) == ("", "verify-full")
        cls.cluster.login(kwargs["password"])
        return cls()

    def execute(self, _query: str) -> str:
        assert not self.closed
        return "answered"

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class AsyncSession(Session):
    """The same for asyncio."""

    @classmethod
    async def connect(cls, conninfo: str = "", **kwargs: Any) -> "AsyncSession":  # type: ignore[override]
        assert (conninfo, kwargs["sslmode"]) == ("", "verify-full")
        cls.cluster.login(kwargs["password"])
        return cls()

    async def close(self) -> None:  # type: ignore[override]
        self.closed = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass
