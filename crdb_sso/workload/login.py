"""One login: where the cluster is, as which user, and connections with a fresh token each."""

import os
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from typing_extensions import Self

from crdb_sso.errors import InvalidInput
from crdb_sso.printing import shown
from crdb_sso.workload.outputs import read_connect, shape_of
from crdb_sso.workload.parameters import (
    DEFAULT_DATABASE,
    DEFAULT_PORT,
    TEXTS,
    Address,
    Foreign,
    Trust,
    check_host,
    check_more,
    check_texts,
    is_port,
)
from crdb_sso.workload.tokens import Function, Source, Token, as_source, named

if TYPE_CHECKING:
    import asyncpg
    import psycopg
    from sqlalchemy import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

    from crdb_sso.verdict import Verdict
    from crdb_sso.workload.psycopg_connections import ConnectionArguments
    from crdb_sso.workload.psycopg_pools import AsyncTokenPool, TokenPool

AnySource: TypeAlias = "Source | Function"
"""A source of `crdb_sso.workload.tokens`, or a function that returns a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How a workload logs in to CockroachDB with a token; holds no token and no secret.

    The cluster is always verified (`sslmode=verify-full`): a token is sent as it is.

    Attributes:
        host: Host name or address of the cluster; several are separated by commas.
        user: The SQL user.
        audience: The `aud` that the token must carry; what sources are asked for.
        port: Its port, or one for each host, separated by commas.
        database: The database.
        ca_file: Path of the CA of the cluster; "system" for the CAs of the system, "" for libpq's
            default, ~/.postgresql/root.crt.
        virtual_cluster: Name of a virtual cluster, "" for none.
        issuer: The `iss` that the token must carry, if it is known.
        subject: The principal that it must name, or an anchored pattern, if it is known.
        claim: Which claim names the principal; "" for `sub`.
        token_from: Which source gives the token, if it is known: its `kind` and parameters.

    Raises:
        InvalidInput: One of them can't be.
    """

    host: str
    user: str
    audience: str = ""
    port: int | str = DEFAULT_PORT
    database: str = DEFAULT_DATABASE
    ca_file: str = ""
    virtual_cluster: str = ""
    issuer: str = ""
    subject: str = ""
    claim: str = ""
    token_from: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the values at the door."""
        check_texts({name: getattr(self, name) for name in TEXTS})
        check_host(self.host)
        hosts, ports = self.host.split(","), str(self.port).split(",")
        if not all(map(is_port, ports)):
            raise InvalidInput(
                f"{shown(self.port)} is not a port", hint=f"CockroachDB's own is {DEFAULT_PORT}."
            )
        if len(ports) not in {1, len(hosts)}:
            raise InvalidInput(
                f"the login has {len(hosts)} hosts, but {len(ports)} ports",
                hint="Give one port for each host, or one for all.",
            )

    @classmethod
    def from_outputs(
        cls,
        connect: str | os.PathLike[str] | Mapping[str, object],
        user: str,
        *,
        identity: str | None = None,
        ca_file: str | None = None,
    ) -> Self:
        """Return a login as a stack's `connect` output has it.

        Args:
            connect: Path of the JSON file that `pulumi stack output connect --json` wrote, or what
                is in it.
            user: The SQL user.
            identity: Which of the login's identities the workload is, if they differ.
            ca_file: Where this workload finds the CA, if not where the output says.

        Raises:
            InvalidInput: It can't be read, has no such login, or several identities to choose from.
        """
        said = shape_of(read_connect(connect), user, identity)
        return cls(
            host=said.host,
            port=said.port,
            user=said.user,
            database=said.database,
            audience=said.audience,
            issuer=said.issuer,
            subject=said.subject,
            claim=said.claim,
            virtual_cluster=said.virtual_cluster,
            ca_file=said.ca_file if ca_file is None else ca_file,
            token_from=said.source,
        )

    def source(self) -> Source:
        """Return the source that the stack's output names.

        Raises:
            InvalidInput: It does not name one: an OIDC issuer can't know how its clients ask.
        """
        parameters = dict(self.token_from)
        if not self.token_from.get("kind"):
            raise InvalidInput(
                f"it is not known where the token of {self.user} comes from",
                hint="Name a source of crdb_sso.workload.tokens, or give `token_from` in the"
                " program of the stack.",
            )
        return named(parameters.pop("kind"), self.audience, parameters)

    def check(self, source: AnySource) -> "Verdict":
        """Judge a token of a source offline, before anything is dialled.

        It looks at what the login says: issuer, audience, subject, times and form. Which keys count
        only the cluster knows: a good token is `is_undecided`. `fix` says what to do about others.

        Args:
            source: Where the token comes from.

        Raises:
            TokenUnavailable: There is no token.
        """
        return self._judged(as_source(source).token())

    async def check_async(self, source: AnySource) -> "Verdict":
        """Judge a token of a source as `check` does; the event loop is free meanwhile."""
        return self._judged(await as_source(source).token_async())

    def _judged(self, token: Token) -> "Verdict":
        from crdb_sso.workload.explaining import judged

        return judged(self.trust, token.value)

    @property
    def trust(self) -> Trust:
        """What the login says of its tokens."""
        return Trust(self.user, self.issuer, self.audience, self.subject, self.claim)

    @property
    def address(self) -> Address:
        """Where to connect, as plain texts."""
        return Address(
            self.host,
            str(self.port),
            self.user,
            self.database,
            self.virtual_cluster,
            self.ca_file,
        )

    def connect(self, source: AnySource, **more: Foreign) -> "psycopg.Connection":
        """Open a connection of psycopg with a fresh token.

        Args:
            source: Where the token comes from.
            more: Further parameters of `psycopg.connect`.

        Raises:
            TokenUnavailable: There is no token; nothing was dialled.
            LoginRefused: The cluster refused it, and here is why; a psycopg.OperationalError.
            psycopg.OperationalError: The cluster can't be reached.
        """
        from crdb_sso.workload.psycopg_connections import connect

        return connect(self.kwargs(source, **more))

    async def connect_async(self, source: AnySource, **more: Foreign) -> "psycopg.AsyncConnection":
        """Open an asynchronous connection of psycopg with a fresh token; otherwise as `connect`."""
        from crdb_sso.workload.psycopg_connections import connect_async

        return await connect_async(self.kwargs(source, **more))

    def kwargs(self, source: AnySource, **more: object) -> "ConnectionArguments":
        """Return what `kwargs` of a pool of psycopg_pool may be: called for each new connection.

        It serves `ConnectionPool` and `AsyncConnectionPool`, and never holds an event loop. Its
        `connection_class()` says in the pool's log why a login is refused. Ask `source.token()`
        before the pool is opened, or use `pool`: otherwise the first failure is only a line in that
        log, and a PoolTimeout later.

        Args:
            source: Where the tokens come from.
            more: Further parameters of `psycopg.connect`, e.g. `autocommit=True`.
        """
        from crdb_sso.workload.psycopg_connections import ConnectionArguments

        check_more(more)
        return ConnectionArguments(self.address, self.trust, as_source(source), more)

    def pool(
        self,
        source: AnySource,
        *,
        kwargs: Mapping[str, object] | None = None,
        **more: Foreign,
    ) -> "TokenPool":
        """Return a pool of psycopg_pool, not yet open, whose errors say why there is no connection.

        Args:
            source: Where the tokens come from; opening the pool asks it once.
            kwargs: Further parameters of `psycopg.connect`.
            more: Further parameters of `ConnectionPool`.

        Raises:
            MissingPackage: psycopg_pool is not installed.
        """
        from crdb_sso.workload.psycopg_pools import token_pool

        return token_pool(self.kwargs(source, **(kwargs or {})), more)

    def async_pool(
        self,
        source: AnySource,
        *,
        kwargs: Mapping[str, object] | None = None,
        **more: Foreign,
    ) -> "AsyncTokenPool":
        """Return the same for asyncio: an `AsyncConnectionPool`."""
        from crdb_sso.workload.psycopg_pools import async_token_pool

        return async_token_pool(self.kwargs(source, **(kwargs or {})), more)

    def attach(self, engine: "Engine | AsyncEngine", source: AnySource) -> None:
        """Let an engine of SQLAlchemy make each new connection with this login and a fresh token.

        The engine's URL needs only the driver: `cockroachdb+psycopg://`, `cockroachdb+asyncpg://`.
        A refused login raises `sqlalchemy.exc.OperationalError`, whose `orig` is a LoginRefused;
        with asyncpg, whose errors SQLAlchemy lets pass, the LoginRefused itself.

        Args:
            engine: The engine; its parameters stay as they are.
            source: Where the tokens come from.

        Raises:
            InvalidInput: The URL has a password, names somebody else, or its driver is not known.
        """
        from crdb_sso.workload.sqlalchemy_engines import attach

        attach(self.address, self.trust, engine, as_source(source))

    async def asyncpg_connect(self, source: AnySource, **more: Foreign) -> "asyncpg.Connection":
        """Open a connection of asyncpg with a fresh token.

        Args:
            source: Where the token comes from.
            more: Further parameters of `asyncpg.connect`.

        Raises:
            TokenUnavailable: There is no token; nothing was dialled.
            LoginRefused: The cluster refused it, and here is why; for asyncpg, an
                InvalidAuthorizationSpecificationError.
            MissingPackage: asyncpg is not installed.
        """
        return await self.async_creator(source)(**more)

    def async_creator(
        self, source: AnySource
    ) -> "Callable[..., Coroutine[object, object, asyncpg.Connection]]":
        """Return a function that opens such connections.

        It is what `asyncpg.create_pool(connect=...)` and SQLAlchemy's
        `create_async_engine("cockroachdb+asyncpg://", async_creator=...)` take.
        """
        from crdb_sso.workload.asyncpg_connections import creator

        return creator(self.address, self.trust, as_source(source))
