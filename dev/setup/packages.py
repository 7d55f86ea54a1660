"""The virtual environment and its pinned packages."""

import hashlib
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.setup.progress import SetupFailed, Step, StepFailed, run_step, say

_STAMP = "crdb-sso-setup.json"

# What pip says of the last try, unless the server was there and not believed.
_LAST_TRY_FAILED = re.compile(
    r"Retrying \(Retry\(total=0\b.*after connection broken by '(?!SSLError)"
)


class RegistryOutOfReach(SetupFailed):
    """Packages can't be installed: pip gets no connection to the package index."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment of the project; paths are from the project folder.

    Attributes:
        folder: Where it is.
        requirements: The file whose packages it has.
        pins: Patterns of all files that say which those are.
    """

    folder: str
    requirements: str
    pins: Sequence[str]


EVERYTHING = Environment(".venv", "requirements-dev.txt", ("requirements*.txt",))
"""All that runs here, but the policy pack: its SDK needs an older protobuf."""

POLICY_PACK = Environment(".tools/policy", "policy/requirements.txt", ("policy/requirements.txt",))

SITE = Environment(".tools/docs", "dev/site/requirements.txt", ("dev/site/requirements.txt",))
"""What builds the site: 16,000 files that nothing else needs."""

BY_PART = {"all": EVERYTHING, "python": EVERYTHING, "policy": POLICY_PACK, "docs": SITE}
"""Which environment belongs to a part of the set-up."""


def ensure_packages(root: Path, wanted_in: Environment = EVERYTHING) -> bool:
    """Make an environment and install its packages, unless exactly that was done before.

    Args:
        root: The project folder.
        wanted_in: Which environment.

    Returns:
        Whether anything had to be installed.

    Raises:
        RegistryOutOfReach: pip can't reach the package index.
        SetupFailed: This Python can't make virtual environments, or pip failed otherwise.
    """
    venv = root / wanted_in.folder
    stamp = venv / _STAMP
    wanted = {"root": str(root), "pins": pins_digest(root, wanted_in)}
    found = _read_stamp(stamp)
    usable = _runs(venv / "bin" / "python")
    if usable and found == wanted:
        return False
    if not usable or (found is not None and found["root"] != wanted["root"]):
        _make_venv(root, wanted_in.folder)
    _pip_install(root, wanted_in)
    stamp.write_text(json.dumps(wanted))
    return True


def is_made(root: Path, environment: Environment) -> bool:
    """Tell whether an environment has its packages, even if not those of today's pins."""
    return _read_stamp(root / environment.folder / _STAMP) is not None


def pins_digest(root: Path, wanted_in: Environment = EVERYTHING) -> str:
    """Return a digest of everything that says which packages an environment has."""
    digest = hashlib.sha256()
    for file in sorted(file for pattern in wanted_in.pins for file in root.glob(pattern)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _read_stamp(stamp: Path) -> dict[str, str] | None:
    """Return what was installed last, or None if that is not known."""
    try:
        found = json.loads(stamp.read_text())
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
    if not isinstance(found, dict) or set(found) != {"root", "pins"}:
        return None
    return found


def _runs(python: Path) -> bool:
    """Tell whether the environment's Python starts and is new enough."""
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 10))"
    try:
        done = subprocess.run([python, "-c", probe], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _make_venv(root: Path, folder: str) -> None:
    """Make a new environment with this Python, replacing a broken or moved one."""
    venv = root / folder
    try:
        importlib.import_module("ensurepip")
        importlib.import_module("venv")
    except ImportError as exc:
        raise SetupFailed(
            f"{sys.executable} can't make virtual environments: install its venv package, "
            "e.g. apt-get install python3-venv"
        ) from exc
    if venv.is_symlink():
        raise SetupFailed(f"{venv} links to {venv.resolve()}, which is not this folder's to clear")
    say(f"making {folder} with Python {sys.version.split()[0]}")
    try:
        run_step(
            Step(
                [sys.executable, "-m", "venv", "--clear", str(venv)],
                label=f"making {folder}",
                log=root / ".tools" / "log" / "venv.log",
            )
        )
    except StepFailed as exc:
        raise SetupFailed(f"could not make {folder}: {exc}") from exc


def _pip_install(root: Path, wanted_in: Environment) -> None:
    """Install the pins; pip itself skips what is already there."""
    log = root / ".tools" / "log" / "pip.log"
    say("installing the pinned Python packages")
    pip = [
        str(root / wanted_in.folder / "bin/python"),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
    ]
    try:
        run_step(
            Step(
                [*pip, "install", "-r", str(root / wanted_in.requirements)],
                label="installing the pinned Python packages",
                log=log,
                measure=lambda text: f"{text.count('Collecting ')} packages collected",
            )
        )
    except StepFailed as exc:
        if _LAST_TRY_FAILED.search(log.read_text(errors="replace")):
            raise RegistryOutOfReach(
                f"pip can't reach the package index: {exc} (full log: {log})"
            ) from exc
        raise SetupFailed(f"pip could not install the packages: {exc} (full log: {log})") from exc
