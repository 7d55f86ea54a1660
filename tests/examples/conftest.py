"""The examples as they stand, on an embedded cluster and imitated clouds."""

import os
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.cloud.handle import TENANT_ID, Clouds
from dev.setup.environment import closed_environment
from tests.support.examples import Example
from tests.support.https_proxy import proxy_to
from tests.support.prefork import prefork_client, preforked
from tests.support.quick_pip import quick_pip
from tests.support.servers import EmbeddedCluster, LocalIssuer, embedded_cluster, local_issuer
from tests.support.wheels import PROJECT, build_wheel
from tests.unit.scripted_https_server import https_server, text

ISSUER = "https://idp.example.com"
CLUSTERS = "postgresql://operator@{host}.example.com:26257/defaultdb?sslmode=verify-full"


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel installs."""
    with zipfile.ZipFile(build_wheel(tmp_path_factory.mktemp("dist"))) as wheel:
        wheel.extractall(unpacked := tmp_path_factory.mktemp("product"))
    return unpacked


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    with embedded_cluster(tmp_path_factory.mktemp("cluster")) as running:
        running.execute("CREATE ROLE orders_rw")
        running.execute("CREATE ROLE billing_rw")
        yield running


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
def example(
    tmp_path: Path,
    product: Path,
    cluster: EmbeddedCluster,
    issuer: LocalIssuer,
    request: pytest.FixtureRequest,
) -> Example:
    """The example that the test names as the fixture's parameter."""
    folder = tmp_path / request.param
    shutil.copytree(PROJECT / "examples" / request.param, folder)
    (folder / ".venv").symlink_to(sys.prefix)
    (tmp_path / "backend").mkdir()
    engine = closed_environment(PROJECT, os.environ)
    made = Example(
        folder,
        {
            **os.environ,
            **engine,
            "PATH": f"{sys.prefix}/bin:{engine['PATH']}",  # the Python that runs the tests
            "PULUMI_BACKEND_URL": f"file://{tmp_path / 'backend'}",
            "PULUMI_HOME": str(tmp_path / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "passphrase of a test",
            "PULUMI_SKIP_CONFIRMATIONS": "true",
            "PULUMI_OPTION_SKIP_PREVIEW": "true",
            "PYTHONPATH": os.pathsep.join([str(product), prefork_client()]),
            **quick_pip(),
            **preforked(product),
            "SSL_CERT_FILE": issuer.ca_cert,
        },
    )
    urls = [(CLUSTERS.format(host=host), cluster.admin_url) for host in ("db", "dev", "prod")]
    made.settle((ISSUER, issuer.issuer), *urls)
    return made


@pytest.fixture
def clouds(tmp_path: Path, example: Example) -> Clouds:
    """Clouds on which the example's engine works."""
    made = Clouds(tmp_path / "clouds")
    made.install(Path(example.environment["PULUMI_HOME"]))
    made.add_resource_group("billing")
    return made


@pytest.fixture
def published_keys(tmp_path: Path, issuer: LocalIssuer, example: Example) -> Iterator[None]:
    """The issuer's keys where Google and Entra publish theirs."""
    with https_server(tmp_path, "www.googleapis.com", "login.microsoftonline.com") as web:
        web.answers["/oauth2/v3/certs"] = text(issuer.google_jwks())
        web.answers[f"/{TENANT_ID}/discovery/v2.0/keys"] = text(issuer.entra_jwks())
        with proxy_to(int(web.url.rpartition(":")[2])) as proxy:
            example.environment |= {
                "HTTPS_PROXY": proxy.url,
                "NO_PROXY": "127.0.0.1,localhost",
                "SSL_CERT_FILE": web.ca_file,
            }
            yield
