"""An interpreter that hands over to a fork looks like one that has run by itself."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.prefork import PROJECT, prefork_client, preforked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are handed out on Linux")

TELL = """\
import json, os, sys
is_served = "crdb_sso.provider.rows" in sys.modules
print(json.dumps([sys.argv, os.getcwd(), os.environ["MINE"], is_served]))
"""


def started(folder: Path, program: str, *arguments: str, path: Path = PROJECT) -> list[str]:
    """Write a program under the name that the engine gives it; return how it is started."""
    script = folder / "pulumi-language-python-exec"
    script.write_text(program)
    variables = {"PYTHONPATH": f"{path}:{prefork_client()}", **preforked(), "MINE": "its own"}
    given = [f"{name}={text}" for name, text in variables.items()]
    return ["env", "-C", str(folder), *given, sys.executable, str(script), *arguments]


def run(argv: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(argv, input="typed", capture_output=True, text=True, check=False)


def test_it_has_its_own_arguments_folder_and_variables(tmp_path: Path) -> None:
    ran = run(started(tmp_path, TELL, "--one", "two"))

    script = str(tmp_path / "pulumi-language-python-exec")
    assert json.loads(ran.stdout) == [[script, "--one", "two"], str(tmp_path), "its own", True]


def test_another_project_is_never_served_by_this_ones_modules(tmp_path: Path) -> None:
    ran = run(started(tmp_path, TELL, path=tmp_path))

    assert json.loads(ran.stdout)[-1] is False


@pytest.mark.parametrize(
    ("program", "code", "out", "err"),
    [
        ("import sys; print(sys.stdin.read())", 0, "typed\n", ""),
        ("import sys; sys.exit(3)", 3, "", ""),
        ("import sys; sys.exit('wrong')", 1, "", "wrong\n"),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL, "", ""),
        ("import atexit; atexit.register(print, 'at the end')", 0, "at the end\n", ""),
    ],
    ids=["input", "code", "text", "signal", "atexit"],
)
def test_its_streams_and_its_end_are_passed_on(
    tmp_path: Path, program: str, code: int, out: str, err: str
) -> None:
    ran = run(started(tmp_path, program))

    assert (ran.returncode, ran.stdout, ran.stderr) == (code, out, err)


def test_an_error_nobody_catches_is_printed(tmp_path: Path) -> None:
    ran = run(started(tmp_path, "raise ValueError('wrong')"))

    assert ran.returncode == 1
    assert ran.stderr.endswith("ValueError: wrong\n")


def test_the_fork_ends_with_the_process_that_was_killed(tmp_path: Path) -> None:
    waits = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with subprocess.Popen(started(tmp_path, waits), stdout=subprocess.PIPE) as running:
        assert running.stdout
        fork = int(running.stdout.readline())
        running.kill()
        running.wait()

        assert running.stdout.read() == b"", "the fork held the other end until now"
    with pytest.raises(ProcessLookupError):
        _wait_until_gone(fork)


def _wait_until_gone(pid: int) -> None:
    for _ in range(500):
        os.kill(pid, 0)
        time.sleep(0.01)
