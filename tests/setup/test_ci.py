"""`.ci/run` on machines of all kinds, and what `make` says without a target."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.setup.fake_programs import fake_pulumi, script

ROOT = Path(__file__).parents[2]
INSTALL = "apt-get install -y -qq --no-install-recommends"


@pytest.fixture
def clone(tmp_path):
    """A clone whose `make` only notes what it is asked for, on a machine with hardly anything."""
    root = tmp_path / "clone"
    for name in (".ci/run", "dev/setup/find-python.sh"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    path = tmp_path / "path"
    path.mkdir()
    for program in ("bash", "sh", "dirname", "env"):
        (path / program).symlink_to(shutil.which(program) or "")
    script(path / "id", "echo 0")
    script(path / "apt-get", f'echo "apt-get $*" >> {tmp_path}/calls')
    return root


def complete(clone: Path) -> Path:
    """Give the machine everything that is needed; return its PATH folder."""
    path = clone.parent / "path"
    (path / "python3").symlink_to(sys.executable)
    script(path / "psql", "exit 0")
    script(path / "make", f'echo "make $* CI=$CI" >> {clone.parent}/calls; [ "$1" != "$FAILING" ]')
    fake_pulumi(path, "v3.259.0")
    return path


def run_ci(clone: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": str(clone.parent / "path"), "FAILING": "nothing", **variables}
    return subprocess.run(
        [clone / ".ci/run"], cwd="/", env=env, capture_output=True, text=True, check=False
    )


def calls(clone: Path) -> list[str]:
    return (clone.parent / "calls").read_text().splitlines()


def test_ci_checks_and_then_tests(clone):
    complete(clone)

    done = run_ci(clone)

    assert done.returncode == 0
    assert calls(clone) == ["make check CI=true", "make test CI=true"]


@pytest.mark.parametrize(
    ("failing", "expected"),
    [
        pytest.param("check", ["make check CI=true"], id="a finding ends it"),
        pytest.param("test", ["make check CI=true", "make test CI=true"], id="a failing test"),
    ],
)
def test_ci_fails_when_a_step_fails(clone, failing, expected):
    complete(clone)

    done = run_ci(clone, FAILING=failing)

    assert done.returncode != 0
    assert calls(clone) == expected


def test_a_distributions_python_comes_before_others(clone):
    path = complete(clone)
    script(path / "make", f'echo "make $* with ${{PYTHON:-none}}" >> {clone.parent}/calls')
    suits = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))"
    is_there = subprocess.run(
        ["sh", "-c", f'/usr/bin/python3 -c "{suits}"'], check=False, capture_output=True
    ).returncode
    chosen = "none" if is_there else "/usr/bin/python3"

    assert run_ci(clone, PATH=f"{path}:/usr/bin").returncode == 0
    assert run_ci(clone).returncode == 0
    assert run_ci(clone, PATH=f"{path}:/usr/bin", PYTHON=sys.executable).returncode == 0

    assert [call.rpartition(" ")[2] for call in calls(clone)[::2]] == [
        chosen,
        "none",
        sys.executable,
    ]


def test_on_a_bare_machine_everything_missing_is_installed_first(clone):
    run_ci(clone)

    expected = f"{INSTALL} make python3 python3-venv"
    if not Path("/etc/ssl/certs/ca-certificates.crt").exists():
        expected += " ca-certificates"
    expected += " postgresql-client"
    assert calls(clone) == ["apt-get update -qq", expected]


def test_only_what_is_missing_is_installed(clone):
    path = complete(clone)
    (path / "python3").unlink()

    run_ci(clone)

    assert calls(clone)[1].startswith(f"{INSTALL} python3 python3-venv")
    assert calls(clone)[2:] == ["make check CI=true", "make test CI=true"]


def test_without_apt_the_next_step_says_what_is_missing(clone):
    path = complete(clone)
    (path / "python3").unlink()
    (path / "apt-get").unlink()

    done = run_ci(clone)

    assert "can't install what is missing here (python3 python3-venv" in done.stderr
    assert calls(clone) == ["make check CI=true", "make test CI=true"]


def make(*targets: str) -> subprocess.CompletedProcess[str]:
    env = {name: text for name, text in os.environ.items() if name != "CRDB_SSO_TEST_URL"}
    return subprocess.run(
        ["make", *targets], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def test_make_alone_lists_the_targets():
    done = make()

    listed = [line.split()[1] for line in done.stdout.splitlines()]
    assert {"setup", "demo", "test", "test-engine", "test-real", "check", "env"} <= set(listed)


def test_a_real_cluster_has_to_be_named():
    done = make("test-real")

    assert done.returncode != 0
    assert "name a cluster: DSN=postgresql://" in done.stderr


@pytest.mark.engine
def test_a_shell_that_evaluates_make_env_can_use_pulumi():
    ask = 'eval "$(make -s env)" && pulumi whoami --json && python -c "import pulumi"'

    done = subprocess.run(
        ["/bin/sh", "-c", ask], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert f"file://{ROOT}/.state/pulumi" in done.stdout
