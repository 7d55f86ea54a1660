"""Stacks that an older version of this project brought up: programs, clusters and states.

Each has a folder here:

* `wish.json` or `config.yaml`: what its program reads. With the first, the program is `program.py`;
  with the second, it is the one of this repository.
* `found.sql`: the cluster before the first `up` of the stack.
* `written.sql`: the cluster after the last `up`.
* `state.json`: what `pulumi stack export --show-secrets` printed. Its salt belongs to the
  passphrase of `tests.support.stacks`.

`make.py` wrote the last three.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml  # type: ignore[import-untyped] # ships no types
from psycopg import sql

from tests.support.servers import PROJECT, EmbeddedCluster
from tests.support.stacks import Stack

FOLDER = Path(__file__).parent

CLUSTER_URL = "CLUSTER_URL"
CLUSTER_ADDRESS = "CLUSTER_ADDRESS"
"""Placeholders for what differs from run to run; the address is `host:port`."""

HOST_RULES = "server.host_based_authentication.configuration"

TABLES = ("claims", "found_text", "renames", "retiring")
"""The registry's tables about stacks; `meta` and `lease` are about the cluster."""

END = ";\n"
"""Ends a statement in the SQL files."""


@dataclass(frozen=True)
class OlderStack:
    """A stack that an older version brought up.

    Attributes:
        name: Its folder.
        version: The CockroachDB version of its cluster.
        owner: The owner of its claims.
        input: The file that its program reads.
    """

    name: str
    version: str
    owner: str = "organization/shop/test/sso"
    input: str = "wish.json"

    def file(self, name: str) -> Path:
        """Return the path of one of its files."""
        return FOLDER / self.name / name

    @property
    def has_config(self) -> bool:
        """Whether its program is the one of this repository, which reads the configuration."""
        return self.input == "config.yaml"

    def program(self, code: Path = PROJECT) -> str:
        """Return the text of its program; `code` is the project whose code it runs."""
        path = code / "__main__.py" if self.has_config else FOLDER / "program.py"
        return path.read_text()

    def write_input(self, stack: Stack, cluster: EmbeddedCluster) -> None:
        """Write what the program reads."""
        text = fill_in(self.file(self.input).read_text(), cluster)
        for path in self.file(".").glob("*.pem"):
            shutil.copy(path, stack.folder)
        with self._input_of(stack).open("a") as file:  # the configuration starts with a salt
            file.write(text)
        if self.has_config:
            url = ("crdb-sso:clusterUrl", cluster.admin_url)
            outcome = stack.pulumi("config", "set", "--secret", *url, "-s", stack.name)
            assert outcome.code == 0, outcome.text

    def change_logins(self, stack: Stack, changes: Mapping[str, Any]) -> None:
        """Replace logins in what the program reads; None removes one."""
        path = self._input_of(stack)
        content = yaml.safe_load(path.read_text())  # JSON is YAML too
        logins = content["config"]["crdb-sso:logins"] if self.has_config else content["logins"]
        for user, login in changes.items():
            del logins[user]
            if login is not None:
                logins[user] = login
        path.write_text(yaml.safe_dump(content) if self.has_config else json.dumps(content))

    def _input_of(self, stack: Stack) -> Path:
        return stack.folder / (f"Pulumi.{stack.name}.yaml" if self.has_config else self.input)

    def state(self, cluster: EmbeddedCluster) -> str:
        """Return its state as text, with the URL of a running cluster."""
        return fill_in(self.file("state.json").read_text(), cluster)

    def import_state(self, stack: Stack, cluster: EmbeddedCluster) -> None:
        """Give its state to a stack; the engine encrypts the secrets."""
        path = stack.folder / "state.json"
        path.write_text(self.state(cluster))
        outcome = stack.pulumi("stack", "import", "--file", str(path), "-s", stack.name)
        assert outcome.code == 0, outcome.text

    def rebuild(self, cluster: EmbeddedCluster, name: str) -> None:
        """Run a SQL file on a cluster in its initial state."""
        with psycopg.connect(cluster.admin_url, autocommit=True) as conn:
            for path in (FOLDER / "registry.sql", self.file(name)):
                for statement in path.read_text().split(END):
                    if statement.strip():
                        conn.execute(statement.encode())


PINNED = OlderStack("pinned", "25.2")
CONFIGURED = OlderStack("configured", "25.2", input="config.yaml")
FETCHED = OlderStack("fetched", "25.4", owner="organization/shop/test/platform/sso")


def fill_in(text: str, cluster: EmbeddedCluster) -> str:
    """Replace the placeholders in a text."""
    address = f"{cluster.host}:{cluster.port}"
    return text.replace(CLUSTER_URL, cluster.admin_url).replace(CLUSTER_ADDRESS, address)


@dataclass(frozen=True)
class Contents:
    """Everything on a cluster that stacks change.

    Attributes:
        settings: Value and origin by setting.
        users: Options and roles by user.
        rows: Sorted rows of the registry by table.
    """

    settings: Mapping[str, tuple[str, str]]
    users: Mapping[str, tuple[str, str]]
    rows: Mapping[str, list[tuple[Any, ...]]]


def read_contents(cluster: EmbeddedCluster) -> Contents:
    """Read what stacks change on a cluster."""
    snapshot = cluster.snapshot()
    listed = "SELECT variable, value, origin FROM [SHOW ALL CLUSTER SETTINGS] WHERE variable = %s"
    settings = (*snapshot.settings, *cluster.execute(listed, [HOST_RULES]))
    return Contents(
        {name: (value, origin) for name, value, origin in settings},
        {name: (options, roles) for name, options, roles in snapshot.users},
        {table: rows_of(cluster, table) for table in TABLES},
    )


def rows_of(cluster: EmbeddedCluster, table: str) -> list[tuple[Any, ...]]:
    """Return the sorted rows of a table of the registry; none if there is no registry yet."""
    with psycopg.connect(cluster.admin_url, autocommit=True) as conn:
        try:
            rows = conn.execute(sql.SQL("SELECT * FROM {}").format(table_name(table))).fetchall()
        except psycopg.errors.UndefinedTable:
            return []
    return sorted(rows, key=str)


def table_name(table: str) -> sql.Identifier:
    """Return the full name of a table of the registry."""
    return sql.Identifier("crdb_sso", "public", table)


def resources_in(state: str) -> dict[str, Any]:
    """Return what an exported state says about each resource, by URN, without engine internals."""
    kept = ("id", "parent", "inputs", "outputs")
    resources = json.loads(state, object_hook=_without_secrecy)["deployment"]["resources"]
    return {found["urn"]: {name: found.get(name) for name in kept} for found in resources}


def _without_secrecy(value: dict[str, Any]) -> Any:
    """Return the value of a secret, which is JSON in a text; anything else as it is."""
    return {"secret": json.loads(value["plaintext"])} if "plaintext" in value else value
