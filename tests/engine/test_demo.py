"""`make demo` tells the story that the README shows, and leaves nothing behind."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.servers import PROJECT

pytestmark = pytest.mark.engine

DEMO = [sys.executable, "-m", "dev.demo"]


def without_numbers(text: str) -> list[str]:
    """Return lines without what differs from run to run: ports and times."""
    return [re.sub(r"\d+(\.\d+)?", "N", line).rstrip() for line in text.splitlines()]


def left_behind(before: set[int]) -> list[str]:
    """Return the command lines of the demo's servers that started since."""
    found = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
        except psutil.Error:
            continue  # gone meanwhile, or a kernel thread
        if process.pid not in before and f"{PROJECT / '.state' / 'demo'}" in line:
            found.append(line)
    return found


def test_the_demo_prints_what_the_readme_shows_and_leaves_nothing_behind() -> None:
    before = set(psutil.pids())

    ran = subprocess.run(DEMO, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    assert ran.stdout.splitlines()[-1] == "demo: ok"
    readme = Path(PROJECT, "README.md").read_text()
    shown = readme.partition("<!-- demo:begin -->\n```\n")[2].partition("```\n<!-- demo:end")[0]
    printed = iter(without_numbers(ran.stdout))
    for line in without_numbers(shown):
        assert line.strip() == "..." or line in printed, f"not printed in this order: {line}"
    assert left_behind(before) == []


def test_ctrl_c_ends_the_demo_and_all_that_it_started() -> None:
    before = set(psutil.pids())
    demo = subprocess.Popen(DEMO, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    for line in demo.stdout:
        if line.startswith("demo: pulumi up"):
            break

    demo.send_signal(signal.SIGINT)
    rest = demo.communicate(timeout=90)[0]

    assert demo.returncode != 0
    assert "demo: ok" not in rest
    assert left_behind(before) == []
