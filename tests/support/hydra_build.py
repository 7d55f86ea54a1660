"""Builds Ory Hydra from source: `make test` does so before it begins, if that was not done yet."""

import fcntl
import os
import shutil
import sys
from pathlib import Path

from dev.setup.go_build import find_go, install_tool, own_go_programs, pinned
from dev.setup.progress import SetupFailed, StepFailed
from tests.support.registries import is_out_of_reach

PROJECT = Path(__file__).resolve().parents[2]
SOURCE = PROJECT / "tests" / "support" / "hydra"
TOOLS = PROJECT / ".tools"
LONGEST_BUILD_S = 900  # without caches, on a machine that others use too


class NotBuilt(Exception):
    """This machine can't build it; the text says why."""


def built() -> Path:
    """Return the program; Go builds it at first, and later sees that nothing has changed.

    Raises:
        NotBuilt: Go, a C compiler or the registry of Go modules is missing.
        StepFailed: The build failed for another reason.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(own_go_programs(PROJECT))])
    if shutil.which(os.environ.get("CC", "gcc"), path=path) is None:
        raise NotBuilt("no C compiler on PATH to build Hydra's database with")
    try:
        go = find_go(SOURCE / "go.mod", {**os.environ, "PATH": path})
    except SetupFailed:
        raise NotBuilt("no Go on PATH that can build Hydra") from None
    programs, log = TOOLS / "hydra", TOOLS / "log" / "hydra.log"
    programs.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    quick = {"CGO_ENABLED": "1", "CGO_CFLAGS": "-O0"}  # optimized, SQLite takes half a minute more
    flags = ("-tags=sqlite", "-ldflags=-s -w")
    env = pinned({**os.environ, "PATH": path, **quick}, programs)
    with (programs / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two workers would both build what the other builds
        try:
            install_tool(go, SOURCE, env, *flags, label="Hydra", log=log, limit_s=LONGEST_BUILD_S)
        except StepFailed:
            if is_out_of_reach(log.read_text(errors="replace")):
                raise NotBuilt("the registry of Go modules is out of reach") from None
            raise
    return programs / "hydra"


def main() -> int:
    """Build it; a machine that can't is told so, and its tests are skipped."""
    try:
        built()
    except NotBuilt as exc:
        sys.stdout.write(f"issuers: Hydra was not built, its tests are skipped: {exc}\n")
    except StepFailed as exc:
        sys.stderr.write(f"issuers: {exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
