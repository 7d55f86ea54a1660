"""The package as pip installs it: a wheel, and environments that have nothing of this folder.

pip asks no index: what is installed here is packed into wheels again, with its own metadata. So a
fresh environment gets the pins of `requirements.txt`.
"""

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[2]
BUILD_SYSTEM = ("pip", "hatchling")
_OF_THE_INSTALLATION = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


@dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    folder: Path

    @property
    def bin(self) -> Path:
        """Where its programs lie."""
        return self.folder / "bin"

    def run(self, program: str, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run one of its programs, away from this folder."""
        return subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.folder,
            env={"PATH": f"{self.bin}:/usr/bin:/bin", **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )


def build(folder: Path, *options: str, project: Path = PROJECT) -> list[Path]:
    """Build the wheel and the source distribution, or what the options say; return the files."""
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, *options, project],
        check=True,
        capture_output=True,
        timeout=240,
    )
    return sorted(folder.iterdir())


def build_wheel(folder: Path) -> Path:
    """Build the wheel."""
    (wheel,) = build(folder, "--wheel")
    return wheel


def pins(file: str) -> Iterator[Requirement]:
    """Yield what a requirements file pins for this Python."""
    for line in (PROJECT / file).read_text().splitlines():
        text = line.partition("#")[0].strip()
        if text and not text.startswith("-r"):
            pin = Requirement(text)
            if pin.marker is None or pin.marker.evaluate():
                yield pin


def metadata_of(wheel: Path) -> Message:
    """Return what a wheel says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


def requirements_of(wheel: Path, *extras: str) -> list[Requirement]:
    """Return what pip installs besides a wheel, including the extras."""
    return list(_asked_for(metadata_of(wheel).get_all("Requires-Dist", []), extras))


def make_environment(folder: Path, wheels: Path, *requirements: str) -> Environment:
    """Make an environment and install into it, out of a folder of wheels."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
    made = Environment(folder)
    pip = [sys.executable, "-m", "pip", "--python", str(made.bin / "python")]
    installed = subprocess.run(
        [*pip, "install", "pip", *requirements],  # pip: the language host asks it what is installed
        env={**os.environ, **closed_pip(wheels)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert installed.returncode == 0, installed.stderr
    return made


def closed_pip(*wheels: Path) -> dict[str, str]:
    """Return the variables by which pip installs out of folders, and asks no index."""
    return {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": " ".join(map(str, wheels)),
        "PIP_NO_COMPILE": "1",  # most of what is installed is never imported
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def pack_installed(folder: Path, requirements: Sequence[Requirement]) -> Path:
    """Pack what is installed here of these, and of all that they need, into wheels."""
    folder.mkdir()
    for found in _closure(requirements).values():
        _pack(found, folder)
    return folder


def _closure(requirements: Sequence[Requirement]) -> dict[str, Distribution]:
    found: dict[str, Distribution] = {}
    left, seen = [*requirements], set()
    while left:
        wanted = left.pop()
        key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
        if key not in seen:
            seen.add(key)
            found[key[0]] = distribution(wanted.name)
            left += _asked_for(found[key[0]].requires or (), tuple(wanted.extras))
    return found


def _asked_for(requires: Sequence[str], extras: Sequence[str]) -> Iterator[Requirement]:
    for wanted in map(Requirement, requires):
        marker = wanted.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield wanted


def _pack(found: Distribution, folder: Path) -> None:
    tags = [
        line.removeprefix("Tag: ").split("-")
        for line in (found.read_text("WHEEL") or "").splitlines()
        if line.startswith("Tag: ")
    ]
    tag = "-".join(".".join(sorted(set(parts))) for parts in zip(*tags, strict=True))
    name = canonicalize_name(found.metadata["Name"]).replace("-", "_")
    record = []
    with zipfile.ZipFile(folder / f"{name}-{found.version}-{tag}.whl", "w") as archive:
        for file in found.files or ():
            path = file.as_posix()
            if path.startswith("..") or "__pycache__" in path or file.name in _OF_THE_INSTALLATION:
                continue
            place = Path(str(file.locate()))
            content = place.read_bytes()
            packed = zipfile.ZipInfo(path)
            packed.external_attr = place.stat().st_mode << 16  # pip makes programs executable again
            archive.writestr(packed, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
            record.append(f"{path},sha256={digest.rstrip('=')},{len(content)}")
        (itself,) = [f.as_posix() for f in found.files or () if f.name == "RECORD"]
        archive.writestr(itself, "\n".join([*record, f"{itself},,"]) + "\n")
