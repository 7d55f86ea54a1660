"""The pages of docs/operations: every command in them runs, from top to bottom, and does its job.

Blocks in `sh` are what an operator types, blocks in `sql` what root runs. For `pulumi up` each test
says what the program wants by then; the provider does it as under the engine.
"""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crdb_sso.cli import main
from tests.docs.pages import blocks, pages
from tests.support.provider_calls import (
    ISSUER,
    KEY_1,
    KEY_2,
    create,
    delete,
    identity,
    refresh,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster, embedded_cluster

PAGES = [page for page in pages() if page.startswith("docs/operations/")]
OWNER = "acme/shop/prod/sso"
Step = Callable[[], object]


@dataclass
class Operator:
    """Follows a page, and remembers what was printed.

    Attributes:
        capfd: What commands print.
        cluster: Where they run.
        pulumi: What each `pulumi` command of the page does, in order.
        seen: Each command, its exit code and its output, in order.
    """

    capfd: pytest.CaptureFixture[str]
    cluster: EmbeddedCluster
    pulumi: list[tuple[str, Step]] = field(default_factory=list)
    seen: list[tuple[str, int, str]] = field(default_factory=list)

    def follow(self, page: str, heading: str | None = None) -> None:
        """Run what a page says, or one section of it."""
        for block in blocks(f"docs/operations/{page}", heading):
            if block.info == "sql":
                self._as_root(block.content)
            elif block.info == "sh":
                for line in block.content.splitlines():
                    self._type(shlex.split(line, comments=True))

    def _as_root(self, statements: str) -> None:
        with psycopg.connect(self.cluster.admin_url, autocommit=True) as conn:
            for statement in filter(None, map(str.strip, statements.split(";"))):
                conn.execute(statement.encode())
                self.seen.append((statement, 0, ""))

    def _type(self, words: list[str]) -> None:
        if words[0] == "pulumi":
            command, step = self.pulumi.pop(0)
            assert words[1:] == command.split()
            step()
            return
        assert words[0] == "crdb-sso"
        self.capfd.readouterr()
        code = main(words[1:])
        self.seen.append((" ".join(words[1:]), code, self.capfd.readouterr().out))

    def codes(self, start: str) -> list[int]:
        """The exit codes of the commands that begin so, in order."""
        return [code for command, code, _ in self.seen if command.startswith(start)]

    def printed(self, start: str) -> list[str]:
        """What the commands that begin so have printed."""
        return [output for command, _, output in self.seen if command.startswith(start)]


@dataclass
class Stack:
    """A stack as the engine keeps it: what it wants, and its state."""

    cluster: EmbeddedCluster
    owner: str = OWNER
    state: dict[str, Any] = field(default_factory=dict)

    def up(self, **changes: Any) -> Step:
        """Return what `pulumi up` does once the program has some changes."""

        def step() -> None:
            wanted = wish(self.cluster, owner=self.owner, **changes)
            self.state = update(self.state, wanted) if self.state else create(wanted)

        return step

    def refresh(self) -> None:
        self.state = refresh(self.state)

    def destroy(self) -> None:
        delete(self.state)


@pytest.fixture
def operator(cluster: EmbeddedCluster, capfd: pytest.CaptureFixture[str]) -> Operator:
    return Operator(capfd, cluster)


@pytest.fixture
def stack(cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack with two logins that is up; whatever the pages change was written long ago."""
    monkeypatch.setenv("CRDB_SSO_SPREAD_S", "0")
    made = Stack(cluster)
    made.up()()
    return made


def may_log_in(cluster: EmbeddedCluster) -> Mapping[str, bool]:
    return {user: "NOLOGIN" not in options for user, options, _ in cluster.snapshot().users}


def test_every_page_is_followed_by_a_test() -> None:
    text = Path(__file__).read_text()

    followed = {page for page in PAGES if f'"{page.removeprefix("docs/operations/")}"' in text}
    assert set(PAGES) - followed == {"docs/operations/index.md"}, "which has no commands"
    assert {block.info for page in PAGES for block in blocks(page)} <= {"", "sh", "sql"}


def test_revoke_a_workload(operator: Operator, stack: Stack) -> None:
    others = {"app_orders": {"identities": {"orders": identity("o-1")}}}
    operator.pulumi = [("up", stack.up(logins=others))]
    before = may_log_in(operator.cluster)

    operator.follow("revoke-a-workload.md")

    assert before["app_orders"]
    assert operator.codes("disable") == [0]
    assert operator.codes("explain") == [6, 0]
    assert (
        "The login of app_orders is refused at: login privilege" in operator.printed("explain")[0]
    )
    assert "app_billing" not in operator.printed("explain")[1]
    assert may_log_in(operator.cluster)["app_orders"], "let in again at the end of the page"
    assert operator.cluster.snapshot().setting("authentication.enabled") == "false"


@pytest.mark.holds(since="24.1")
def test_an_issuers_key_is_compromised(operator: Operator, stack: Stack) -> None:
    only_new = {"idp": {"issuer": ISSUER, "keys": {"k2": KEY_2}}}
    operator.pulumi = [("up", stack.up(sources=only_new))]

    operator.follow("issuer-key-compromised.md")

    assert "key" in operator.printed("claims list")[0]
    assert " k1 " not in operator.printed("claims list")[0]
    assert KEY_1.partition('"x":')[2][:20] not in operator.cluster.snapshot().setting(".jwks")
    assert operator.cluster.snapshot().setting("authentication.enabled") == "true"


@pytest.mark.holds(since="24.1")
def test_an_issuer_is_down(
    operator: Operator, cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    silent = "https://localhost:1"
    stack = Stack(cluster)
    stack.up(mode="fetched", sources={"idp": {"issuer": silent}})()
    pinned = {"idp": {"issuer": silent, "keys": {"k1": KEY_1}}}
    operator.pulumi = [("up", stack.up(sources=pinned))]

    operator.follow("issuer-down.md")

    first, second = operator.printed("explain")
    assert operator.codes("explain") == [0, 0]
    assert "keys fetched" in first
    assert "keys fetched" not in second
    assert cluster.snapshot().setting("jwks_auto_fetch.enabled") == "false"


def test_move_to_another_issuer_or_cluster(operator: Operator, stack: Stack) -> None:
    there = {"issuer": "https://new.example.com", "keys": {"k2": KEY_2}}
    here = {"issuer": ISSUER, "keys": {"k1": KEY_1}}
    new = {"source": "new", "audience": "crdb", "subject": "n-1"}
    both = {"app_orders": {"identities": {"old": identity("o-1"), "new": new}}}
    moved = {"app_orders": {"identities": {"new": new}}}
    second = Stack(operator.cluster, "acme/shop/prod-2/sso")  # the same cluster will do here
    second.up(sources={"new": there}, logins=moved)()
    operator.pulumi = [
        ("up", stack.up(sources={"idp": here, "new": there}, logins=both)),
        ("up", stack.up(sources={"new": there}, logins=moved)),
        ("destroy", stack.destroy),
    ]

    operator.follow("move.md")

    first, other = operator.printed("explain")
    assert operator.codes("explain") == [0, 0]
    assert f"{ISSUER} subject o-1" in first
    assert "https://new.example.com subject n-1" in first
    assert "https://new.example.com subject n-1" in other
    assert ISSUER not in operator.printed("claims list")[0]
    assert operator.codes("plan --destroy") == [0]
    assert ISSUER not in operator.cluster.snapshot().issuers
    assert may_log_in(operator.cluster)["app_orders"], "the second stack still needs it"


def test_break_glass(operator: Operator, stack: Stack) -> None:
    operator.follow("break-glass.md")

    assert operator.codes("enable") == [0]
    assert operator.codes("disable") == [0]
    assert operator.codes("explain") == [0]
    assert operator.printed("plan") == [f"{stack.owner} would put back:\n  nothing\n"]
    assert not may_log_in(operator.cluster)["break_glass"]
    operator.cluster.execute("DROP USER break_glass")


def test_after_an_upgrade_to_26_1(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with embedded_cluster(tmp_path, "--version", "26.2") as cluster:
        monkeypatch.setenv("CRDB_SSO_CLUSTER_URL", cluster.admin_url)
        stack = Stack(cluster)
        stack.up()()
        strict = {"app_orders": {"identities": {"orders": identity("/(?-i)^o-1$")}}}
        operator = Operator(capfd, cluster, [("preview", list), ("up", stack.up(logins=strict))])

        operator.follow("upgrade-to-26.1.md")

        assert "judged by CockroachDB 26.2" in operator.printed("explain")[0]
        assert operator.codes("explain") == [0]
        assert "(?-i)^o-1$" in cluster.snapshot().setting("identity_map.configuration")


def test_a_lost_stack(operator: Operator, stack: Stack) -> None:
    gone = Stack(operator.cluster, "acme/shop/old/sso")
    gone.up(logins={"app_old": {"identities": {"old": identity("old-1")}}})()
    stack.state = {}  # lost
    operator.pulumi = [("up", stack.up())]

    operator.follow("lost-stack.md")

    assert operator.codes("claims reclaim") == [0]
    assert operator.codes("plan --destroy") == [0, 0]
    assert 'DROP USER IF EXISTS "app_old";' in operator.printed("plan --destroy")[1]
    assert operator.codes("claims release") == [0]
    assert "app_old" not in may_log_in(operator.cluster)
    assert stack.state["instance"]
