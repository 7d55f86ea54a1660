"""Packages are installed when the pins have changed, and only then."""

import shutil
import sys
from pathlib import Path

import pytest

from dev.setup.packages import (
    EVERYTHING,
    POLICY_PACK,
    SITE,
    RegistryOutOfReach,
    ensure_packages,
    is_made,
    pins_digest,
)
from dev.setup.progress import SetupFailed
from tests.support.servers import PROJECT


@pytest.fixture
def project(tmp_path):
    """A project that pins no packages at all, so that pip needs no network."""
    return project_without_pins(tmp_path)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Such a project with its environment; tests change the pins, not the environment."""
    root = project_without_pins(tmp_path_factory.mktemp("installed"))
    assert ensure_packages(root) is True
    return root


def project_without_pins(folder: Path) -> Path:
    root = folder / "project"
    root.mkdir()
    (root / "requirements.txt").write_text("# nothing\n")
    (root / "requirements-dev.txt").write_text("-r requirements.txt\n")
    return root


def test_packages_are_installed_once_for_the_same_pins(installed):
    assert ensure_packages(installed) is False

    (installed / "requirements.txt").write_text("# nothing, said differently\n")

    assert ensure_packages(installed) is True
    assert ensure_packages(installed) is False


def test_an_environment_that_came_from_another_folder_is_rebuilt(installed, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(installed, moved, symlinks=True)

    assert ensure_packages(moved) is True

    assert str(moved) in (moved / ".venv/bin/pip").read_text()


def test_an_environment_that_is_a_link_to_another_is_not_cleared(project, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "kept").touch()
    (project / ".venv").symlink_to(theirs)

    with pytest.raises(SetupFailed, match="is not this folder's to clear"):
        ensure_packages(project)

    assert (theirs / "kept").exists()


def test_an_environment_whose_python_is_gone_is_rebuilt(project):
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").symlink_to(project / "no-such-python")

    assert ensure_packages(project) is True


def test_a_package_that_cannot_be_installed_gives_one_line(installed, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    (installed / "requirements.txt").write_text("no-such-package-anywhere==1.0\n")

    with pytest.raises(SetupFailed) as failed:
        ensure_packages(installed)

    assert not isinstance(failed.value, RegistryOutOfReach)
    log = installed / ".tools/log/pip.log"
    assert str(failed.value) == (
        "pip could not install the packages: ERROR: No matching distribution found for "
        f"no-such-package-anywhere==1.0 (full log: {log})"
    )
    with pytest.raises(SetupFailed):  # no stamp hides it next time
        ensure_packages(installed)


def test_an_index_out_of_reach_is_told_from_other_problems(installed, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    for name in ("PIP_NO_INDEX", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    (installed / "requirements.txt").write_text("no-such-package-anywhere==1.0\n")

    with pytest.raises(RegistryOutOfReach, match="can't reach the package index: ERROR: "):
        ensure_packages(installed)


def test_an_environment_is_made_once_its_packages_are_there(installed, project):
    assert is_made(installed, EVERYTHING)
    assert not is_made(project, EVERYTHING)


def test_the_digest_covers_both_files_of_pins(project):
    digests = {pins_digest(project)}
    for name in ("requirements.txt", "requirements-dev.txt"):
        with (project / name).open("a") as file:
            file.write("# more\n")
        digests.add(pins_digest(project))

    assert len(digests) == 3


@pytest.mark.parametrize("own", [POLICY_PACK, SITE], ids=lambda own: own.folder)
def test_the_policy_pack_and_the_site_have_environments_of_their_own(project, own):
    pins = project / own.requirements
    pins.parent.mkdir(parents=True)
    pins.write_text("# nothing\n")
    before = pins_digest(project), pins_digest(project, own)

    pins.write_text("# more\n")

    assert pins_digest(project) == before[0]
    assert pins_digest(project, own) != before[1]


def test_what_the_policy_pack_needs_of_the_program_is_pinned_alike():
    program, pack = (
        pins(PROJECT / name) for name in ("requirements.txt", "policy/requirements.txt")
    )

    assert {line for line in pack if not line.startswith("pulumi-policy==")} <= program


def pins(file: Path) -> set[str]:
    """Return the requirements in a file, without its comments."""
    lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    return {line for line in lines if line}


def test_a_python_without_its_venv_package_says_what_to_install(project, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)  # as on Debian without python3-venv

    with pytest.raises(SetupFailed, match=r"install its venv package, e\.g\. apt-get install"):
        ensure_packages(project)
