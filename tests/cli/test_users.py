"""`crdb-sso disable` and `enable`: a SQL user in an emergency, and what stacks do then."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crdb_sso.provider.cluster_logins import ClusterLoginsProvider
from tests.cli.test_cli import OTHER, crdb_sso
from tests.support.provider_calls import OWNER, create, identity, update, wish
from tests.support.servers import EmbeddedCluster

USER = "app_orders"
LEFT_SO = (
    f"{OWNER} claims {USER}: it warns that {USER} is shut out, and lets it in after"
    " `pulumi refresh` and `pulumi up`"
)


@pytest.fixture
def state(cluster: EmbeddedCluster) -> dict[str, Any]:
    """What a stack remembers whose logins are up; one of them also has a password."""
    made = create(wish(cluster))
    cluster.execute(f"ALTER USER {USER} WITH PASSWORD 'pw'")
    return made


def connect(cluster: EmbeddedCluster, user: str = USER) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=cluster.host,
        port=cluster.port,
        user=user,
        password="pw",
        dbname="defaultdb",
        sslmode="verify-full",
        sslrootcert=cluster.ca_cert,
        application_name="orders-api",
        autocommit=True,
    )


@pytest.fixture
def session(cluster: EmbeddedCluster, state: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    """An open session of a login."""
    assert state
    with contextlib.closing(connect(cluster)) as connection:
        yield connection


def options(cluster: EmbeddedCluster, user: str = USER) -> str:
    (found,) = [options for name, options, _ in cluster.snapshot().users if name == user]
    return found


def is_open(connection: psycopg.Connection[Any]) -> bool:
    with contextlib.suppress(psycopg.Error):
        connection.execute("SELECT 1")
        return True
    return False


# disable


@pytest.mark.usefixtures("state")
def test_a_user_is_shut_out_and_the_stacks_that_have_it_are_named(
    cluster: EmbeddedCluster,
) -> None:
    code, printed, errors = crdb_sso("disable", USER, "--yes")

    assert (code, errors) == (0, "")
    assert printed.splitlines() == [
        LEFT_SO,
        f"{USER} may log in no longer",
        f"{USER} has no open sessions",
    ]
    assert options(cluster) == "NOLOGIN"


@pytest.mark.parametrize(
    ("said", "code", "after"), [("y\n", 0, "NOLOGIN"), ("n\n", 3, ""), ("", 3, "")]
)
@pytest.mark.usefixtures("state")
def test_disabling_asks_first(cluster: EmbeddedCluster, said: str, code: int, after: str) -> None:
    ended, printed, _ = crdb_sso("disable", USER, said=said)

    assert ended == code
    assert f"Let {USER} log in no longer (NOLOGIN)? [y/N]: " in printed
    assert options(cluster) == after


@pytest.mark.parametrize(
    ("more", "said", "stays"),
    [
        pytest.param((), "y\ny\n", False, id="yes and yes"),
        pytest.param((), "y\nn\n", True, id="yes and no"),
        pytest.param(("--yes",), "", True, id="not asked"),
        pytest.param(("--yes", "--close-sessions"), "", False, id="told in advance"),
        pytest.param(("--close-sessions",), "y\n", False, id="sessions told in advance"),
    ],
)
def test_open_sessions_are_closed_with_a_confirmation_of_their_own(
    session: psycopg.Connection[Any], more: tuple[str, ...], said: str, *, stays: bool
) -> None:
    code, printed, _ = crdb_sso("disable", USER, *more, said=said)

    assert code == 0
    assert f"{USER} has 1 open sessions (orders-api)" in printed
    assert is_open(session) is stays
    assert ("closed: 1" in printed) is not stays
    again = f"they stay open: `crdb-sso disable {USER} --close-sessions` closes them"
    assert (again in printed) is stays


def test_a_user_that_is_shut_out_already_may_still_have_sessions_to_close(
    cluster: EmbeddedCluster, session: psycopg.Connection[Any]
) -> None:
    cluster.execute(f"ALTER USER {USER} WITH NOLOGIN")

    code, printed, _ = crdb_sso("disable", USER, "--close-sessions", "--yes")

    assert code == 0
    assert f"{USER} may not log in already" in printed
    assert not is_open(session)


def test_as_json_it_says_what_was_done(
    cluster: EmbeddedCluster, session: psycopg.Connection[Any]
) -> None:
    code, printed, aside = crdb_sso("disable", USER, "--yes", "--close-sessions", "--json")

    assert (code, json.loads(printed)) == (
        0,
        {
            "user": USER,
            "state": "NOLOGIN",
            "was": "LOGIN",
            "claimed_by": [OWNER],
            "open_sessions": 1,
            "closed_sessions": 1,
        },
    )
    assert LEFT_SO in aside
    assert options(cluster) == "NOLOGIN"
    assert not is_open(session)


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("command", ["disable", "enable"])
@pytest.mark.parametrize(
    ("user", "code", "what"),
    [
        ("root", 2, "the SQL user 'root' is reserved"),
        ("admin", 2, "the SQL user 'admin' is reserved"),
        ("node", 2, "the SQL user 'node' is reserved"),
        ("public", 2, "the SQL user 'public' is reserved"),
        ("pg_signal", 2, "the SQL user 'pg_signal' is reserved"),
        ("Nobody", 2, "is not as CockroachDB stores it"),
        ("", 2, "'' is not a legal SQL user name"),
        ("nobody", 1, "there is no SQL user nobody on this cluster"),
    ],
)
def test_a_user_that_is_reserved_or_missing_is_an_error(
    command: str, user: str, code: int, what: str
) -> None:
    ended, printed, errors = crdb_sso(command, user, "--yes")

    assert (ended, printed) == (code, "")
    assert what in errors
    assert "Next step: " in errors


# what stacks do about it


class Log:
    """Takes what the provider tells people."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.warnings: list[str] = []
        monkeypatch.setattr("pulumi.log.warn", self.warnings.append)
        monkeypatch.setattr("pulumi.log.info", lambda _: None)


def test_an_unrelated_up_leaves_it_shut_out_and_says_so_until_a_refresh(
    cluster: EmbeddedCluster, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    crdb_sso("disable", USER, "--yes")
    log = Log(monkeypatch)
    logins = wish(cluster)["logins"] | {"app_new": {"identities": {"n": identity("n-1")}}}
    news = wish(cluster, logins=logins)

    after = update(state, news)

    named = f"SQL user {USER} was shut out by hand (NOLOGIN): not put back"
    assert [line for line in log.warnings if named in line]
    assert options(cluster) == "NOLOGIN"
    seen = dict(ClusterLoginsProvider().read(OWNER, after).outs or {})
    update(seen, news)
    assert options(cluster) == ""


# enable


def test_a_user_is_let_in_again_and_stacks_need_no_change(
    cluster: EmbeddedCluster, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    crdb_sso("disable", USER, "--yes")

    code, printed, errors = crdb_sso("enable", USER, "--yes")

    assert (code, errors) == (0, "")
    assert printed.splitlines() == [
        f"{OWNER} claims {USER}, and has it as LOGIN itself",
        f"{USER} may log in again",
    ]
    with contextlib.closing(connect(cluster)) as session:
        assert is_open(session)
    log = Log(monkeypatch)
    update(state, wish(cluster))
    assert log.warnings == []


def test_a_user_that_a_stack_shuts_out_is_let_in_after_it_is_named(
    cluster: EmbeddedCluster,
) -> None:
    logins = {USER: {"identities": {"o": identity("o-1")}, "login": False}}
    create(wish(cluster, owner=OTHER, logins=logins))

    code, printed, _ = crdb_sso("enable", USER, said="y\n")

    assert code == 0
    assert f"{OTHER} shuts {USER} out (`login: false`)" in printed
    assert options(cluster) == ""


@pytest.mark.usefixtures("state")
def test_enabling_who_may_log_in_changes_nothing(cluster: EmbeddedCluster) -> None:
    before = cluster.snapshot()

    code, printed, _ = crdb_sso("enable", USER, "--json")

    assert (code, json.loads(printed)) == (
        0,
        {"user": USER, "state": "LOGIN", "was": "LOGIN", "claimed_by": [OWNER]},
    )
    assert cluster.snapshot() == before
