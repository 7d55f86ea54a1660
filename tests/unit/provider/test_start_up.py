"""What the engine's processes load when they start: nothing that only a failed proof needs."""

import subprocess
import sys

LOADED = """
import sys
import crdb_sso.provider.cluster_logins
heavy = ("crdb_sso.verdict.judging", "crdb_sso.verdict.advice", "crdb_sso.workload", "joserfc.jwt")
print([name for name in heavy if name in sys.modules])
"""


def test_the_provider_loads_neither_the_judge_nor_token_sources() -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )

    assert told.stdout == "[]\n"
