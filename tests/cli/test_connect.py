"""`crdb-sso connect` and `crdb-sso token-file`: clients and files with fresh tokens."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.cli.test_cli import crdb_sso_process as crdb_sso  # it becomes the client
from tests.support.ports import kept_port
from tests.support.servers import PROJECT, EmbeddedCluster, LocalIssuer, local_issuer
from tests.workload.trusted_issuer import USER, Trusted, trust

LOGS_IN = (
    "import psycopg; conn = psycopg.connect('');"
    " print(conn.execute('SELECT current_user').fetchone()[0])"
)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
def trusted(cluster: EmbeddedCluster, issuer: LocalIssuer) -> Trusted:
    return trust(cluster, issuer)


@pytest.fixture
def token(trusted: Trusted, tmp_path: Path) -> str:
    """A file with a token that opens the login."""
    file = tmp_path / "token"
    file.write_text(trusted.token())
    return str(file)


@pytest.fixture
def output(trusted: Trusted, tmp_path: Path, token: str) -> str:
    """What a stack's output says of the login."""
    file = tmp_path / "connect.json"
    said = trusted.connect
    said[USER]["source"] = {"kind": "file", "path": token}
    file.write_text(json.dumps(said))
    return str(file)


def test_a_client_is_logged_in_by_what_the_output_says(output: str) -> None:
    client = [sys.executable, "-c", LOGS_IN]

    assert crdb_sso("connect", USER, "--connect", output, "--", *client) == (0, f"{USER}\n", "")


def test_a_client_is_logged_in_by_what_the_command_says(trusted: Trusted, token: str) -> None:
    where = ("--host", trusted.login.host, "--port", str(trusted.login.port))
    ca = ("--ca-file", trusted.login.ca_file)
    client = [sys.executable, "-c", LOGS_IN]

    said = crdb_sso("connect", USER, *where, *ca, "--token-from", f"file:{token}", "--", *client)

    assert said == (0, f"{USER}\n", "")


def test_no_service_file_leads_the_client_elsewhere(
    output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = tmp_path / "services"
    services.write_text("[evil]\nhost=evil.invalid\nsslmode=disable\nuser=evil\n")
    monkeypatch.setenv("PGSERVICE", "evil")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    client = [sys.executable, "-c", LOGS_IN]

    assert crdb_sso("connect", USER, "--connect", output, "--", *client) == (0, f"{USER}\n", "")


def test_the_output_may_be_named_by_the_environment(
    output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRDB_SSO_CONNECT", output)

    assert crdb_sso("connect", USER, "--", sys.executable, "-c", LOGS_IN)[:2] == (0, f"{USER}\n")


def test_the_exit_code_is_the_clients_and_no_argument_holds_the_token(output: str) -> None:
    code = "import sys; print(sys.argv); sys.exit(7)"

    code_and_text = crdb_sso("connect", USER, "--connect", output, "--", sys.executable, "-c", code)

    assert code_and_text[:2] == (7, "['-c']\n")


def test_a_token_that_does_not_fit_is_told_before_the_client_starts(
    output: str, trusted: Trusted, token: str
) -> None:
    wrong = trusted.issuer.token({"sub": "orders-service", "aud": "api://crdb"})
    Path(token).write_text(wrong)

    code, printed, said = crdb_sso("connect", USER, "--connect", output, "--", "echo", "started")

    assert (code, printed) == (0, "started\n")
    assert (
        "the cluster will refuse this token: audience: expected: 'crdb'; seen: 'api://crdb'" in said
    )
    assert "without api:// it is accepted" in said
    assert wrong not in said


def test_a_dsn_is_printed_for_other_clients(output: str, trusted: Trusted) -> None:
    code, printed, _ = crdb_sso("connect", USER, "--connect", output, "--dsn")

    assert code == 0
    assert conninfo_to_dict(printed.strip())["password"] == trusted.given[0]
    with psycopg.connect(printed.strip()) as conn:
        assert conn.info.user == USER
    code, printed, _ = crdb_sso("connect", USER, "--connect", output, "--dsn", "--json")
    assert json.loads(printed)["expires_at"].endswith("+00:00")


def test_a_client_that_is_missing_is_named(output: str) -> None:
    code, printed, said = crdb_sso("connect", USER, "--connect", output, "--", "no-such-client")

    assert (code, printed) == (2, "")
    assert "no-such-client can't be started: No such file or directory" in said


def test_without_a_token_no_client_starts(output: str, token: str) -> None:
    Path(token).unlink()

    code, printed, said = crdb_sso("connect", USER, "--connect", output, "--", "echo", "started")

    assert (code, printed) == (1, "")
    assert f"tokens.file(path='{token}'): can't read it: No such file" in said


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--connect", "absent.json"], "can't read 'absent.json'"),
        (["--host", "db"], "where the token of app_orders comes from"),
        (["--host", "db", "--token-from", "vault"], "there is no token source 'vault'"),
        (["--host", "db", "--token-from", "github:x"], "github does not take a value"),
        (["--host", "db", "--token-from", "file"], "Write file:VALUE."),
        (["--host", "db", "--token-from", "gcp", "--token-option", "x"], "does not name a"),
        (["--host", "db", "--token-option", "a=b"], "no token source is given"),
        (["--json"], "--json goes with --dsn only"),
        (["--dsn", "--", "psql"], "--dsn prints a URL, and starts no client"),
        (["--port", "5432"], "--port goes with --host only"),
        (["--sql-database", "shop"], "--sql-database goes with --host only"),
        (["--host", "db", "--identity", "a"], "--identity goes with an output only"),
    ],
)
def test_wrong_arguments_are_named(arguments: list[str], reason: str) -> None:
    code, printed, said = crdb_sso("connect", USER, *arguments)

    assert (code, printed) == (2, "")
    assert reason in said


def test_at_a_shell_a_missing_source_is_an_option_away(trusted: Trusted, tmp_path: Path) -> None:
    file = tmp_path / "connect.json"
    file.write_text(json.dumps(trusted.connect))

    code, _, said = crdb_sso("connect", USER, "--connect", str(file))

    assert code == 2
    assert "Next step: Give --token-from KIND[:VALUE], one of gcp, " in said


def test_without_an_output_it_says_how_to_write_one() -> None:
    code, _, said = crdb_sso("connect", USER)

    assert code == 2
    assert "there is no connect.json here, and no --connect is given" in said
    assert "pulumi stack output connect --json > connect.json" in said


def test_a_token_is_written_once(output: str, trusted: Trusted, tmp_path: Path) -> None:
    file = tmp_path / "fresh"
    asked = ("token-file", "--out", str(file), "--once")

    assert crdb_sso(*asked, "--user", USER, "--connect", output) == (0, "", "")
    assert file.read_text() == trusted.given[0]
    assert file.stat().st_mode & 0o777 == 0o600
    command = f"cat {shlex.quote(str(file))}"
    code, printed, _ = crdb_sso(
        *asked, "--token-from", f"command:{command}", "--audience", "crdb", "--json"
    )
    assert code == 0
    assert json.loads(printed)["file"] == str(file)
    assert trusted.is_silent(printed)


def test_a_file_is_kept_fresh_until_the_signal(
    trusted: Trusted, tmp_path: Path, token: str
) -> None:
    file = tmp_path / "fresh"
    asked = ("token-file", "--out", str(file), "--token-from", f"file:{token}")
    running = subprocess.Popen(
        [sys.executable, "-m", "crdb_sso", *asked], cwd=PROJECT, stderr=subprocess.PIPE
    )
    try:
        while not file.exists():
            assert running.poll() is None
    finally:
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=60)

    assert (running.returncode, said) == (0, b"")
    assert file.read_text() == trusted.given[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_signal_is_heard_while_the_command_of_the_token_runs(
    tmp_path: Path, number: signal.Signals
) -> None:
    pid = tmp_path / "pid"
    os.mkfifo(pid)
    script = f"echo $$ > {shlex.quote(str(pid))}; exec sleep 300"
    source = f"command:sh -c {shlex.quote(script)}"
    asked = ("token-file", "--out", str(tmp_path / "fresh"), "--token-from", source)
    running = subprocess.Popen(
        [sys.executable, "-m", "crdb_sso", *asked], cwd=PROJECT, stderr=subprocess.PIPE
    )
    command = int(pid.read_text())

    running.send_signal(number)
    _, said = running.communicate(timeout=60)

    assert (running.returncode, said) == (0, b"")
    with pytest.raises(ProcessLookupError):
        os.kill(command, 0)
    assert not (tmp_path / "fresh").exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--json"], "--json goes with --once only"),
        (["--once", "--identity", "a"], "--identity goes with --user only"),
    ],
)
def test_an_option_of_a_file_without_effect_is_named(
    tmp_path: Path, options: list[str], reason: str
) -> None:
    out = ("--out", str(tmp_path / "t"), "--token-from", "file:/absent")

    code, printed, said = crdb_sso("token-file", *out, *options)

    assert (code, printed) == (2, "")
    assert reason in said


def test_a_file_without_a_token_to_write_ends_with_1(tmp_path: Path) -> None:
    code, _, said = crdb_sso(
        "token-file", "--out", str(tmp_path / "t"), "--token-from", "file:/absent"
    )

    assert code == 1
    assert "can't read it" in said
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_that_is_away_is_the_clients_affair(token: str) -> None:
    with kept_port() as port:
        where = ("--host", "127.0.0.1", "--port", str(port), "--ca-file", "system")
        client = (sys.executable, "-c", LOGS_IN)
        code, _, _ = _of_a_client(*where, "--token-from", f"file:{token}", "--", *client)

    assert code == 1


def _of_a_client(*arguments: str) -> tuple[int, str, str]:
    """Run a command whose client may print a traceback of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "crdb_sso", "connect", USER, *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return ran.returncode, ran.stdout, ran.stderr
