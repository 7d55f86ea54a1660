"""A folder that all workers of one run share, and that goes with it."""

import os
import shutil
import tempfile
from pathlib import Path

_VARIABLE = "CRDB_SSO_TEST_SHARED"


def make_shared_folder() -> None:
    """Make it; who is started from here on knows it from the environment."""
    os.environ[_VARIABLE] = tempfile.mkdtemp(prefix="crdb-sso-tests-")


def remove_shared_folder() -> None:
    """Remove it with all that is in it."""
    shutil.rmtree(os.environ.pop(_VARIABLE), ignore_errors=True)


def shared_folder() -> Path | None:
    """Return it; None where no tests run."""
    return Path(os.environ[_VARIABLE]) if _VARIABLE in os.environ else None


def prepared() -> list[str]:
    """Return the option that lets embedded clusters of this run share what each begins with."""
    folder = shared_folder()
    return ["--prepared", str(folder / "postgres")] if folder else []
