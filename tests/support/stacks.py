"""A Pulumi stack of its own, driven through the real command line."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dev.setup.environment import closed_environment
from tests.support.prefork import prefork_client, preforked
from tests.support.quick_pip import quick_pip
from tests.support.servers import PROJECT, EmbeddedCluster, LocalIssuer
from tests.support.shared_folder import copied_from
from tests.support.vault import PROVIDER, vault_variables

PROGRAM = '''\
"""The logins that wish.json next to this file describes."""
import json
from pathlib import Path

import pulumi

from components import ClusterSso, OidcIssuer

wish = json.loads(Path("wish.json").read_text())
issuers = {name: OidcIssuer(name, args) for name, args in wish["issuers"].items()}
logins = {
    user: {**login, "identities": [issuers[i].subject(s) for i, s in login["identities"]]}
    for user, login in wish["logins"].items()
}
prove = {
    user: {
        name: pulumi.Output.secret(text) if name == "command" else text
        for name, text in source.items()
    }
    for user, source in (wish.get("prove") or {}).items()
}
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Output.secret(wish["cluster_url"]),
        "keys": wish.get("keys", "pinned"),
        "logins": logins,
        "sso_only": wish.get("sso_only"),
        "subject_is_username": [issuers[name].facts for name in wish.get("by_subject", ())],
        "auto_provisioning": wish.get("auto_provisioning"),
        "group_sync": wish.get("group_sync"),
        "connect_ca_file": wish.get("connect_ca_file"),
        "prove": prove,
        "on_failed_proof": wish.get("on_failed_proof"),
    },
)
pulumi.export("connect", sso.connect)
'''

PASSPHRASE = "passphrase of a test"

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and everything it printed."""

    code: int
    text: str


class Stack:
    """A project folder with one stack, a file backend and a Pulumi home.

    Its interpreters are forks of one that has imported everything, unless `starts_anew` says that
    they start as a user's do. Its key comes from a vault, unless `has_passphrase` says otherwise.
    """

    def __init__(
        self,
        folder: Path,
        program: str = PROGRAM,
        name: str = "test",
        *,
        starts_anew: bool = False,
        has_passphrase: bool = False,
    ) -> None:
        self.folder = folder
        self.name = name
        folder.mkdir(parents=True)
        (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
        (folder / "__main__.py").write_text(program)
        self.environment = {
            **os.environ,
            **closed_environment(PROJECT, os.environ),
            "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
            "PULUMI_HOME": str(folder / "home"),
            "PYTHONPATH": os.pathsep.join([str(PROJECT), prefork_client()]),
            **quick_pip(),
            **({} if starts_anew else preforked()),
            **({"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE} if has_passphrase else vault_variables()),
            "CRDB_SSO_CONNECT_WAIT_S": "5",
            "CRDB_SSO_SPREAD_S": "0",  # tests change settings back and forth faster than people do
        }
        provider = "passphrase" if has_passphrase else PROVIDER
        made = f"stack-{name}-{provider.partition(':')[0]}"
        copied_from(made, partial(self._init, provider=provider), folder)

    def _init(self, folder: Path, *, provider: str) -> None:
        """Make a new stack in a folder: its backend and its settings."""
        (folder / "backend").mkdir()
        (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
        backend = f"file://{folder / 'backend'}"
        init = ("stack", "init", self.name, "--secrets-provider", provider, "--cwd", str(folder))
        assert self.pulumi(*init, PULUMI_BACKEND_URL=backend).code == 0

    def wish(self, wish: dict[str, Any]) -> None:
        """Set what the program wants from now on."""
        (self.folder / "wish.json").write_text(json.dumps(wish))

    def pulumi(self, *arguments: str, **environment: str) -> Outcome:
        """Run a command, whether it succeeds or not."""
        engine = shutil.which("pulumi", path=self.environment["PATH"])
        assert engine, "no Pulumi engine: run `make setup`"
        ran = subprocess.run(
            [engine, *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=240,
        )
        return Outcome(ran.returncode, _COLOURS.sub("", ran.stdout))

    @contextmanager
    def begun(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """Begin a command on the stack; leave none of its processes behind."""
        engine = shutil.which("pulumi", path=self.environment["PATH"])
        assert engine, "no Pulumi engine: run `make setup`"
        with (
            (self.folder / "begun.log").open("a") as log,
            subprocess.Popen(
                [engine, *arguments, "--non-interactive", "-s", self.name],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
            ) as running,
        ):
            try:
                yield running
            finally:
                running.kill()

    def up(self) -> str:
        """Bring the stack up; fail with what was printed if that fails."""
        return self._must("up", "--yes", "--skip-preview", "-s", self.name)

    def preview(self, *options: str) -> str:
        """Return what `preview --diff` shows."""
        return self._must("preview", "--diff", "-s", self.name, *options)

    def refresh(self) -> str:
        """Read the cluster into the state."""
        return self._must("refresh", "--yes", "--skip-preview", "-s", self.name)

    def up_with_refresh(self) -> str:
        """Read the cluster into the state, then bring the stack up."""
        return self._must("up", "--refresh", "--yes", "--skip-preview", "-s", self.name)

    def destroy(self) -> str:
        """Take all away."""
        return self._must("destroy", "--yes", "--skip-preview", "-s", self.name)

    def output(self, name: str) -> Any:
        """Return a stack output."""
        return json.loads(self._must("stack", "output", name, "--json", "-s", self.name))

    def state(self) -> str:
        """Return the stored state as text."""
        return self._must("stack", "export", "-s", self.name)

    def _must(self, *arguments: str) -> str:
        outcome = self.pulumi(*arguments)
        assert outcome.code == 0, outcome.text
        return outcome.text


def two_logins(cluster: EmbeddedCluster, issuer: LocalIssuer) -> dict[str, Any]:
    """Return a wish: two logins of one issuer that is really asked for its keys."""
    return {
        "cluster_url": cluster.admin_url,
        "issuers": {
            "idp": {"issuer": issuer.issuer, "audience": "crdb", "ca_file": issuer.ca_cert}
        },
        "logins": {
            "app_orders": {"identities": [["idp", "orders"]]},
            "app_billing": {"identities": [["idp", "billing"]]},
        },
    }
