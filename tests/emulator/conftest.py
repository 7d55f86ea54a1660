"""One embedded cluster for all tests that do not need one of their own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.emulator.embedded import Connection, Embedded, running

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
    """Makes SQL users with names of their own, and drops them with all they were given."""
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
