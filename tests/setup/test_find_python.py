"""`make setup` uses a Python that is new enough, or says what to install."""

import subprocess
from pathlib import Path

import pytest

from tests.setup.fake_programs import script

SCRIPT = Path(__file__).parents[2] / "dev/setup/find-python.sh"


def python_of(folder: Path, name: str, version: str) -> Path:
    """Write a Python that only knows its version."""
    numbers = tuple(int(part) for part in version.split("."))
    too_old = numbers < (3, 10)
    answer = f'case "$2" in *print*) echo {version};; *) exit {int(too_old)};; esac'
    return script(folder / name, answer)


def find_python(path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": str(path), **variables}
    return subprocess.run(["/bin/sh", SCRIPT], env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("pythons", "expected"),
    [
        pytest.param({"python3": "3.11.7"}, "python3", id="the usual one"),
        pytest.param({"python3": "3.10.0"}, "python3", id="the oldest that will do"),
        pytest.param({"python3": "3.9.2", "python3.12": "3.12.1"}, "python3.12", id="a newer one"),
        pytest.param({"python": "3.13.0"}, "python", id="only called python"),
    ],
)
def test_the_first_python_that_is_new_enough_is_taken(tmp_path, pythons, expected):
    for name, version in pythons.items():
        python_of(tmp_path, name, version)

    done = find_python(tmp_path)

    assert (done.returncode, done.stdout) == (0, f"{tmp_path / expected}\n")


def test_the_variable_python_comes_first(tmp_path):
    python_of(tmp_path / "path", "python3", "3.11.7")
    chosen = python_of(tmp_path / "elsewhere", "my-python", "3.12.1")

    done = find_python(tmp_path / "path", PYTHON=str(chosen))

    assert done.stdout == f"{chosen}\n"


@pytest.mark.parametrize(
    ("pythons", "found"),
    [
        pytest.param({}, "none", id="no Python"),
        pytest.param({"python3": "3.9.2"}, "3.9.2", id="too old"),
        pytest.param({"python3": "3.9.2", "python": "2.7.18"}, "3.9.2, 2.7.18", id="both too old"),
    ],
)
def test_a_missing_python_gives_one_line_that_says_what_to_install(tmp_path, pythons, found):
    for name, version in pythons.items():
        python_of(tmp_path, name, version)

    done = find_python(tmp_path)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"setup: Python 3.10 or newer is needed (found {found}): install it, "
        "e.g. apt-get install python3 python3-venv\n"
    )


def test_a_python_shim_that_does_not_start_is_skipped(tmp_path):
    script(tmp_path / "python3", "echo 'no such version' >&2; exit 127")
    python_of(tmp_path, "python3.11", "3.11.7")

    assert find_python(tmp_path).stdout == f"{tmp_path / 'python3.11'}\n"
