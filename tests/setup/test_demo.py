"""`make demo` runs to its end, or gives one reason why not, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from dev import process_tree
from dev.setup.environment import engine_environment

ROOT = Path(__file__).parents[2]
FOLDERS = ROOT / ".state/demo"
PATIENCE_S = 60.0

pytestmark = pytest.mark.engine


class RunningDemo:
    """A running demo, read line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.said: list[str] = []

    @property
    def pid(self) -> int:
        return self._process.pid

    def until(self, text: str) -> None:
        """Read on to a line with this text, and remember the processes at that moment."""
        for line in self._lines():
            if text in line:
                return
        pytest.fail(f"the demo never said {text!r}:\n" + "\n".join(self.said))

    def family(self) -> set[psutil.Process]:
        """Everything that the demo started and that still runs."""
        return process_tree.descendants(self._process.pid)

    def send(self, signum: signal.Signals) -> None:
        self._process.send_signal(signum)

    def end(self) -> int:
        """Read the rest; return the exit status."""
        list(self._lines())
        return self._process.wait()

    def _lines(self) -> Iterator[str]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line.rstrip("\n"))
            yield line


@contextmanager
def demo(module: str = "dev.demo", **variables: str) -> Iterator[RunningDemo]:
    env = {**os.environ, **engine_environment(ROOT, os.environ), **variables}
    with subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        yield RunningDemo(process)
    assert folders_of(process.pid) == [], "every run removes its folder"


def folders_of(pid: int) -> list[Path]:
    """The folders of one run; others may be at work beside it."""
    return list(FOLDERS.glob(f"run-{pid}-*"))


@pytest.fixture(autouse=True)
def settings_before() -> Iterator[None]:
    """Every run leaves the committed settings alone."""
    settings = (ROOT / "Pulumi.local.yaml").read_bytes()
    yield
    assert (ROOT / "Pulumi.local.yaml").read_bytes() == settings


def test_the_demo_runs_to_its_end():
    # Variables of the person's point elsewhere; the demo stays on this machine.
    with demo(
        PGHOST="db.example.com", PGPASSWORD="x", HTTPS_PROXY="http://proxy.example.com:1"
    ) as d:
        status = d.end()

    assert (status, d.said[-1]) == (0, "demo: ok"), "\n".join(d.said)
    logins = [line.strip() for line in d.said if "SELECT current_user" in line]
    assert logins == ["SELECT current_user -> app_batch"] * 2
    assert any("+ night-shift" in line for line in d.said), "the preview shows the change"
    refusals = [line.strip() for line in d.said if line.strip().startswith("ERROR:")]
    assert len(refusals) == 2, "before the change, and after the end"
    assert_shown_in_readme(d.said)


def test_the_demo_of_the_clouds_runs_to_its_end():
    with demo("dev.demo.clouds") as d:
        status = d.end()

    assert (status, d.said[-1]) == (0, "demo: ok"), "\n".join(d.said)
    logins = [line.strip() for line in d.said if "SELECT current_user" in line]
    assert logins == [
        "SELECT current_user -> app_orders",
        "SELECT current_user -> app_billing",
        "SELECT current_user -> app_batch",
        "SELECT current_user -> app_orders",
    ]
    refusals = [line.strip() for line in d.said if line.strip().startswith("ERROR:")]
    assert len(refusals) == 2, "another's login, and a token of the deleted account"
    told = "\n".join(d.said).split("\ndemo: ")
    (first,) = [step for step in told if step.startswith("pulumi preview: ")]
    (again,) = [step for step in told if step.startswith("pulumi preview --refresh: ")]
    planned = "+ app_orders: google subject [unknown] (audience crdb-sso/crdb-sso/local) may log in"
    assert planned in first
    assert 0 < again.index("- app_orders: google subject 1") < again.index(planned)
    assert d.said[-2].strip() == "left on the clouds: 0"


def assert_shown_in_readme(said: list[str]) -> None:
    """Check that the README's lines were printed, in this order; ports differ from run to run."""
    readme = (ROOT / "README.md").read_text()
    shown = readme.partition("<!-- demo:begin -->\n```\n")[2].partition("```\n<!-- demo:end")[0]
    assert shown
    printed = iter([re.sub(r"\d+", "N", line).strip() for line in said])
    for line in shown.splitlines():
        if line.strip() != "...":
            assert re.sub(r"\d+", "N", line).strip() in printed, f"not printed here: {line}"


@pytest.mark.parametrize(
    ("moment", "signum"),
    [
        pytest.param("demo: the stack", signal.SIGINT, id="Ctrl-C between two commands"),
        pytest.param("ClusterLogins sso-logins", signal.SIGTERM, id="SIGTERM while Pulumi writes"),
    ],
)
def test_an_interrupted_demo_leaves_no_process(moment, signum):
    with demo() as d:
        d.until(moment)
        family = d.family()
        assert len(folders_of(d.pid)) == 1
        d.send(signum)
        status = d.end()

    assert status == 128 + signum
    assert d.said[-1] == "demo: interrupted; everything it started has been stopped"
    assert len(family) >= 2, "the two servers at least"
    assert process_tree.gone_within(0.0, family) == set()


def test_a_step_that_fails_gives_one_reason_and_leaves_no_process():
    with demo(CRDB_SSO_CONNECT_WAIT_S="1") as d:
        d.until("demo: the stack")
        family = d.family()
        for process in family:
            with suppress(psutil.NoSuchProcess):  # it has ended by itself in the meantime
                if "dev.emulator" in process.cmdline():
                    process.kill()
        status = d.end()

    assert status == 1
    failed = "demo: failed: pulumi up ended with status 1: can't connect to localhost:"
    assert d.said[-1].startswith(failed), "\n".join(d.said)
    # PostgreSQL behind the killed front end ends by itself, which nobody waits for
    assert process_tree.gone_within(PATIENCE_S, family) == set()
