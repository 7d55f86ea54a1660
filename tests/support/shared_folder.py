"""A folder that all workers of one run share, and that goes with it."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_VARIABLE = "CRDB_SSO_TEST_SHARED"


def make_shared_folder() -> None:
    """Make it; who is started from here on knows it from the environment."""
    os.environ[_VARIABLE] = tempfile.mkdtemp(prefix="crdb-sso-tests-")


def remove_shared_folder() -> None:
    """Remove it with all that is in it."""
    shutil.rmtree(os.environ.pop(_VARIABLE), ignore_errors=True)


@contextmanager
def shared_folder_kept() -> Iterator[None]:
    """Have it for as long as a program runs that is not a test run."""
    make_shared_folder()
    try:
        yield
    finally:
        remove_shared_folder()


def shared_folder() -> Path | None:
    """Return it; None where no tests run."""
    return Path(os.environ[_VARIABLE]) if _VARIABLE in os.environ else None


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that is made by whoever first needs it."""
    parent = shared_folder()
    assert parent, "no tests run"
    made = parent / name
    if not made.exists():
        ours = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
        make(ours)
        with suppress(OSError):  # another worker was faster
            ours.rename(made)
    return made


def copied_from(name: str, make: Callable[[Path], None], folder: Path) -> None:
    """Fill a folder with a copy of one that is made once."""
    shutil.copytree(made_once(name, make), folder, dirs_exist_ok=True)


def prepared() -> list[str]:
    """Return the option that lets embedded clusters of this run share what each begins with."""
    folder = shared_folder()
    return ["--prepared", str(folder / "postgres")] if folder else []
