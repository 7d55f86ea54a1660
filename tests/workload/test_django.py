"""Django's engine in examples/workloads/django, with and without Django's own pool."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import PROJECT
from tests.workload.language_programs import EXAMPLES
from tests.workload.trusted_issuer import USER, Trusted

PROGRAM = """\
from django.conf import settings
settings.configure(
    DATABASES={"default": {"ENGINE": "shop.database", "NAME": "defaultdb", "OPTIONS": %s}},
)
import django
django.setup()
from django.db import connection
for _ in range(2):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        print(*cursor.fetchone())
    connection.close()
if connection.pool:
    connection.close_pool()
"""


@pytest.mark.parametrize("options", ["{}", '{"pool": True}'], ids=["no pool", "a pool"])
def test_the_engine_logs_in(options: str, trusted: Trusted, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "django" / "shop", tmp_path / "shop")
    (tmp_path / "connect.json").write_text(json.dumps(trusted.connect))
    (tmp_path / "token").write_text(trusted.token())

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM % options],
        cwd=tmp_path,
        env={"PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stdout) == (0, f"{USER}\n" * 2), done.stderr
