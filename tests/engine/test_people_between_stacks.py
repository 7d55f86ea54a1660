"""Somebody edits by hand while stacks come and go: every edit survives or is named.

The normal tests take a few steps; `make soak` takes many.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from tests.components.programs import JWK_TEXT
from tests.support.servers import EmbeddedCluster
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine

STEPS = 3 * int(os.environ.get("CRDB_SSO_SOAK_ROUNDS", "2"))
NAMES = ("one", "two", "three")
MAP = "server.identity_map.configuration"
AUDIENCE = "server.jwt_authentication.audience"
ENABLED = "server.jwt_authentication.enabled"

PROGRAM = '''\
"""One issuer that all have; a login that stays, and one that each change replaces."""
import json
from pathlib import Path

import pulumi

from components import ClusterSso, OidcIssuer

wish = json.loads(Path("wish.json").read_text())
url = pulumi.Output.secret(wish["cluster_url"])
args = {"issuer": "https://shared", "audience": "crdb", "jwks": wish["jwks"]}
subject = OidcIssuer("idp", args).subject
name = wish["name"]
logins = {
    f"app_{name}": {"identities": [subject("batch")], "roles": ["readers"]},
    f"job_{name}": {"identities": [subject(wish["job"])]},
}
ClusterSso("sso", {"cluster_url": url, "keys": "pinned", "logins": logins})
'''


@dataclass
class Person:
    """What somebody does to the cluster by hand, and what became of it.

    Attributes:
        cluster: The cluster.
        chance: Decides what is done.
        lines: Their own lines in the identity map, in order.
        taken: What they took away of each stack, in the words in which the stack names it.
        off: Whether they turned all token logins off.
    """

    cluster: EmbeddedCluster
    chance: Random
    lines: list[str] = field(default_factory=list)
    taken: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in NAMES})
    off: bool = False

    def act(self) -> None:
        """Do one thing."""
        name = self.chance.choice(NAMES)
        self.chance.choice(
            (self.add_line, self.switch_off, self.take_line, self.lock, self.revoke)
        )(name)

    def add_line(self, name: str) -> None:
        """Add a line of their own, at a place of their own, with blanks of their own."""
        line = f"https://person-{len(self.lines)}\tsub  app_{name} # by hand"
        place = self.chance.randint(0, len(self.shown()))
        texts = self.shown()
        self.lines.append(line)
        texts.insert(place, line)
        self.cluster.set(MAP, "".join(f"{text}\n" for text in texts))

    def switch_off(self, _name: str) -> None:
        """Turn all token logins off."""
        self.cluster.set(ENABLED, "false")
        self.off = True

    def take_line(self, name: str) -> None:
        """Take a line of a stack away."""
        line = f"https://shared batch app_{name}"
        texts = [text for text in self.shown() if text != line]
        self.cluster.set(MAP, "".join(f"{text}\n" for text in texts))
        self.taken[name].add(f"map line {line} was taken away by hand")

    def lock(self, name: str) -> None:
        """Shut a user of a stack out."""
        self.cluster.execute(f"ALTER USER app_{name} WITH NOLOGIN")
        self.taken[name].add(f"SQL user app_{name} was shut out by hand (NOLOGIN)")

    def revoke(self, name: str) -> None:
        """Take a role of a user away."""
        self.cluster.execute(f"REVOKE readers FROM app_{name}")
        self.taken[name].add(f"membership of app_{name} in readers was taken away by hand")

    def shown(self) -> list[str]:
        """Return the lines of the identity map."""
        return self.cluster.snapshot().setting(MAP).splitlines()

    def put_back(self, name: str) -> None:
        """Note that a stack was refreshed and brought up."""
        self.taken[name] = set()
        self.off = False

    def check_named(self, name: str, printed: str, *, switches_on: bool = False) -> None:
        """Check that a stack names all that was taken away of it, and nothing else.

        Args:
            name: The stack.
            printed: What its `up` printed.
            switches_on: Whether it turns logins on again, against what others are told.
        """
        named = {text for text in self.taken[name] if f"warning: {text}: not put back" in printed}
        assert named == self.taken[name]
        off = f"{ENABLED} was set to 'false' by hand, this stack wrote 'true': not put back"
        assert (off in printed) is self.off
        told = printed.partition("Diagnostics:")[2]  # before, the engine repeats it as it comes
        on_again = f"setting {ENABLED} was taken away or changed by hand since organization/shop/"
        assert (on_again in told) is switches_on
        assert told.count("warning: ") == len(named) + self.off + switches_on, printed

    def check_cluster(self, jobs: Iterable[str]) -> None:
        """Check that the cluster is as the person left it, with the jobs of all stacks."""
        snapshot = self.cluster.snapshot()
        assert snapshot.setting(ENABLED) == ("false" if self.off else "true")
        theirs = [line for line in self.shown() if "person" in line]
        assert sorted(theirs) == sorted(self.lines)
        lost = {text for texts in self.taken.values() for text in texts}
        lines = {f"https://shared batch app_{name}" for name in NAMES}
        kept = {line for line in lines if f"map line {line} was taken away by hand" not in lost}
        assert set(self.shown()) - set(theirs) == kept | set(jobs)
        users = {user: (options, roles) for user, options, roles in snapshot.users}
        for name in NAMES:
            out = f"SQL user app_{name} was shut out by hand (NOLOGIN)" in lost
            gone = f"membership of app_{name} in readers was taken away by hand" in lost
            assert users[f"app_{name}"] == ("NOLOGIN" if out else "", "{}" if gone else "{readers}")


@dataclass
class Shop:
    """The stacks that share the cluster, and what each wants of its changing login."""

    cluster: EmbeddedCluster
    stacks: dict[str, Stack]
    jobs: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))

    def wish(self, name: str) -> None:
        """Let a stack want its login as it is noted."""
        wanted = {"name": name, "job": f"job-{self.jobs[name]}", "jwks": JWK_TEXT}
        self.stacks[name].wish(wanted | {"cluster_url": self.cluster.admin_url})

    def lines(self) -> Iterator[str]:
        """Yield the identity map lines of the changing logins."""
        for name, number in self.jobs.items():
            yield f"https://shared job-{number} job_{name}"


@pytest.fixture
def shop(cluster: EmbeddedCluster, tmp_path: Path) -> Shop:
    cluster.execute("CREATE ROLE readers")
    cluster.set(AUDIENCE, "theirs")
    made = Shop(cluster, {name: Stack(tmp_path / name, PROGRAM, name) for name in NAMES})
    for name, stack in made.stacks.items():
        made.wish(name)
        stack.up()
    return made


@pytest.mark.parametrize("seed", [1])
def test_every_edit_survives_or_is_named(cluster: EmbeddedCluster, shop: Shop, seed: int) -> None:
    person = Person(cluster, Random(seed))  # noqa: S311 - chooses, keeps no secret
    for _ in range(STEPS):
        person.act()
        person.act()
        name = person.chance.choice(NAMES)
        stack = shop.stacks[name]
        if person.chance.random() < 1 / 3:
            was_off = person.off
            stack.refresh()
            person.put_back(name)
            person.check_named(name, stack.up(), switches_on=was_off)
        else:
            shop.jobs[name] += 1
            shop.wish(name)
            person.check_named(name, stack.up())
        person.check_cluster(shop.lines())

    for name, stack in shop.stacks.items():
        stack.refresh()
        stack.up()
        person.put_back(name)
    person.check_cluster(shop.lines())
    for stack in shop.stacks.values():
        stack.destroy()
    left = cluster.snapshot()
    assert left.setting(MAP).splitlines() == [
        line for line in person.shown() if line in person.lines
    ]
    assert left.setting(AUDIENCE) == "theirs"
    assert [user for user, _, _ in left.users] == ["admin", "readers", "root"]
    assert left.claims == ()
