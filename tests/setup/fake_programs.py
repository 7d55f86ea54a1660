"""Fake programs: what a machine may have on its PATH."""

import sys
from pathlib import Path


def script(path: Path, text: str) -> Path:
    """Write an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def fake_pulumi(folder: Path, version: str, *, language_host: bool = True) -> Path:
    """Write an engine that knows only its version."""
    if language_host:
        script(folder / "pulumi-language-python", "exit 0")
    return script(folder / "pulumi", f'[ "$1" = version ] && echo "{version}"')


def python_on_path(folder: Path) -> None:
    """Put this Python, and nothing else of this machine, on a PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "python3").symlink_to(sys.executable)
