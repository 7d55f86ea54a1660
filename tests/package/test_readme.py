"""README, "Use it on a real cluster": every line is run, from nothing to a login."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import blocks
from tests.support.newcomers import environment_of_newcomer, script
from tests.support.servers import EmbeddedCluster, LocalIssuer, embedded_cluster, local_issuer
from tests.support.shells import run_script
from tests.support.wheels import PROJECT

PAGE = "README.md"
SECTION = blocks(PAGE, "Use it on a real cluster")
CLUSTER = (
    "postgresql://operator@db.example.com:26257/defaultdb?sslmode=verify-full&sslrootcert=ca.crt"
)
ISSUER = "https://idp.example.com"
(LOGIN,) = re.findall(r"`(PGPASSWORD=[^`]*)` logs in", (PROJECT / PAGE).read_text())
SUBSTITUTED = (
    CLUSTER,
    ISSUER,
)  # with a cluster and an issuer of this machine; everything else is unchanged

PSQL = """\
#!/usr/bin/env python3
import sys, psycopg
with psycopg.connect(sys.argv[1]) as session:
    print(*session.execute(sys.stdin.read()).fetchone())
"""
"""What of psql the page uses, by the same libpq."""


def with_psql(environment: dict[str, str], folder: Path) -> dict[str, str]:
    """Return an environment that has psql: that of the machine, or ours in a folder of its PATH."""
    if shutil.which("psql", path=environment["PATH"]) is None:
        (folder / "psql").write_text(PSQL)
        (folder / "psql").chmod(0o755)
    return environment


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    with embedded_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
def newcomer(tmp_path: Path, wheels: Path, issuer: LocalIssuer) -> dict[str, str]:
    return {
        **environment_of_newcomer(tmp_path, wheels),
        "SSL_CERT_FILE": issuer.ca_cert,
        "PULUMI_SKIP_CONFIRMATIONS": "true",
    }


@pytest.mark.engine
def test_every_line_works_and_the_login_opens(
    tmp_path: Path, cluster: EmbeddedCluster, issuer: LocalIssuer, newcomer: dict[str, str]
) -> None:
    text = script(SECTION)
    for example, real in zip(SUBSTITUTED, (cluster.admin_url, issuer.issuer), strict=True):
        assert example in text
        text = text.replace(example, real)
    cluster.execute("CREATE ROLE orders_rw")
    found = cluster.snapshot()

    said = run_script(text, tmp_path, newcomer)

    assert (tmp_path / "shop-logins/.pulumi/stacks/shop/prod.json").is_file()
    (url,) = re.findall(r'"url":"(postgresql://app_orders@[^"]+)"', said)
    assert f"{cluster.host}:{cluster.port}" in url
    token = issuer.token({"sub": "orders-service", "aud": "crdb"})
    activated = (
        "cd shop-logins && . .venv/bin/activate && export PULUMI_CONFIG_PASSPHRASE='choose one'"
    )
    shutil.copy(cluster.ca_cert, tmp_path / "shop-logins/ca.crt")
    workload = {**with_psql(newcomer, tmp_path / "python"), "TOKEN": token, "URL": url}
    asked = run_script(f"{activated}; echo 'SELECT current_user' | {LOGIN}", tmp_path, workload)
    assert "app_orders" in asked
    run_script(f"{activated} && pulumi destroy", tmp_path, newcomer)
    assert cluster.snapshot() == found


def test_the_section_says_which_files_and_settings_there_are() -> None:
    named = [block.info for block in SECTION if " " in block.info]

    assert named == ["yaml Pulumi.yaml", "python __main__.py"]
    assert "pulumi config set --secret clusterUrl" in script(SECTION)
