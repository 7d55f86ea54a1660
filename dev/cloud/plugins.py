"""Puts the stand-ins where the engine looks for provider plugins."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from dev.cloud.packages import PACKAGES, version_of

PROJECT = Path(__file__).resolve().parents[2]


def install_plugins(home: Path, folder: Path, packages: Sequence[str] = tuple(PACKAGES)) -> None:
    """Write the programs that the engine starts; existing plugins are replaced.

    Args:
        home: The PULUMI_HOME to install them in.
        folder: Where the imitated clouds are kept.
        packages: Which stand-ins; their SDKs must be installed in this Python.

    Raises:
        ModuleNotFoundError: The SDK of one of them is not installed.
        KeyError: One of them has no stand-in.
    """
    for name in packages:
        version = version_of(PACKAGES[name])
        program = home / "plugins" / f"resource-{name}-v{version}" / f"pulumi-resource-{name}"
        program.parent.mkdir(parents=True, exist_ok=True)
        beside = program.with_suffix(".new")
        beside.write_text(_program(name, folder))
        beside.chmod(0o755)
        beside.replace(program)


def _program(package: str, folder: Path) -> str:
    command = [sys.executable, "-m", "dev.cloud", package, "--dir", str(folder.resolve())]
    path = shlex.quote(str(PROJECT))
    found = f"PYTHONPATH={path}${{PYTHONPATH:+:$PYTHONPATH}}"
    return f'#!/bin/sh\n{found} exec {shlex.join(command)} "$@"\n'
