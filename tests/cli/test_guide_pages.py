"""Pages of the guide: the commands on them run as they stand, on a cluster with stacks to match."""

import shlex
from collections.abc import Iterator

import pytest

from tests.cli.test_cli import crdb_sso
from tests.cli.test_explain import minted, trusting
from tests.docs.test_blocks import command_blocks
from tests.support.provider_calls import create, identity, wish
from tests.support.servers import EmbeddedCluster

LOST = "organization/shop/prod/sso"
GONE = "acme/shop/old/sso"


def follow(page: str, section: str) -> Iterator[tuple[int, str]]:
    """Run the commands below a heading, a yes for each question; yield exit codes and outputs."""
    lines = [
        line
        for block in command_blocks(page)
        if block.anchor == section
        for line in block.text.splitlines()
        if line.startswith("crdb-sso ")
    ]
    assert lines
    for line in lines:
        _, *words = shlex.split(line.partition(" > ")[0], comments=True)
        code, printed, _ = crdb_sso(*words, said="y\n")
        yield code, printed


def test_what_sharing_says_of_claims(cluster: EmbeddedCluster) -> None:
    old = {"app_old": {"identities": {"old": identity("old-1")}}}
    create(wish(cluster, owner=LOST))
    create(wish(cluster, owner=GONE, logins=old))

    listed = list(follow("docs/sharing.md", "who-needs-what"))
    reclaimed = list(follow("docs/sharing.md", "two-stacks-with-one-name"))
    released = list(follow("docs/sharing.md", "a-stack-that-is-gone-without-destroy"))

    assert [code for code, _ in [*listed, *reclaimed, *released]] == [0, 0, 0, 0]
    assert all(GONE in printed and LOST in printed for _, printed in listed)
    create(wish(cluster, owner=LOST))  # the next `up` of the stack whose state was lost
    assert "app_old" not in {user for user, _, _ in cluster.snapshot().users}


@pytest.mark.usefixtures("cluster")
def test_what_sharing_says_of_operators() -> None:
    made = list(follow("docs/sharing.md", "operators-who-are-not-admins"))

    assert [code for code, _ in made] == [0, 0, 0]
    assert "GRANT" in made[2][1]


def test_adopting_prints_a_program_and_its_configuration(cluster: EmbeddedCluster) -> None:
    create(wish(cluster, owner=LOST))

    (_, program), (_, configuration) = follow(
        "docs/adopt.md", "adopting-a-cluster-that-was-set-up-by-hand"
    )

    compile(program, "__main__.py", "exec")
    assert "ClusterSso" in program
    assert "config:" in configuration


def test_explaining_a_login(cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    trusting(cluster)
    monkeypatch.setenv("TOKEN", minted())

    ((code, printed),) = follow("docs/cli.md", "explain-a-login")

    assert code == 0
    assert "login of app_orders" in printed
