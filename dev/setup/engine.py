"""Finds a Pulumi engine on PATH, or gets one: by the official install, or a build with Go."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.setup import go_build
from dev.setup.environment import engine_path, tools_folder
from dev.setup.progress import SetupFailed, Step, StepFailed, run_step, say

OLDEST_VERSION = (3, 216, 0)  # configure, named dynamic types, read with inputs
OFFICIAL_LIMIT_S = 45.0  # if the download is out of reach, the build should start soon
_OFFICIAL_INSTALL = (
    "import sys; from pulumi.automation import PulumiCommand; PulumiCommand.install(sys.argv[1])"
)


class Unusable(Exception):
    """This machine has no engine that the project can use; the text says why."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A usable engine."""

    command: Path
    version: str


def ensure_engine(root: Path, env: Mapping[str, str]) -> Engine:
    """Find an engine, or put one into `.tools/bin`.

    Args:
        root: The project folder.
        env: The environment; its PATH is searched.

    Raises:
        SetupFailed: Nothing worked; the text says what to install.
    """
    path = engine_path(root, env.get("PATH", os.defpath))
    try:
        return find_engine(path)
    except Unusable as exc:
        say(f"{exc}; trying the official install")
    staging = root / ".tools" / "staging"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        _install_official(root, staging)
    except StepFailed as exc:
        say(f"the official install is out of reach ({exc}); building the engine with Go")
        go_build.build(root, staging, env)
    _move_into_place(staging / "bin", tools_folder(root))
    shutil.rmtree(staging)
    try:
        engine = find_engine(path)
    except Unusable as exc:
        raise SetupFailed(f"the engine that was just installed does not work: {exc}") from exc
    say(f"the Pulumi engine is ready: {engine.version}")
    return engine


def find_engine(path: str) -> Engine:
    """Return the engine that a shell with this PATH would use.

    Raises:
        Unusable: There is none, or it is broken, too old, or lacks its Python language host.
    """
    command = shutil.which("pulumi", path=path)
    if command is None:
        raise Unusable("no pulumi on PATH")
    version = _version_of(command)
    numbers = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
    if numbers is None:
        raise Unusable(f"{command} does not print its version")
    if tuple(int(number) for number in numbers.groups()) < OLDEST_VERSION:
        oldest = ".".join(str(number) for number in OLDEST_VERSION)
        raise Unusable(f"{command} is {version}, older than {oldest}")
    beside = str(Path(command).resolve().parent)
    if shutil.which("pulumi-language-python", path=os.pathsep.join([beside, path])) is None:
        raise Unusable(f"{command} has no pulumi-language-python next to it or on PATH")
    return Engine(Path(command), version.removeprefix("v"))


def _version_of(command: str) -> str:
    """Return what `pulumi version` prints; "" if it fails."""
    env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            [command, "version"], capture_output=True, text=True, check=True, env=env, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _install_official(root: Path, staging: Path) -> None:
    """Let Pulumi's own Automation API install the engine that fits the SDK."""
    run_step(
        Step(
            [str(root / ".venv" / "bin" / "python"), "-c", _OFFICIAL_INSTALL, str(staging)],
            label="downloading the Pulumi engine",
            log=root / ".tools" / "log" / "official-install.log",
            limit_s=OFFICIAL_LIMIT_S,
        )
    )


def _move_into_place(built: Path, target: Path) -> None:
    """Move finished programs to where they are used; `pulumi` comes last, to complete the set."""
    target.mkdir(parents=True, exist_ok=True)
    for program in sorted(built.iterdir(), key=lambda file: file.name == "pulumi"):
        program.replace(target / program.name)
