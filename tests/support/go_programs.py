"""Programs in Go, built with the standard library alone: what Go itself makes of a text."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_OFFLINE = {"GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GO111MODULE": "off"}


def built(source: Path, folder: Path) -> Path:
    """Build a program of one file into a folder; skip the test where there is no Go."""
    go = shutil.which("go")
    if go is None:
        pytest.skip(f"no Go on PATH to build {source.name} with")
    program = folder / source.stem
    subprocess.run(
        [go, "build", "-o", program, source],
        env={**os.environ, **_OFFLINE},
        check=True,
        timeout=240,
    )
    return program
