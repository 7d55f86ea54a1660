"""One embedded cluster for all tests that do not need one of their own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.emulator.embedded import Connection, Embedded, running
from tests.emulator.token_login import SUBJECT, TokenLogin, distrust, trust
from tests.support.servers import LocalIssuer, local_issuer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A cluster that is shared by the tests of one worker."""
    with running(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture
def root(cluster: Embedded) -> Iterator[Connection]:
    """A session of root in autocommit."""
    with cluster.connect() as connection:
        yield connection


@pytest.fixture
def new_user(cluster: Embedded) -> Iterator[Callable[..., str]]:
    """Make SQL users with new names; drop them with all they were given at the end."""
    made: list[str] = []

    def make(options: str = "", *, system: str = "", roles: str = "") -> str:
        name = f"user_{next(_NUMBERS)}"
        made.append(name)
        with cluster.connect() as operator:
            operator.execute(f"CREATE USER {name} {options}".encode())
            if system:
                operator.execute(f"GRANT SYSTEM {system} TO {name}".encode())
            if roles:
                operator.execute(f"GRANT {roles} TO {name}".encode())
        return name

    yield make
    with cluster.connect() as operator:
        there = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)"
        for (name,) in operator.execute(there, [made]).fetchall():
            operator.execute(f"REVOKE SYSTEM ALL FROM {name}".encode())
            operator.execute(f"DROP USER {name}".encode())


@pytest.fixture
def database(cluster: Embedded) -> Iterator[str]:
    """A database of the test's own."""
    name = f"database_{next(_NUMBERS)}"
    with cluster.connect() as operator:
        operator.execute(f"CREATE DATABASE {name}".encode())
        yield name
        operator.execute(f"DROP DATABASE {name} CASCADE".encode())


@pytest.fixture(scope="session")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    """An issuer that speaks as Google and Entra ID."""
    with local_issuer(tmp_path_factory.mktemp("clouds")) as started:
        yield started


@pytest.fixture
def login(
    cluster: Embedded, clouds: LocalIssuer, new_user: Callable[..., str], database: str
) -> Iterator[TokenLogin]:
    """A user who logs in with a token, and may make tables in a database."""
    user = new_user()
    with cluster.connect() as operator:
        trust(operator, clouds, user)
        operator.execute(f"GRANT CREATE ON DATABASE {database} TO {user}".encode())
    token = clouds.google_token(SUBJECT, "crdb")
    other = clouds.google_token(SUBJECT, "another audience")
    yield TokenLogin(cluster, user, database, token, other)
    with cluster.connect() as operator:
        distrust(operator)
        operator.execute(f"REVOKE CREATE ON DATABASE {database} FROM {user}".encode())
