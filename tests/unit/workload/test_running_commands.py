"""A command is bounded in what it prints and in time, and nothing of it is left."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crdb_sso.cli.given_token import token_from_source
from crdb_sso.errors import InvalidInput, TokenUnavailable
from crdb_sso.workload import tokens
from crdb_sso.workload.tokens.running import LARGEST_BYTES, TooLateError, TooMuchError, run
from tests.support.interruptions import MOMENTS, interrupted

PATIENCE_S = 20.0
ENDLESS = "printf %s $$ > {pid}; exec yes aaaa"


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_command_that_prints_without_end_is_killed_and_told(tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    with pytest.raises(TokenUnavailable, match="prints more than 1000000 bytes"):
        tokens.command(["sh", "-c", ENDLESS.format(pid=pid)]).token()

    assert not is_running(int(pid.read_text()))


def test_a_key_that_has_no_end_is_told(tmp_path: Path) -> None:
    whose = ("https://i.example", "o", "crdb")
    large = tmp_path / "large"
    large.write_bytes(b"a" * (LARGEST_BYTES + 1))

    with pytest.raises(TokenUnavailable, match="prints more than 1000000 bytes"):
        tokens.self_signed(*whose, key_command="yes aaaa").token()
    with pytest.raises(TokenUnavailable, match="is too large for the private key"):
        tokens.self_signed(*whose, key_file=large).token()


def test_the_command_line_has_the_same_bound() -> None:
    with pytest.raises(InvalidInput, match="prints more than 1000000 bytes"):
        token_from_source("command:yes aaaa")


def test_what_is_within_the_bound_is_read_whole_and_complaints_do_not_stop_it() -> None:
    script = (
        "import sys; sys.stderr.write('b' * 3_000_000); sys.stdout.write('a' * 1_000_000);"
        " sys.exit(3)"
    )

    ended = run([sys.executable, "-c", script], 30)

    assert (ended.code, len(ended.printed)) == (3, LARGEST_BYTES)
    assert len(ended.complaint) == LARGEST_BYTES + 1


def test_one_byte_more_is_too_much() -> None:
    with pytest.raises(TooMuchError):
        run([sys.executable, "-c", "print('a' * 1_000_000)"], 30)


def test_who_hands_its_outputs_to_others_does_not_keep_us_waiting(tmp_path: Path) -> None:
    script = f"sleep 300 & echo $! > {tmp_path / 'pid'}"
    try:
        with pytest.raises(TooLateError):
            run(["sh", "-c", script], 0.5)
    finally:
        os.kill(int((tmp_path / "pid").read_text()), 9)


def test_a_command_does_not_outlive_the_program_that_asked(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    os.mkfifo(pid)
    code = (
        "import sys, threading; from crdb_sso.workload.tokens.running import run;"
        f" script = 'echo $$ > {pid}; exec sleep 300';"
        " threading.Thread(target=run, args=(['sh', '-c', script], 300), daemon=True).start();"
        " sys.stdin.read()"
    )
    program = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    started = int(pid.read_text())

    program.communicate()

    assert program.returncode == 0
    assert not is_running(started)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_signal_while_a_command_starts_leaves_none_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: Any
) -> None:
    pid = tmp_path / "pid"
    os.mkfifo(pid)
    started: list[int] = []

    with interrupted(monkeypatch, moment, lambda: started.append(int(pid.read_text()))):
        run(["sh", "-c", f"echo $$ > {pid}; exec sleep 300"], 300)

    assert not is_running(started[0])
