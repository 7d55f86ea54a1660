"""The virtual environment and its pinned packages."""

import hashlib
import importlib
import json
import subprocess
import sys
from pathlib import Path

from dev.setup.progress import SetupFailed, Step, StepFailed, run_step, say

ALL_REQUIREMENTS = "requirements*.txt"
DEV_REQUIREMENTS = "requirements-dev.txt"  # includes all others but those of the site
_STAMP = "crdb-sso-setup.json"


def ensure_packages(root: Path) -> bool:
    """Make `.venv` and install the pinned packages, unless exactly that was done before.

    Args:
        root: The project folder.

    Returns:
        Whether anything had to be installed.

    Raises:
        SetupFailed: This Python can't make virtual environments, or pip failed.
    """
    venv = root / ".venv"
    stamp = venv / _STAMP
    wanted = {"root": str(root), "pins": pins_digest(root)}
    found = _read_stamp(stamp)
    usable = _runs(venv / "bin" / "python")
    if usable and found == wanted:
        return False
    if not usable or (found is not None and found["root"] != wanted["root"]):
        _make_venv(root, venv)
    _pip_install(root, venv)
    stamp.write_text(json.dumps(wanted))
    return True


def pins_digest(root: Path) -> str:
    """Return a digest of everything that says which packages are wanted."""
    digest = hashlib.sha256()
    for file in sorted(root.glob(ALL_REQUIREMENTS)):
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


def _make_venv(root: Path, venv: Path) -> None:
    """Make a new environment with this Python, replacing a broken or moved one."""
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
    say(f"making .venv with Python {sys.version.split()[0]}")
    try:
        run_step(
            Step(
                [sys.executable, "-m", "venv", "--clear", str(venv)],
                label="making .venv",
                log=root / ".tools" / "log" / "venv.log",
            )
        )
    except StepFailed as exc:
        raise SetupFailed(f"could not make .venv: {exc}") from exc


def _pip_install(root: Path, venv: Path) -> None:
    """Install the pins; pip itself skips what is already there."""
    log = root / ".tools" / "log" / "pip.log"
    say("installing the pinned Python packages")
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    try:
        run_step(
            Step(
                [*pip, "install", "-r", str(root / DEV_REQUIREMENTS)],
                label="installing the pinned Python packages",
                log=log,
                measure=lambda text: f"{text.count('Collecting ')} packages collected",
            )
        )
    except StepFailed as exc:
        raise SetupFailed(f"pip could not install the packages: {exc} (full log: {log})") from exc
