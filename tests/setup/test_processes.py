"""Programs that are started are stopped, with all that they started, whatever happens."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dev import process_tree
from dev.processes import Processes, ProgramFailed
from tests.support.processes import working_in

ROOT = Path(__file__).parents[2]

# A server with a child process; it ignores SIGTERM when told to.
SERVER = """
import json, os, signal, subprocess, sys, time
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(json.dumps({"pid": os.getpid(), "child": child.pid}), flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "server.py").write_text(SERVER)
    return tmp_path


def serve(processes, folder, *arguments, **more):
    argv = [sys.executable, "server.py", *arguments]
    return processes.serve(argv, log=folder / "log", cwd=folder, **more)


def python(program):
    return [sys.executable, "-c", program]


def still_there(*pids):
    """Which of these processes still run."""
    family = set().union(*(process_tree.itself(pid) for pid in pids))
    return process_tree.gone_within(0.0, family)


def test_a_server_is_ready_when_its_line_is_there_and_gone_after_the_block(folder):
    with Processes() as processes:
        ready = serve(processes, folder)
        assert len(still_there(ready["pid"], ready["child"])) == 2

    assert still_there(ready["pid"], ready["child"]) == set()


def test_a_failure_in_the_block_stops_the_servers_too(folder):
    def fail_with_a_server_running():
        with Processes() as processes:
            pids.append(serve(processes, folder)["child"])
            raise ZeroDivisionError

    pids: list[int] = []
    with pytest.raises(ZeroDivisionError):
        fail_with_a_server_running()

    assert still_there(*pids) == set()


def test_a_server_that_ignores_sigterm_is_killed(folder):
    with Processes(grace_s=0.2) as processes:
        ready = serve(processes, folder, "stubborn")

    assert still_there(ready["pid"], ready["child"]) == set()


@pytest.mark.parametrize(
    ("program", "reason", "tail"),
    [
        pytest.param(
            "import sys; sys.exit('no port left')",
            "-c ended before it was ready",
            ("no port left",),
            id="ended",
        ),
        pytest.param("print('hello')", "-c did not print JSON but 'hello'", (), id="not JSON"),
        pytest.param(
            "print('[1]')", "-c did not print a JSON object but '[1]'", (), id="no object"
        ),
    ],
)
def test_a_server_that_does_not_get_ready_says_why(folder, program, reason, tail):
    with Processes() as processes, pytest.raises(ProgramFailed) as failed:
        processes.serve(python(program), log=folder / "log", cwd=folder)

    assert failed.value.reason == f"{Path(sys.executable).name} {reason}"
    assert failed.value.tail == tail


def test_a_server_that_is_too_slow_is_stopped(folder):
    with Processes() as processes, pytest.raises(ProgramFailed, match="took longer than 1 s"):
        processes.serve(["sleep", "600"], log=folder / "log", cwd=folder, ready_within_s=1.0)

    assert working_in(folder) == set()


def test_the_lines_of_a_command_come_one_by_one_errors_among_them(folder):
    program = (
        "import sys; print('a', flush=True); "
        "print('b', file=sys.stderr, flush=True); print('c', end='')"
    )

    with Processes() as processes:
        assert list(processes.run(python(program), cwd=folder)) == ["a", "b", "c"]


def test_a_command_that_fails_shows_its_last_lines(folder):
    program = "for n in range(40): print(n)\nraise SystemExit(3)"

    with Processes() as processes, pytest.raises(ProgramFailed) as failed:
        list(processes.run(python(program), cwd=folder))

    assert failed.value.reason.endswith(" ended with status 3")
    assert failed.value.tail == tuple(str(number) for number in range(25, 40))


def test_a_command_that_takes_too_long_is_stopped(folder):
    with Processes() as processes, pytest.raises(ProgramFailed, match="took longer than 1 s"):
        list(processes.run(["sh", "-c", "sleep 600 & wait"], cwd=folder, limit_s=1.0))

    assert working_in(folder) == set()


def test_what_a_command_leaves_behind_is_stopped(folder):
    program = (
        "import subprocess, sys; "
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], "
        "stdout=subprocess.DEVNULL).pid)"
    )

    with Processes() as processes:
        (orphan,) = processes.run(python(program), cwd=folder)

    assert still_there(int(orphan)) == set()


def test_a_command_that_does_not_exist_is_a_failure(folder):
    with Processes() as processes, pytest.raises(ProgramFailed, match="no-such does not start"):
        list(processes.run(["no-such"], cwd=folder))


# Starts a server, prints its process ids, and waits; a signal interrupts the waiting.
INTERRUPTED = """
import json, sys, time
from pathlib import Path
from dev.processes import Processes
folder = Path(sys.argv[1])
processes = Processes()
try:
    with processes:
        argv = [sys.executable, str(folder / "server.py"), *sys.argv[2:]]
        ready = processes.serve(argv, log=folder / "log", cwd=folder)
        print(json.dumps(ready), flush=True)
        time.sleep(600)
except KeyboardInterrupt:
    print("stopped by", processes.signum, flush=True)
"""


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_an_orderly_way(folder, signum):
    with subprocess.Popen(
        [*python(INTERRUPTED), folder], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        process.send_signal(signum)
        said = process.stdout.read()

    assert said == f"stopped by {int(signum)}\n"
    assert still_there(ready["pid"], ready["child"]) == set()


def test_a_second_ctrl_c_does_not_cut_the_stopping_short(folder):
    # The server notes that it was asked to stop, and takes its time.
    slow_end = (
        "import signal, time\n"
        "def end(*_): open('asked', 'w'); time.sleep(1); raise SystemExit\n"
        "signal.signal(signal.SIGTERM, end)\n"
    )
    (folder / "server.py").write_text(slow_end + SERVER)
    with subprocess.Popen(
        [*python(INTERRUPTED), folder], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        while not (folder / "asked").exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        said = process.stdout.read()

    assert said == f"stopped by {int(signal.SIGINT)}\n"
    assert still_there(ready["pid"], ready["child"]) == set()
