"""Shell scripts that tests run as a person would."""

import subprocess
from collections.abc import Mapping
from pathlib import Path


def run_script(text: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a script and return what it prints; fail with that at the first command that fails."""
    ran = subprocess.run(
        ["bash", "-euc", text],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=280,
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout
