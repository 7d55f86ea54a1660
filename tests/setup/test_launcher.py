"""The language host that is built from Go modules: what it ignores is said where it matters."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.setup.fake_programs import python_on_path, script

LAUNCHER = Path(__file__).parents[2] / "dev/engine_build/python-host/launcher.sh"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """The launcher before a language host that tells how it was called."""
    launcher = tmp_path / "bin/pulumi-language-python"
    script(tmp_path / "bin/pulumi-language-python-host", 'echo "$PWD: $*"')
    python_on_path(tmp_path / "path")
    shutil.copy(LAUNCHER, launcher)
    launcher.chmod(0o755)
    return launcher


def started(
    host: Path, folder: Path, active: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Start it in a folder; `active` is where the first python3 on PATH lies."""
    return subprocess.run(
        [host, "127.0.0.1:4711"],
        cwd=folder,
        env={"PATH": f"{active or host.parents[1] / 'path'}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )


def environment(path: Path) -> None:
    """Make what Python takes for a virtual environment, of the Python on PATH."""
    (path / "bin").mkdir(parents=True)
    (path / "pyvenv.cfg").write_text("home = /usr/bin\n")


def project(folder: Path, options: str) -> Path:
    """Make a project whose Python runtime has these options."""
    (folder / "program").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text(
        f"name: shop\nmain: program/\nruntime:\n  name: python\n  options:\n{options}"
    )
    return folder


@pytest.mark.parametrize(
    ("options", "ignored"),
    [
        pytest.param("    virtualenv: venv\n", "virtualenv: venv", id="another environment"),
        pytest.param(
            "    toolchain: pip\n    virtualenv: 'venv' # ours\n", "virtualenv: venv", id="quoted"
        ),
        pytest.param("    virtualenv: gone\n", "virtualenv: gone", id="one that is missing"),
        pytest.param("    toolchain: uv\n", "toolchain: uv", id="another toolchain"),
    ],
)
@pytest.mark.parametrize("folder", [".", "program"])
def test_an_option_that_asks_for_another_python_is_named_in_one_line(
    tmp_path: Path, host: Path, options: str, ignored: str, folder: str
) -> None:
    shop = project(tmp_path / "shop", options)
    environment(shop / "venv")

    ran = started(host, shop / folder)

    assert ran.stderr == (
        f"this Python language host ignores `{ignored}` of Pulumi.yaml and runs"
        f" {tmp_path}/path/python3: activate the environment first\n"
    )
    assert ran.stdout == f"{(shop / folder).resolve()}: 127.0.0.1:4711\n"


@pytest.mark.parametrize(
    "options",
    [
        pytest.param("    toolchain: pip\n", id="no option that it ignores"),
        pytest.param("    # virtualenv: venv\n", id="a comment"),
    ],
)
def test_otherwise_it_says_nothing(tmp_path: Path, host: Path, options: str) -> None:
    assert started(host, project(tmp_path / "shop", options)).stderr == ""


def test_an_environment_that_is_active_is_not_mentioned(tmp_path: Path, host: Path) -> None:
    shop = project(tmp_path / "shop", "    virtualenv: .venv\n")
    environment(shop / ".venv")
    python_on_path(shop / ".venv/bin")

    assert started(host, shop, active=shop / ".venv/bin").stderr == ""


def test_a_folder_without_a_project_is_no_error(tmp_path: Path, host: Path) -> None:
    assert started(host, tmp_path).stderr == ""
