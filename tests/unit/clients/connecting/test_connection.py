"""From a libpq URL to an open connection, or to an error that says what is wrong."""

from pathlib import Path

import pytest

from crdb_sso.clients.connecting.connection import WAIT_VARIABLE, check_cluster_url, connection
from crdb_sso.clients.connecting.waiting import LONG_WAIT_S, SHORT_WAIT_S, waiting
from crdb_sso.errors import ClusterUnreachable, InvalidInput
from tests.support.ports import kept_port
from tests.unit.scripted_tcp_server import (
    Treatment,
    broken_tls,
    hang_up,
    no_tls,
    silent_port,
    tcp_server,
    welcome,
    wrong_password,
)

SECRET = "hunter2"


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow a single attempt, and drop the machine's own libpq settings."""
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGSSLMODE", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(WAIT_VARIABLE, "0")


def url(port: int, parameters: str = "sslmode=disable") -> str:
    return f"postgresql://op:{SECRET}@127.0.0.1:{port}/defaultdb?{parameters}"


def refusal(cluster_url: str) -> ClusterUnreachable:
    with pytest.raises(ClusterUnreachable) as caught, connection(cluster_url):
        pass
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


# the URL


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        pytest.param("postgresql://op@db:26257/d", "db", "26257", id="plain"),
        pytest.param("postgres://op@db/d", "db", None, id="the other scheme, no port"),
        pytest.param("postgresql://op:p%40ss%2F@db/d", "db", None, id="an escaped password"),
        pytest.param("postgresql://a:1,b:2/d", "a,b", "1,2", id="two hosts"),
        pytest.param("postgresql://a,b:2/d", "a,b", ",2", id="two hosts, one port"),
        pytest.param("postgresql://[::1]:5/d", "::1", "5", id="an IPv6 address"),
        pytest.param("postgresql:///d?host=/run/pg", "/run/pg", None, id="a socket folder"),
    ],
)
def test_a_url_is_read_as_libpq_reads_it(text: str, host: str, port: str | None) -> None:
    parameters = check_cluster_url(text)
    assert (parameters["host"], parameters.get("port")) == (host, port)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(SECRET, "cluster_url is not a postgresql:// URL", id="no URL"),
        pytest.param(f"host=db password={SECRET}", "is not a postgresql:// URL", id="a key list"),
        pytest.param(f"https://op:{SECRET}@db", "is not a postgresql:// URL", id="another scheme"),
        pytest.param(f"postgresql://op:%zz{SECRET}@db", "can't be read by libpq", id="no escape"),
        pytest.param(f"postgresql://op@db?{SECRET}=1", "can't be read by libpq", id="parameter"),
        pytest.param(f"postgresql://op:{SECRET}@", "has no host", id="no host"),
        pytest.param("postgresql://", "has no host", id="nothing"),
        pytest.param(f"postgresql://op:{SECRET}@db/\0", "a NUL character", id="NUL"),
        pytest.param(f"postgresql://op:{SECRET}@db/\ud800", "can't be read", id="a surrogate"),
        pytest.param(f"postgresql://op:{SECRET}@db:\u0661/d", "can't be read", id="another 1"),
        pytest.param(f"postgresql://op:p@{SECRET}@db/d", "belongs to the password", id="an @"),
        pytest.param(f"postgresql://op:{SECRET}/x@db/d", "belongs to the password", id="a slash"),
        pytest.param(f"postgresql://op:/{SECRET}@db", "belongs to the password", id="slash first"),
        pytest.param(f"postgresql://op:p@{SECRET}:9@db/d", "belongs to the pass", id="an @ and :"),
    ],
)
def test_a_bad_url_is_not_repeated(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_cluster_url(text)
    assert message in caught.value.what
    assert "percent-escape special characters" in caught.value.hint
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


# the connection


def test_a_connection_is_in_autocommit_mode_and_closed_at_the_end() -> None:
    with tcp_server(welcome) as server, connection(url(server.port)) as conn:
        assert conn.autocommit
        assert conn.info.port == server.port
        assert not conn.closed
    assert conn.closed
    assert b"application_name\0crdb-sso\0" in server.asked[0]


def test_the_port_is_cockroachs_where_the_url_has_none(tmp_path: Path) -> None:
    error = refusal(f"postgresql://op:{SECRET}@/d?host={tmp_path}")

    assert error.what.startswith(f"can't connect to {tmp_path}:26257: ")
    assert f"{tmp_path}/.s.PGSQL.26257" in error.what


NOT_UP = "Check host, port, firewall and that the cluster is running; if it needs longer"
TLS = "Check sslmode, sslrootcert, sslcert and sslkey of cluster_url"
LOGIN = "Check the operator's user, password (PGPASSWORD) or client certificate"


def test_a_refused_port_is_a_cluster_that_is_not_up() -> None:
    with kept_port() as port:
        error = refusal(url(port))

    assert error.what == (
        f"can't connect to 127.0.0.1:{port}: connection failed: connection to server at"
        f' "127.0.0.1", port {port} failed: Connection refused'
    )
    assert error.hint.startswith(NOT_UP)
    assert WAIT_VARIABLE in error.hint


def test_one_reason_is_enough_for_several_hosts() -> None:
    with kept_port() as port:
        error = refusal(f"postgresql://op:{SECRET}@127.0.0.1:{port},127.0.0.1:{port}/d")

    assert error.what.startswith(f"can't connect to 127.0.0.1,127.0.0.1:{port},{port}: ")
    assert error.what.endswith("Connection refused")
    assert error.what.count("Connection refused") == 1


def test_a_silent_port_is_a_cluster_that_is_not_up() -> None:
    with silent_port() as port:
        error = refusal(url(port, "sslmode=disable&connect_timeout=1"))

    assert error.what == f"can't connect to 127.0.0.1:{port}: connection timeout expired"
    assert error.hint.startswith(NOT_UP)


@pytest.mark.parametrize(
    ("treatment", "parameters", "reason", "hint"),
    [
        pytest.param(
            hang_up,
            "sslmode=disable",
            "server closed the connection unexpectedly",
            NOT_UP,
            id="a server that hangs up",
        ),
        pytest.param(
            no_tls,
            "sslmode=require",
            "server does not support SSL, but SSL was required",
            TLS,
            id="a server without TLS",
        ),
        pytest.param(broken_tls, "sslmode=require", "SSL", TLS, id="TLS that breaks off"),
        pytest.param(
            wrong_password,
            "sslmode=disable",
            "password authentication failed for user op",
            LOGIN,
            id="a wrong password",
        ),
    ],
)
def test_a_failure_says_what_and_what_to_check(
    treatment: Treatment, parameters: str, reason: str, hint: str
) -> None:
    with tcp_server(treatment) as server:
        error = refusal(url(server.port, parameters))

    assert reason in error.what
    assert error.hint.startswith(hint)
    assert len(error.what.splitlines()) == 1


# waiting


def test_without_a_wait_there_is_one_attempt() -> None:
    with tcp_server(hang_up) as server:
        refusal(url(server.port))
    assert len(server.asked) == 1


def test_a_cluster_that_comes_up_in_time_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WAIT_VARIABLE, "60")
    with tcp_server(hang_up, hang_up, welcome) as server, connection(url(server.port)) as conn:
        assert not conn.closed
    assert len(server.asked) == 3


def test_a_final_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WAIT_VARIABLE, "60")
    with tcp_server(hang_up, wrong_password) as server:
        refusal(url(server.port))
    assert len(server.asked) == 2


def test_an_unset_wait_is_a_minute_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WAIT_VARIABLE)
    with tcp_server(hang_up, wrong_password) as server:
        refusal(url(server.port))
    assert len(server.asked) == 2


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf"])
def test_a_wait_that_is_not_a_number_of_seconds_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WAIT_VARIABLE, text)
    message = f"{WAIT_VARIABLE}='{text}' is not a number of seconds"
    with pytest.raises(InvalidInput, match=message), connection(url(1)):
        pass


def test_a_wait_is_said_once_at_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WAIT_VARIABLE)
    said: list[str] = []
    with (
        tcp_server(hang_up, hang_up, welcome) as server,
        waiting(SHORT_WAIT_S, said.append),
        connection(url(server.port)),
    ):
        pass

    (line,) = said
    assert line == (
        f"waiting up to 5 s for 127.0.0.1:{server.port} to accept connections: server closed the"
        " connection unexpectedly"
    )


def test_who_does_not_wait_says_nothing() -> None:
    said: list[str] = []
    with (
        kept_port() as port,
        waiting(SHORT_WAIT_S, said.append),
        pytest.raises(ClusterUnreachable),
        connection(url(port), wait_s=0),
    ):
        pass

    assert said == []


def test_the_environment_overrides_how_long_is_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WAIT_VARIABLE, "0.3")
    said: list[str] = []
    with (
        kept_port() as port,
        waiting(LONG_WAIT_S, said.append),
        pytest.raises(ClusterUnreachable),
        connection(url(port)),
    ):
        pass

    assert said == [
        f"waiting up to 0.3 s for 127.0.0.1:{port} to accept connections: connection refused"
    ]
