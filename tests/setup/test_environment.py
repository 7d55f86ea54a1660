"""`eval "$(make -s env)"` makes `pulumi` usable by hand."""

import subprocess
from pathlib import Path

import pytest

from dev.setup.environment import (
    closed_environment,
    engine_environment,
    make_folders,
    shell_lines,
)

ROOT = Path("/home/me/a 'quoted' project")


def after_eval(lines: str, name: str, **variables: str) -> str:
    """The value of a variable in a shell that evaluated these lines."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'{lines}\nprintf %s "${name}"'],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_shell_gets_the_exact_values_whatever_the_folder_is_called():
    variables = engine_environment(ROOT, {"PATH": "/usr/bin:/my tools"})

    lines = shell_lines(variables)

    assert after_eval(lines, "PATH") == f"{ROOT}/.venv/bin:{ROOT}/.tools/bin:/usr/bin:/my tools"
    assert after_eval(lines, "PULUMI_BACKEND_URL") == f"file://{ROOT}/.state/pulumi"
    assert after_eval(lines, "PULUMI_HOME") == f"{ROOT}/.state/pulumi-home"
    assert after_eval(lines, "PULUMI_CONFIG_PASSPHRASE") == "crdb-sso-local"
    assert after_eval(lines, "PULUMI_SKIP_UPDATE_CHECK") == "true"


def test_path_holds_each_folder_once_even_when_evaluated_twice():
    once = engine_environment(ROOT, {"PATH": "/usr/bin"})["PATH"]

    assert engine_environment(ROOT, {"PATH": once})["PATH"] == once


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"PULUMI_CONFIG_PASSPHRASE": "mine"}, id="a passphrase"),
        pytest.param({"PULUMI_CONFIG_PASSPHRASE": ""}, id="an empty passphrase"),
        pytest.param({"PULUMI_CONFIG_PASSPHRASE_FILE": "/my/file"}, id="a file with one"),
    ],
)
def test_a_passphrase_of_your_own_is_kept(given):
    assert "PULUMI_CONFIG_PASSPHRASE" not in engine_environment(ROOT, given)


def test_the_folders_that_the_lines_name_are_there(tmp_path):
    make_folders(tmp_path)

    variables = engine_environment(tmp_path, {})
    assert Path(variables["PULUMI_BACKEND_URL"].removeprefix("file://")).is_dir()
    assert Path(variables["PULUMI_HOME"]).is_dir()


def test_a_person_gets_the_plugins_that_a_program_uses_and_tests_get_none():
    for_people, for_tests = engine_environment(ROOT, {}), closed_environment(ROOT, {})

    assert for_people["PULUMI_OPTION_SKIP_PLUGIN_PRE_INSTALL"] == "true"
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in for_people
    assert for_tests == for_people | {"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}
