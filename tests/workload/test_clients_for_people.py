"""psql, `cockroach sql` and GUI clients: scripts and files of the pages log in."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.docs.pages import code_blocks
from tests.support.servers import PROJECT
from tests.workload.language_programs import EXAMPLES
from tests.workload.trusted_issuer import USER, Trusted

CRDB_SSO = f'#!/bin/sh\nexec {sys.executable} -m crdb_sso "$@"\n'
COCKROACH = f"""\
#!{sys.executable}
import os, psycopg, sys
assert sys.argv[1:] == ["sql", "-e", "SELECT current_user"]
with psycopg.connect(os.environ["COCKROACH_URL"]) as conn:
    print(conn.execute(sys.argv[3]).fetchone()[0])
"""
"""Stands in for `cockroach`, which is on no registry: takes the URL from its environment too."""


@pytest.fixture
def desk(trusted: Trusted, tmp_path: Path) -> Path:
    """A person's folder: the stack's output, which names the file with the token as its source."""
    connect = trusted.connect
    connect[USER]["source"] = {"kind": "file", "path": str(tmp_path / "token")}
    (tmp_path / "connect.json").write_text(json.dumps(connect))
    (tmp_path / "token").write_text(trusted.token() + "\n")
    (tmp_path / "bin").mkdir()
    for name, text in (("crdb-sso", CRDB_SSO), ("cockroach", COCKROACH)):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    for file in (*(EXAMPLES / "psql").iterdir(), *(EXAMPLES / "gui").iterdir()):
        shutil.copy(file, tmp_path)
    return tmp_path


def run(desk: Path, line: str) -> str:
    """Run a line as it stands on a page; return what it prints."""
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=desk,
        env={
            "HOME": str(desk),
            "PATH": f"{desk / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def needs(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool} on this machine")


def test_cockroach_sql_finds_the_token_in_its_environment(desk: Path) -> None:
    needs("jq")

    assert run(desk, "sh cockroach.sh -e 'SELECT current_user'") == USER


@pytest.mark.parametrize("client", ["psql", "cockroach"])
def test_the_commands_of_the_page_open_a_client(desk: Path, client: str) -> None:
    (line,) = [
        line
        for line in code_blocks("docs/workloads/psql.md", "sh")[0].splitlines()
        if f"-- {client} " in line
    ]
    if client == "psql":
        needs(client)

    assert USER in run(desk, line)


def test_a_url_for_any_client_logs_in(desk: Path) -> None:
    (line, *_) = code_blocks("docs/workloads/gui.md", "sh")

    assert who(run(desk, line)) == USER


def test_a_password_file_logs_in_and_keeps_the_lines_of_others(
    desk: Path, trusted: Trusted
) -> None:
    others = "db.example.com:5432:*:reports:secret\n"
    passwords = desk / ".pgpass"
    passwords.write_text(f"{others}*:*:*:{USER}:an old token\n")
    (*_, line) = code_blocks("docs/workloads/gui.md", "sh")

    run(desk, line)

    assert who(trusted.connect[USER]["url"], passfile=str(passwords)) == USER
    assert passwords.read_text().startswith(others)
    assert len(passwords.read_text().splitlines()) == 2
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600


def test_a_password_file_keeps_users_whose_names_only_look_alike(tmp_path: Path) -> None:
    others = [
        "# app.orders logs in with tokens",
        "*:*:*:appxorders:secret",
        "*:*:*:app.orders2:secret",
        r"\:\:1:5432:app.orders:reports:secret",
        "*:*:app.orders:reports:app.orders",
        r"*:*:*:back\\slash:with\:colon",
    ]
    own = ["*:*:*:app.orders:old", r"\:\:1:5432:shop:app.orders:old"]
    file = tmp_path / "passwords"
    file.write_text("\n".join([others[0], own[0], *others[1:], own[1]]) + "\n")
    environment = {
        "PGPASSFILE": str(file),
        "PGHOST": "db.example.com",
        "PGPORT": "26257",
        "PGUSER": "app.orders",
        "PGPASSWORD": "new",
        "PATH": os.environ["PATH"],
    }

    subprocess.run(["sh", EXAMPLES / "gui" / "pgpass.sh"], env=environment, check=True)

    fresh = "db.example.com:26257:*:app.orders:new"
    assert file.read_text().splitlines() == [*others, fresh]


def test_a_password_file_is_made_where_there_is_none(desk: Path, trusted: Trusted) -> None:
    (*_, line) = code_blocks("docs/workloads/gui.md", "sh")

    run(desk, line)

    assert who(trusted.connect[USER]["url"], passfile=str(desk / ".pgpass")) == USER
    assert sorted(file.name for file in desk.glob(".pgpass*")) == [".pgpass"]


def test_the_server_file_of_pgadmin_logs_in(desk: Path, trusted: Trusted) -> None:
    text = (desk / "pgadmin.json").read_text().replace("/home/me/connect.json", "connect.json")
    (server,) = json.loads(text)["Servers"].values()
    given: dict[str, Any] = server["ConnectionParameters"] | {
        "host": server["Host"].replace("db.example.com", trusted.login.host),
        "port": trusted.login.port,
        "dbname": server["MaintenanceDB"],
        "user": server["Username"],
        "sslrootcert": trusted.login.ca_file,
        "password": run(desk, server["PasswordExecCommand"]),  # as pgAdmin: a shell, and stripped
    }

    assert who("", **given) == USER


def who(url: str, **more: Any) -> str:
    with psycopg.connect(url, **more) as conn:
        (user,) = conn.execute("SELECT current_user").fetchone() or ("",)
    return str(user)
