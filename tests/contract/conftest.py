"""The same beliefs, asked of the embedded cluster always and of a real one where there is one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.keeper import Settings, Users, snapshot
from tests.contract.sso import Sso
from tests.contract.targets import ASKED, Target, chosen_targets
from tests.contract.tokens import Key, new_keys
from tests.contract.versions import out_of_range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.cluster import Cluster, Connection

TARGETS = chosen_targets()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "holds(since, before): versions for which a row is true")


@pytest.fixture(scope="session", params=TARGETS, ids=lambda target: target.name)
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    target: Target = request.param
    with target.running() as running:
        yield running


@pytest.fixture(autouse=True)
def _row_holds(
    request: pytest.FixtureRequest, cluster: Cluster, record_property: Any
) -> Iterator[None]:
    """Skip rows of other versions, note who was asked, and keep other runs away meanwhile."""
    major, minor = cluster.version
    record_property(ASKED, f"{cluster.name}: {cluster.banner}")
    for marker in request.node.iter_markers("holds"):
        if bounds := out_of_range(marker, cluster.version):
            pytest.skip(f"holds for CockroachDB {bounds}; {cluster.name} is {major}.{minor}")
    if cluster.name == "embedded" and request.node.get_closest_marker("real_cluster"):
        pytest.skip("true only of a real CockroachDB")
    with cluster.alone():
        yield


@pytest.fixture(scope="session")
def db(cluster: Cluster) -> Iterator[Connection]:
    """One autocommit connection of the operator; tests that open transactions make their own."""
    with cluster.operator() as connection:
        yield connection


@pytest.fixture(scope="session")
def keys() -> dict[str, Key]:
    return new_keys()


@pytest.fixture(scope="session")
def person(db: Connection) -> Iterator[str]:
    """A user without password, shared by the tests that change no users."""
    users = Users(db)
    yield users.create()
    users.drop_all()


@pytest.fixture(scope="session", autouse=True)
def _left_as_found(cluster: Cluster, db: Connection) -> Iterator[None]:
    """Fail the run if a setting is not as it was: others may rely on this cluster."""
    with cluster.alone():
        before = snapshot(db)
    yield
    with cluster.alone():
        assert snapshot(db) == before, "these tests left settings changed"


@pytest.fixture
def settings(db: Connection, _row_holds: None) -> Iterator[Settings]:
    keeper = Settings(db)
    yield keeper
    keeper.restore()


@pytest.fixture
def users(db: Connection, _row_holds: None) -> Iterator[Users]:
    keeper = Users(db)
    yield keeper
    keeper.drop_all()


@pytest.fixture
def scratch(db: Connection, users: Users) -> Iterator[str]:
    """A database of this test alone."""
    name = f"{users.prefix}_{secrets.token_hex(2)}"
    db.execute(f"CREATE DATABASE {name}")
    yield name
    db.execute(f"DROP DATABASE {name} CASCADE")


@pytest.fixture
def sso(cluster: Cluster, settings: Settings, keys: dict[str, Key], person: str) -> Sso:
    return Sso(cluster, settings, keys, person)
