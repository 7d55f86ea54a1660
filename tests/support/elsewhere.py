"""A Pulumi project that has nothing of this folder: its Python has the package installed."""

import os
from pathlib import Path

from dev.setup.environment import tools_folder
from tests.support.stacks import Stack
from tests.support.wheels import PROJECT, Environment

SETTINGS = """\
name: shop
runtime:
  name: python
  options:
    toolchain: pip
    virtualenv: {virtualenv}
"""


def path_without_this_folder(first: Path) -> str:
    """Return a PATH with a folder first, then the engine, without this project's own Python."""
    ours = str(PROJECT / ".venv" / "bin")
    theirs = [folder for folder in os.environ["PATH"].split(os.pathsep) if folder != ours]
    return os.pathsep.join([str(first), str(tools_folder(PROJECT)), *theirs])


def move_to(stack: Stack, installed: Environment) -> None:
    """Let a stack's program, and dynamic provider, run in an environment that has the package."""
    (stack.folder / "Pulumi.yaml").write_text(SETTINGS.format(virtualenv=installed.folder))
    stack.environment["PATH"] = path_without_this_folder(installed.bin)
    del stack.environment["PYTHONPATH"]
