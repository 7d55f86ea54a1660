"""What reaches people, pipes and scripts: printable texts, exit codes, and never a password."""

import signal
import socket
import subprocess
import sys

import pytest

from tests.cli.test_cli import crdb_sso, crdb_sso_process
from tests.support.ports import kept_port
from tests.support.provider_calls import ISSUER, create, identity, wish
from tests.support.servers import PROJECT, EmbeddedCluster

URL = "postgresql://root:s3cret:@s3cret@db/x"


def test_what_would_command_a_terminal_is_escaped(cluster: EmbeddedCluster) -> None:
    audience = "crdb\x1b[2J\nforged"
    logins = {"app_stock": {"identities": {"s": {**identity("s-1"), "audience": audience}}}}
    create(wish(cluster, owner="org/\x1b[1mshop/prod/sso", logins=logins))

    _, listed, _ = crdb_sso("claims", "list")
    _, told, _ = crdb_sso("claims", "release", "org/\x1b[1mshop/prod/sso", said="n\n")
    _, _, errors = crdb_sso("claims", "release", "org/\x1b[2Jx")

    assert "\x1b" not in listed + told + errors
    assert listed.splitlines()[0] == r"org/\x1b[1mshop/prod/sso"
    assert r"crdb\x1b[2J\nforged" in listed
    assert r"- audience crdb\x1b[2J\nforged" in told.splitlines()


def test_a_table_can_be_printed_in_every_encoding(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    logins = {"app_stock": {"identities": {"s": identity("s-ü")}}}
    create(wish(cluster, owner="örg/shop/prod/sso", logins=logins))

    code, printed, _ = crdb_sso_process("claims", "list")

    assert code == 0
    assert printed.splitlines()[0] == r"\xf6rg/shop/prod/sso"
    assert rf"{ISSUER} s-\xfc app_stock" in printed


@pytest.mark.parametrize("arguments", [["claims", "list"], ["claims", "list", "--json"], ["adopt"]])
def test_a_reader_that_goes_away_ends_a_command_without_a_word(
    cluster: EmbeddedCluster, arguments: list[str]
) -> None:
    create(wish(cluster))

    with subprocess.Popen(
        [sys.executable, "-m", "crdb_sso", *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()  # before anything is printed
        errors = running.stderr.read()

    assert (running.returncode, errors) == (141, b"")


def test_ctrl_c_ends_a_command_without_a_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://root@127.0.0.1:{silent.getsockname()[1]}/x"
        with (
            subprocess.Popen(
                [sys.executable, "-m", "crdb_sso", "--cluster-url", url, "claims", "list"],
                cwd=PROJECT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            ) as running,
            silent.accept()[0],
        ):  # it waits for an answer from here on
            running.send_signal(signal.SIGINT)
            printed, errors = running.communicate()

    assert (running.returncode, printed) == (130, b"")
    assert b"Traceback" not in errors


def test_a_command_says_at_once_what_it_waits_for_and_gives_up_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CRDB_SSO_CONNECT_WAIT_S", raising=False)
    with kept_port() as port:
        url = f"postgresql://root@127.0.0.1:{port}/x"
        code, printed, errors = crdb_sso("--cluster-url", url, "claims", "list")

    first, second, *_ = errors.splitlines()
    where = f"127.0.0.1:{port}"
    assert (code, printed) == (1, "")
    assert first == f"waiting up to 5 s for {where} to accept connections: connection refused"
    assert second.startswith(f"crdb-sso: can't connect to {where}: ")


@pytest.mark.usefixtures("cluster")
def test_an_owner_that_no_cluster_can_store_is_refused() -> None:
    code, printed, errors = crdb_sso("claims", "release", "--yes", "caf\udce9")

    assert (code, printed) == (2, "")
    assert r"the text 'caf\udce9' is not valid Unicode" in errors


# what goes wrong


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param([], 2, "Missing command", id="no command"),
        pytest.param(
            ["--cluster-url", "", "claims", "list"], 2, "CRDB_SSO_CLUSTER_URL", id="no URL"
        ),
        pytest.param(
            ["--cluster-url", "db:1", "claims", "list"], 2, "not a postgresql:// URL", id="URL"
        ),
        pytest.param(
            ["--database", "No Such", "claims", "list"], 2, "not a legal name", id="database"
        ),
        pytest.param(["init", "--registry-role", "a b"], 2, "not a legal SQL user name", id="role"),
        pytest.param(
            ["--database", "", "claims", "list"], 2, "'' is not a legal", id="no database"
        ),
        pytest.param(["claims", "list", "--owner", ""], 2, "owner is empty", id="no owner to list"),
        pytest.param(["claims", "release", ""], 2, "owner is empty", id="no owner to release"),
        pytest.param(["rotate", "--check", "--owner", ""], 2, "owner is empty", id="no owner"),
        pytest.param(["claims", "list", URL], 2, "root:...@db/x)", id="a URL too many"),
        pytest.param([URL, "claims", "list"], 2, "root:...@db/x'", id="a URL as command"),
        pytest.param(["--database", URL, "claims", "list"], 2, "root:...@db/x", id="as database"),
        pytest.param(["claims", "release", URL], 1, "root:...@db/x has no", id="as owner"),
        pytest.param(
            ["claims", "release", "postgresql://db/x?password=s3cret&user=root"],
            1,
            "?password=...&user=root",
            id="as owner, with the password as parameter",
        ),
        pytest.param(
            ["--cluster-url", "postgresql://root:s3cret@127.0.0.1:1/x", "claims", "list"],
            1,
            "can't connect to 127.0.0.1:1",
            id="nobody there",
        ),
    ],
)
def test_what_goes_wrong_is_a_line_and_the_next_step(
    arguments: list[str], code: int, says: str
) -> None:
    ended, printed, errors = crdb_sso(*arguments)

    assert (ended, printed) == (code, "")
    assert says in errors
    assert "s3cret" not in errors
