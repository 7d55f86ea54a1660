"""What a real cluster has to settle: each command of the list asks at least one row."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.docs.pages import ROOT

PAGE = (ROOT / "tests" / "contract" / "README.md").read_text()
COMMANDS = re.findall(r"`((?:CRDB_SSO_TEST_AS=26\.4 )?\.venv/bin/pytest -k [^`]+)`", PAGE)


def test_every_belief_has_its_command() -> None:
    beliefs = PAGE.partition("| What we believe |")[2].splitlines()[2:]
    rows = [line for line in beliefs if line.startswith("|")]
    assert len(rows) == len(COMMANDS) > 10


@pytest.fixture(scope="module")
def rows() -> list[str]:
    """Each row of the suite, by file and name; the same for every cluster that is asked."""
    listing = ["--collect-only", "-q", "-p", "no:cacheprovider", "tests/contract"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *listing],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return [line for line in done.stdout.splitlines() if "::" in line]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_asks_a_row(rows: list[str], command: str) -> None:
    found = re.fullmatch(r'(?:\S+ )?\S+ -k (?:by_url|"by_url and ([^"]+)") (.+)', command)
    assert found
    for file in found[2].split():
        assert [row for row in rows if row.startswith(f"{file}::") and (found[1] or "") in row]
