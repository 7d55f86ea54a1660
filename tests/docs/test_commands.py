"""What a page tells people to type works: targets, modules and folders exist."""

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import pytest
from typer.main import get_command

from crdb_sso.cli.app import app
from tests.docs.pages import ROOT, pages, said_in_code

TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands(page: str, start: str) -> list[list[str]]:
    """Return the words after a command, without comments and variables."""
    found = [line.removeprefix(start) for line in said_in_code(page) if line.startswith(start)]
    return [
        [word for word in shlex.split(line, comments=True) if "=" not in word] for line in found
    ]


def test_the_readme_names_make_targets() -> None:
    assert commands("README.md", "make ")[:2] == [["demo"], ["demo-clouds"]]


@pytest.mark.parametrize("page", pages())
def test_every_make_target_exists(page: str) -> None:
    asked = {word for words in commands(page, "make ") for word in words if word[0] != "-"}

    assert asked <= TARGETS


@pytest.mark.parametrize("page", pages())
def test_every_module_that_is_run_exists(page: str) -> None:
    for words in commands(page, "python -m "):
        module = ROOT.joinpath(*words[0].split("."))
        assert module.with_suffix(".py").is_file() or (module / "__main__.py").is_file(), words


@pytest.mark.parametrize("page", pages())
def test_every_command_of_crdb_sso_exists_with_its_options(page: str) -> None:
    for words in commands(page, "crdb-sso "):
        command: Any = get_command(app)
        known = set(_options(command))
        for word in words:
            if word in getattr(command, "commands", {}):
                command = command.commands[word]
                known |= set(_options(command))
        assert not hasattr(command, "commands"), words
        ours = takewhile(lambda word: word != "--", words)  # the rest is another program's
        assert {word for word in ours if word.startswith("--")} <= known, words


def _options(command: Any) -> Iterator[str]:
    for param in command.params:
        yield from param.opts


@pytest.mark.parametrize("page", pages())
def test_every_folder_of_tests_exists(page: str) -> None:
    for line in said_in_code(page):
        for path in re.findall(r"pytest (tests/[\w/.-]+)", line):
            assert (ROOT / path).exists(), line
