"""`python -m tests.support.lowest FOLDER [EXTRA]`: an environment with the lowest versions taken.

With an extra it has the lowest versions of what that one needs, and of the rest those that fit.
Asks the package index. Beside the lowest versions of what the package and its extras need, it gets
the tools of `requirements-dev.txt` and what the embedded cluster needs, so that the tests can run
in it.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.requirements import Requirement

from tests.support.wheels import PROJECT, build_wheel, requirements_of

EXTRAS = (
    *("gcp", "azure", "html", "workload", "workload-gcp", "workload-azure", "workload-aws"),
    *("workload-ci", "workload-oauth", "workload-sqlalchemy", "workload-asyncpg"),
)
"""All but `workload-spiffe`, which has its own: it needs a newer `cryptography` than the rest."""

OF_THAT_TIME = ("click<8.5",)
"""What the lowest versions of `typer` use as it was then: a later one warns, which fails a test."""


def lowest(requirements: Sequence[Requirement]) -> Iterator[str]:
    """Yield a line for each requirement that pins its lowest version."""
    for wanted in requirements:
        (version,) = [bound.version for bound in wanted.specifier if bound.operator == ">="]
        yield f"{wanted.name}=={version}"


def tools() -> list[str]:
    """Return the pins of these files themselves, but for a tool that needs a newer rich."""
    files = ("requirements-dev.txt", "requirements-local.txt")
    lines = [line for file in files for line in (PROJECT / file).read_text().splitlines()]
    return [line for line in lines if not line.startswith(("-r", "import-linter"))]


def make(folder: Path, extra: str | None = None) -> None:
    """Make the environment, or bring it up to date."""
    extras = EXTRAS if extra is None else (extra,)
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build_wheel(Path(scratch) / "dist")
        fits = [] if extra is None else requirements_of(wheel)
        pinned = [one for one in requirements_of(wheel, *extras) if one not in fits]
        wanted = Path(scratch) / "requirements.txt"
        wanted.write_text("\n".join([*lowest(pinned), *tools(), *OF_THAT_TIME]))
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "-r", wanted, f"{wheel}[{','.join(extras)}]"], check=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]), *sys.argv[2:])
