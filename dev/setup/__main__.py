"""`python -m dev.setup [all|python|policy|docs|env|closed-env]`: the set-up, or a part of it."""

import argparse
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from dev.setup.engine import ensure_engine
from dev.setup.environment import (
    closed_environment,
    engine_environment,
    make_folders,
    shell_lines,
)
from dev.setup.packages import BY_PART, RegistryOutOfReach, ensure_packages
from dev.setup.progress import SetupFailed, say

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = {"env": engine_environment, "closed-env": closed_environment}


def main() -> int:
    """Run the requested part of the set-up; a failure is one line and status 1.

    The status is os.EX_UNAVAILABLE if the package index is out of reach.
    """
    parser = argparse.ArgumentParser(prog="python -m dev.setup", description=__doc__)
    parser.add_argument(
        "part",
        nargs="?",
        choices=(*BY_PART, *ENVIRONMENTS),
        default="all",
        help="all: packages and engine; python: packages only; policy: the policy pack's; "
        "docs: the site's; env: print lines for a shell; closed-env: the same, but Pulumi "
        "downloads no plugins",
    )
    part = parser.parse_args().part
    signal.signal(signal.SIGTERM, _exit_on_signal)
    try:
        if part in ENVIRONMENTS:
            make_folders(ROOT)
            print(shell_lines(ENVIRONMENTS[part](ROOT, os.environ)), end="")
        else:
            with _alone(ROOT):
                _set_up(ROOT, part)
    except SetupFailed as exc:
        say(str(exc))
        return os.EX_UNAVAILABLE if isinstance(exc, RegistryOutOfReach) else 1
    except KeyboardInterrupt:
        say("interrupted; the next run continues from here")
        return 130
    return 0


def _set_up(root: Path, part: str) -> None:
    """Install what is missing; say nothing if nothing is."""
    if ensure_packages(root, BY_PART[part]):
        say("the Python packages are installed")
    if part == "all":
        ensure_engine(root, os.environ)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Let only one set-up of this folder run at a time; the lock ends with the process."""
    folder = root / ".tools"
    folder.mkdir(exist_ok=True)
    with (folder / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up of this folder")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _exit_on_signal(signum: int, _frame: FrameType | None) -> None:
    """Turn SIGTERM into an orderly exit, so that a running step is stopped too."""
    sys.exit(128 + signum)


if __name__ == "__main__":
    sys.exit(main())
