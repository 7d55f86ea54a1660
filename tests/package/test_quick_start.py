"""docs/quick-start.md: from an empty folder to a query, in ten commands, as they stand."""

import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.docs.pages import blocks
from tests.support.newcomers import environment_of_newcomer, script
from tests.support.ports import kept_port
from tests.support.wheels import pack_installed, pins

PAGE = "docs/quick-start.md"
BLOCKS = blocks(PAGE)
CLEAN_UP = blocks(PAGE, "Clean up")
MOST_COMMANDS = 10
PORTS = ("26257", "8443")  # free ones take their place; everything else is unchanged
LAST_SERVER = "--dir issuer --port 8443 &\n"
UNTIL_READY = r"""
until grep -q '"admin_url[":]' ../said && grep -q '"jwks_uri[":]' ../said
do kill -0 %1; kill -0 %2; sleep 0.3
done 2> /dev/null
"""
KEY_ID = re.compile(r"\bkeys \S+")
WRITTEN = re.compile(r"^Diagnostics:\n.*\n((?: {4}.+\n)+)", re.MULTILINE)
PATIENCE_S = 280


def commands(text: str) -> list[list[str]]:
    """Return the words of each command, whatever stands between two of them."""
    assert not set(text) & set("`()"), "a command within a command would not be counted"
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        words = shlex.shlex(line, posix=True, punctuation_chars=";&|")
        words.whitespace_split = True
        for word in words:
            if set(word) <= set(";&|"):
                found.append([])
            else:
                found[-1].append(word)
        found.append([])
    return [words for words in found if words]


def test_commands_are_counted_however_they_are_written() -> None:
    text = "cd a && b 'x && y' --c; d | e # f\n\n  A=1 g > h &\n"

    names = [words[0] for words in commands(text)]

    assert names == ["cd", "b", "d", "e", "A=1"]


def test_it_takes_ten_commands_at_most() -> None:
    typed = [
        words
        for block in BLOCKS
        if block.info == "sh" and block.content not in [b.content for b in CLEAN_UP]
        for words in commands(block.content)
    ]

    assert 1 <= len(typed) <= MOST_COMMANDS
    assert typed[-1] == ["python", "workload.py"]


@pytest.fixture(scope="module")
def local_wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with wheels of what the cluster and the issuer need on top."""
    folder = tmp_path_factory.mktemp("local") / "packed"
    return pack_installed(folder, list(pins("requirements-local.txt")))


def follow(text: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a script that starts servers; return what is printed, and stop what is left of them."""
    said = folder.parent / "said"
    with said.open("w") as file:
        shell = subprocess.Popen(
            ["bash", "-c", text],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = shell.wait(PATIENCE_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)
    assert code == 0, said.read_text()
    return said.read_text()


@pytest.mark.engine
def test_every_command_works_and_the_workload_logs_in(
    tmp_path: Path, wheels: Path, local_wheels: Path
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    newcomer = environment_of_newcomer(tmp_path, wheels, local_wheels)
    text = script(BLOCKS)
    assert LAST_SERVER in text
    text = text.replace(LAST_SERVER, LAST_SERVER + UNTIL_READY)
    with kept_port() as cluster, kept_port() as issuer:
        for example, port in zip(PORTS, (cluster, issuer), strict=True):
            assert example in text
            text = text.replace(example, str(port))

        said = follow(text, folder, newcomer)

    assert "\nlogged in as app_orders\n" in said
    (shown,) = [block.content for block in BLOCKS if not block.info]
    expected = KEY_ID.sub("keys ...", shown.replace(PORTS[1], str(issuer))).splitlines()
    (_, written, *_) = WRITTEN.findall(said)  # of the preview, of `up`, of `destroy`
    lines = KEY_ID.sub("keys ...", written).splitlines()
    assert [line.strip().removeprefix("info: ") for line in lines] == expected
    connect = json.loads((folder / "connect.json").read_text())
    assert connect["app_orders"]["ca_file"] == f"{folder}/cluster/ca.crt"
