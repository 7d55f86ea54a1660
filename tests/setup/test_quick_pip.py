"""What an interpreter says that is asked what pip has listed: the same, and nothing else."""

import os
import subprocess
import sys

import pytest

from tests.support.prefork import prefork_client
from tests.support.quick_pip import QUESTION, SAID


@pytest.mark.parametrize(("asked", "is_known"), [(QUESTION, True), (["--version"], False)])
def test_only_the_known_question_is_answered_from_the_file(tmp_path, asked, is_known):
    (tmp_path / "list.json").write_text("[]")
    known = {SAID: str(tmp_path / "list.json"), "PYTHONPATH": prefork_client()}

    ran = subprocess.run(
        [sys.executable, "-m", "pip", *asked],
        env={**os.environ, **known},
        capture_output=True,
        text=True,
        check=True,
    )

    assert (ran.stdout == "[]") is is_known
    assert ran.stdout
