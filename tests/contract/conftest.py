"""The same beliefs for the embedded cluster, always, and for a real one where there is one."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.expectations import INFERRED, NOTES_END
from tests.contract.setting_restorer import Settings, snapshot
from tests.contract.sso import Sso
from tests.contract.targets import EMBEDDED, Target, chosen_targets, other_targets
from tests.contract.temporary_users import Users
from tests.contract.tokens import Key, new_keys
from tests.support.versions import ASKED, out_of_range, parsed, skip_unless_it_holds, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.cluster import Cluster, Connection
    from tests.contract.temporary_users import Clerk

HERE = Path(__file__).parent
TARGETS, OTHERS = chosen_targets(), other_targets()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "every_version: run against all versions that are imitated")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every row against the chosen clusters, some against all versions of the embedded one."""
    asks_all = metafunc.definition.get_closest_marker("every_version")
    targets = [*TARGETS, *OTHERS] if asks_all else TARGETS
    is_inferred = any(map(_is_inferred, metafunc.definition.iter_markers("holds")))
    how = f" {INFERRED}" if is_inferred else ""
    named = [pytest.param(target, id=f"{target.name}{how}") for target in targets]
    metafunc.parametrize("cluster", named, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out rows for versions of the embedded cluster for which they do not hold.

    Rows of other clusters are skipped, with the reason, once the cluster has told its version.
    """
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    if silent := [item.nodeid for item in ours if _hides_its_source(item)]:
        listed = "\n  ".join(silent)
        raise pytest.UsageError(f"inferred, but neither the mark nor the id says so:\n  {listed}")
    out = {item for item in items if _asks_in_vain(item)}
    if out:
        config.hook.pytest_deselected(items=[*out])
        items[:] = [item for item in items if item not in out]


def _hides_its_source(item: pytest.Item) -> bool:
    """Tell whether a row is inferred, as no note tells of its version, and does not say so."""
    marks = list(item.iter_markers("holds"))
    is_new = any(parsed(mark.kwargs.get("since") or "0") >= NOTES_END for mark in marks)
    is_inferred = any(map(_is_inferred, marks))
    return (is_new and not is_inferred) or (is_inferred and INFERRED not in item.name)


def _is_inferred(mark: pytest.Mark) -> bool:
    return bool(mark.kwargs.get("inferred"))


def _asks_in_vain(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    target = callspec.params.get("cluster") if callspec else None
    if not item.get_closest_marker("every_version") or target is None or target.release is None:
        return False
    return any(out_of_range(marker, target.release) for marker in item.iter_markers("holds"))


@pytest.fixture(scope="session")
def running() -> Iterator[Callable[[Target], Cluster]]:
    """Starts a target when it is first asked; it runs on until the last test has ended."""
    started: dict[str, Cluster] = {}
    with ExitStack() as stack:

        def run(target: Target) -> Cluster:
            if target.name not in started:
                started[target.name] = stack.enter_context(target.running())
            return started[target.name]

        yield run


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest, running: Callable[[Target], Cluster]) -> Cluster:
    return running(request.param)


@pytest.fixture(autouse=True)
def _row_holds(
    request: pytest.FixtureRequest, cluster: Cluster, db: Connection, record_property: Any
) -> Iterator[None]:
    """Skip rows of other versions, note which cluster was asked, keep other runs away."""
    record_property(ASKED, f"{cluster.name}: {cluster.banner}")
    skip_unless_it_holds(request.node, cluster.version)
    for marker in request.node.iter_markers("holds"):
        needed = marker.kwargs.get("needs")
        if needed is not None and needed not in snapshot(db):
            here = written(cluster.version)
            pytest.skip(f"holds where there is a setting {needed}; this is {here}")
    if cluster.name == EMBEDDED and request.node.get_closest_marker("real_cluster"):
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


@pytest.fixture(scope="session")
def settings_found(cluster: Cluster, db: Connection) -> dict[str, tuple[str, str]] | None:
    """What every test finds on a cluster that is the tests' own; None where others work too."""
    return snapshot(db) if cluster.name == EMBEDDED else None


@pytest.fixture
def settings(
    db: Connection, settings_found: dict[str, tuple[str, str]] | None, _row_holds: None
) -> Iterator[Settings]:
    writer = Settings(db, settings_found or snapshot(db))
    yield writer
    writer.restore()


@pytest.fixture
def users(db: Connection, _row_holds: None) -> Iterator[Users]:
    made = Users(db)
    yield made
    made.drop_all()


@pytest.fixture
def scratch(db: Connection, users: Users) -> Iterator[str]:
    """A database for this test alone."""
    name = f"{users.prefix}_{secrets.token_hex(2)}"
    db.execute(f"CREATE DATABASE {name}")
    yield name
    db.execute(f"DROP DATABASE {name} CASCADE")


@pytest.fixture
def sso(cluster: Cluster, settings: Settings, keys: dict[str, Key], person: str) -> Sso:
    return Sso(cluster, settings, keys, person)


@pytest.fixture
def clerk(cluster: Cluster, users: Users) -> Iterator[Clerk]:
    """Return a function that logs in a new user who has these options and roles."""
    opened: list[Connection] = []

    def hire(options: str = "", *roles: str) -> Connection:
        password = secrets.token_urlsafe(12)
        user = users.create(f"WITH PASSWORD '{password}' {options}")
        for role in roles:
            users.grant(role, user)
        opened.append(cluster.connect(user, password))
        return opened[-1]

    yield hire
    for connection in opened:
        connection.close()


@pytest.fixture
def owned(clerk: Clerk, users: Users) -> Iterator[tuple[str, Connection]]:
    """A database that a user without other rights than CREATEDB has made, and its owner."""
    owner, name = clerk("CREATEDB"), f"{users.prefix}_{secrets.token_hex(2)}"
    owner.execute(f"CREATE DATABASE {name}")
    yield name, owner
    users.db.execute(f"DROP DATABASE {name} CASCADE")
