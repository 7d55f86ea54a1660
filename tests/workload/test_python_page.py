"""docs/workloads/python.md: each program runs as it stands, with a token of this machine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks
from tests.support.servers import PROJECT
from tests.workload.trusted_issuer import USER, Trusted

PAGE = "docs/workloads/python.md"
PROGRAMS = {
    block.info.removeprefix("python "): block.content
    for block in blocks(PAGE)
    if block.info.startswith("python ")
}
SOURCE = "tokens.gcp(login.audience)"
OURS = 'tokens.file("token")'


@pytest.fixture
def folder(trusted: Trusted, tmp_path: Path) -> Path:
    """A folder with a stack's output, and a token that opens the login."""
    (tmp_path / "connect.json").write_text(json.dumps(trusted.connect))
    (tmp_path / "token").write_text(trusted.token())
    return tmp_path


def run(folder: Path, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": f"{PROJECT}:{folder}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_of_the_page_logs_in(folder: Path, name: str) -> None:
    assert SOURCE in PROGRAMS[name]

    printed = run(folder, PROGRAMS[name].replace(SOURCE, OURS))

    assert USER in printed


def test_the_page_names_every_extra_that_a_workload_may_need() -> None:
    page = (ROOT / PAGE).read_text()
    extras = [
        line.partition(" ")[0]
        for line in (ROOT / "pyproject.toml").read_text().splitlines()
        if line.startswith("workload")
    ]

    assert len(extras) == 9
    assert all(f"`{extra}`" in page for extra in extras)
