"""Django's engine in examples/workloads/django, with and without Django's own pool."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import PROJECT
from tests.workload.language_programs import EXAMPLES
from tests.workload.trusted_issuer import USER, Trusted

PROGRAM = """\
import logging
logging.basicConfig(format="%%(levelname)s %%(name)s %%(message)s")
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


def run(options: str, trusted: Trusted, folder: Path) -> "subprocess.CompletedProcess[str]":
    shutil.copytree(EXAMPLES / "django" / "shop", folder / "shop")
    (folder / "connect.json").write_text(json.dumps(trusted.connect))
    return subprocess.run(
        [sys.executable, "-c", PROGRAM % options],
        cwd=folder,
        env={"PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("options", ["{}", '{"pool": True}'], ids=["no pool", "a pool"])
def test_the_engine_logs_in(options: str, trusted: Trusted, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(trusted.token())

    done = run(options, trusted, tmp_path)

    assert (done.returncode, done.stdout) == (0, f"{USER}\n" * 2), done.stderr


@pytest.mark.parametrize(
    ("options", "ends_with"),
    [
        pytest.param(
            "{}",
            r"django\.db\.utils\.OperationalError: .*JWT authentication: invalid principal.*"
            r"no line of the issuer matches 'night-shift'.*"
            r"Next step: Use a token whose principal is 'orders-service'",
            id="no pool",
        ),
        pytest.param(
            '{"pool": {"timeout": 2}}',
            r"WARNING psycopg\.pool .*no line of the issuer matches 'night-shift'.*"
            r"django\.db\.utils\.OperationalError: couldn't get a connection after 2",
            id="a pool, in its log",
        ),
    ],
)
def test_a_refused_login_says_why(
    options: str, ends_with: str, trusted: Trusted, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(trusted.foreign())

    done = run(options, trusted, tmp_path)

    assert done.returncode == 1
    assert re.search(ends_with, done.stderr, re.DOTALL), done.stderr
    assert trusted.is_silent(done.stderr)
