"""Every issuer's example, with tokens of the issuer's exact shape, on a cluster."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml  # type: ignore[import-untyped] # ships no types
from pulumi.runtime import get_root_resource
from pulumi.runtime.stack import Stack

import components
from crdb_sso.clients.cluster import open_cluster
from crdb_sso.tokens.jwks import parse_given
from crdb_sso.verdict import Verdict, judge
from crdb_sso.verdict.steps import Step
from crdb_sso.workload import Login
from dev.issuer.key_styles import ENTRA
from tests.components import azure_programs, test_gcp_identity
from tests.components.mockrun import Secret, World, run
from tests.components.programs import LOGINS
from tests.support.issuers import ROWS, Miss, Row, Shape
from tests.support.issuers.clouds import COCKROACH_CLOUD
from tests.support.issuers.row import IssuerKey
from tests.support.provider_calls import create, delete
from tests.support.servers import EmbeddedCluster
from tests.support.snapshots import Snapshot
from tests.support.versions import is_since, whole_version

EXAMPLES = Path(__file__).parents[2] / "examples" / "issuers"
URL = "postgresql://operator@db.example.com:26257/defaultdb?sslmode=verify-full"
WORLD = World(
    outputs={**azure_programs.WORLD.outputs, **test_gcp_identity.WORLD.outputs},
    answers=azure_programs.WORLD.answers,
)


@dataclass(frozen=True)
class Written:
    """An example that is on the cluster."""

    cluster: EmbeddedCluster
    connect: Mapping[str, Any]
    key: IssuerKey
    found: Snapshot
    state: dict[str, Any]

    def token(self, shape: Shape) -> str:
        return self.key.token(shape, int(time.time()))

    def judged(self, user: str, token: str) -> Verdict:
        with open_cluster(self.cluster.admin_url, database="crdb_sso") as cluster:
            view = cluster.read_login_view()
        return judge(view.cluster, user, token, now=view.now)

    def foretold(self, user: str, token: str) -> Verdict:
        """Return what a workload is told that knows the stack's output alone."""
        return Login.from_outputs(self.connect, user).check(lambda: token)


def example(name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Run an example as it stands; return what it wants of the cluster, and its `connect`."""
    folder = EXAMPLES / name
    monkeypatch.setitem(sys.modules, "crdb_sso.components", components)
    monkeypatch.chdir(folder)
    text = (folder / "__main__.py").read_text()

    def program() -> Mapping[str, Any]:
        exec(compile(text, f"{name}.py", "exec"), {})  # noqa: S102 - it is our own
        stack = get_root_resource()
        assert isinstance(stack, Stack)
        return stack.outputs

    settings = folder / "Pulumi.dev.yaml"
    config = yaml.safe_load(settings.read_text())["config"] if settings.exists() else {}
    done = run(program, config={"shop:clusterUrl": URL, **config}, world=WORLD)
    props = {k: plain(v) for k, v in done.only(LOGINS).inputs.items() if not k.startswith("__")}
    return props, done.exports["connect"]


def plain(value: Any) -> Any:
    return value.value if isinstance(value, Secret) else value


@pytest.fixture
def written(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Written:
    """The example of a row, written to the cluster with keys as the issuer publishes them."""
    row: Row = request.getfixturevalue("row")
    for role in row.roles:
        cluster.execute(f"CREATE ROLE {role}")
    key = IssuerKey.made_for(row)
    keys = {"server.jwt_authentication.jwks": key.jwks()} if row.found else {}
    for setting, value in {**row.found, **keys}.items():
        cluster.set(setting, value)
    found = cluster.snapshot()
    props, connect = example(row.name, monkeypatch)
    for source in props["sources"].values():
        source["keys"] = parse_given(key.jwks()).text_by_kid()
    props["cluster_url"] = cluster.admin_url
    return Written(cluster, connect, key, found, create(props))


def test_each_example_has_a_row_here() -> None:
    folders = {program.parent.name for program in EXAMPLES.glob("*/Pulumi.yaml")}

    assert folders - {"self-minted"} == {row.name for row in ROWS}  # which has tests of its own


KEYS_HAVE_NO_ALGORITHM = pytest.mark.holds(since="23.1")
"""22.2 refuses every token that is signed with such a key."""


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=row.name, marks=KEYS_HAVE_NO_ALGORITHM if row.style is ENTRA else ())
        for row in ROWS
    ],
)
def test_tokens_of_an_issuer_log_in_as_its_example_means_and_what_almost_fits_is_explained(
    written: Written, row: Row
) -> None:
    assert written.connect.keys() == row.logins.keys()
    for user, shape in row.logins.items():
        token = written.token(shape)
        assert written.cluster.login(user, token) == user
        assert written.judged(user, token).accepted
        assert written.foretold(user, token).first_failure is None

    for miss in row.misses:
        token = written.token(miss.token)
        message, step = told(miss)
        with pytest.raises(psycopg.OperationalError) as refused:
            written.cluster.login(miss.user, token)
        assert f"JWT authentication: {message}" in str(refused.value), miss.what
        verdict = written.judged(miss.user, token)
        assert explained(verdict) == (message, step.value), miss.what
        assert miss.advice in f"{verdict.near_miss} {verdict.fix}", miss.what
        assert written.foretold(miss.user, token).fix, miss.what

    delete(written.state)
    left = written.cluster.snapshot()
    assert (left.settings, left.users) == (written.found.settings, written.found.users)


def told(miss: Miss) -> tuple[str, Step]:
    """Return what a client is told, and the check that fails first.

    From 25.4 on, whom a token names is looked at before its issuer: a line of the identity map that
    an unknown issuer does not have is what is missing first.
    """
    if miss.step is Step.ISSUER and is_since("25.4", whole_version()):
        return "invalid principal", Step.NAMED
    return miss.message, miss.step


def explained(verdict: Verdict) -> tuple[str, str]:
    """Return what the judge foresees that the client is told, and the check that fails."""
    assert verdict.error is not None
    assert verdict.first_failure is not None
    return verdict.error.message.removeprefix("JWT authentication: "), verdict.first_failure.name


@pytest.mark.parametrize("row", [COCKROACH_CLOUD], ids=["its own people"])
def test_cockroach_clouds_own_logins_work_before_and_after(written: Written, row: Row) -> None:
    written.cluster.execute("CREATE USER sso_carl")
    carl = written.token(row.logins["sso_maxroach"].but(sub="carl@example.com"))

    assert written.cluster.login("sso_carl", carl) == "sso_carl"
    delete(written.state)
    assert written.cluster.login("sso_carl", carl) == "sso_carl"
