"""Long steps are quiet, show that they are still running, and fail with one line."""

import os
import sys

import pytest

from dev import process_tree
from dev.setup.progress import Step, StepFailed, run_step
from tests.support.interruptions import MOMENTS, interrupted
from tests.support.processes import working_in


def python_step(tmp_path, program, **more):
    return Step([sys.executable, "-c", program], label="baking", log=tmp_path / "a/log", **more)


def test_the_output_of_a_step_goes_to_its_log(tmp_path, capfd):
    run_step(python_step(tmp_path, "import sys; print('out'); print('err', file=sys.stderr)"))

    assert sorted((tmp_path / "a/log").read_text().split()) == ["err", "out"]
    assert capfd.readouterr() == ("", "")


def test_a_long_step_shows_what_it_did_so_far(tmp_path, capfd):
    go_on = tmp_path / "go on"
    program = (
        f"import pathlib, time; print('loaf', flush=True); file = pathlib.Path({str(go_on)!r})"
    )

    def measure(log: str) -> str:
        if "loaf" in log:
            go_on.touch()  # the step ends once a heartbeat has seen its work
        return f"{log.count('loaf')} loaves"

    wait = "\nwhile not file.exists(): time.sleep(0.01)"
    run_step(python_step(tmp_path, program + wait, heartbeat_s=0.1, measure=measure))

    assert capfd.readouterr().err.splitlines()[-1].startswith("setup:   baking: ")
    assert go_on.exists()


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        pytest.param("first\\nlast", "last", id="the last line"),
        pytest.param("ERROR: no oven\\nsome advice", "ERROR: no oven", id="the line with error"),
        pytest.param(
            "go: x@v1: no such host\\ngo: downloading y",
            "go: x@v1: no such host",
            id="what Go says",
        ),
        pytest.param("", "ended with status 3", id="nothing said"),
    ],
)
def test_a_step_that_fails_shows_its_most_telling_line(tmp_path, output, reason):
    with pytest.raises(StepFailed) as failed:
        run_step(python_step(tmp_path, f"import sys; print('{output}'); sys.exit(3)"))

    assert str(failed.value) == reason


def test_a_step_that_takes_too_long_is_ended_with_its_children(tmp_path):
    step = Step(
        ["sh", "-c", "sleep 600 & wait"], label="x", log=tmp_path / "log", cwd=tmp_path, limit_s=1.0
    )

    with pytest.raises(StepFailed, match="no result within 1 s"):
        run_step(step)

    assert process_tree.gone_within(5.0, working_in(tmp_path)) == set()


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interruption_while_a_step_starts_leaves_nothing_behind(tmp_path, monkeypatch, moment):
    started = tmp_path / "started"
    os.mkfifo(started)
    argv = ["sh", "-c", "echo > started; exec sleep 600"]

    with interrupted(monkeypatch, moment, started.read_text):
        run_step(Step(argv, label="x", log=tmp_path / "log", cwd=tmp_path))

    assert working_in(tmp_path) == set()


def test_a_command_that_does_not_exist_is_a_failed_step(tmp_path):
    with pytest.raises(StepFailed, match="no-such-command does not start"):
        run_step(Step(["no-such-command"], label="x", log=tmp_path / "log"))
