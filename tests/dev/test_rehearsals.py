"""dev/issuer/README.md: each command runs, and each refusal is what its table says."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from dev.issuer.faults import FAULTS
from dev.processes import Processes
from tests.docs.pages import ROOT, blocks
from tests.support.ports import kept_port
from tests.support.servers import EmbeddedCluster, reached
from tests.support.shells import run_script

PAGE = "dev/issuer/README.md"
CRDB_SSO = 'crdb-sso() { python -m crdb_sso "$@"; }'
TO_ISSUER = "python -m dev.issuer token"


def rows() -> dict[str, tuple[str, str, list[str]]]:
    """Return the table: by fault what it means, where the login is refused, what is told."""
    found = {}
    for line in (ROOT / PAGE).read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `--"):
            fault, meaning, step, told = cells
            found[fault.strip("`-")] = (meaning, step, told.strip("`").split("`, `"))
    return found


@dataclass(frozen=True)
class Rehearsal:
    """A folder in which the page was followed up to its first refusal."""

    folder: Path
    cluster: EmbeddedCluster
    ports: tuple[str, str]

    def run(self, *lines: str) -> str:
        """Run lines of the page; a command that ends with an error does not end the others."""
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "CRDB_SSO_CLUSTER_URL": self.cluster.admin_url,
        }
        script = "\n".join([CRDB_SSO, "set +e", *map(self.of_here, lines), "true"])
        return run_script(script, self.folder, environment)

    def of_here(self, text: str) -> str:
        for of_page, real in zip(("26257", "8443"), self.ports, strict=True):
            text = text.replace(of_page, real)
        return text

    def commands(self, heading: str) -> list[str]:
        """Return the lines of shell of a section."""
        found = [block for block in blocks(PAGE, heading) if block.info == "sh"]
        return [line for block in found for line in block.content.splitlines()]

    def token(self) -> str:
        return (self.folder / "token").read_text().strip()

    def trust(self, keys: str) -> None:
        """Do what the page says as root, with keys."""
        (statements,) = (b for b in blocks(PAGE, "A cluster that trusts it") if b.info == "sql")
        text = self.of_here(statements.content).replace('{"keys": [...]}', keys)
        for statement in filter(None, map(str.strip, text.split(";\n"))):
            if "CREATE USER" not in statement or not self.cluster.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = 'app_orders'"
            ):
                self.cluster.execute(statement)


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    folder = tmp_path_factory.mktemp("rehearsal")
    with kept_port() as sql, kept_port() as web, Processes() as processes:
        ports = (str(sql), str(web))
        made = Rehearsal(folder, EmbeddedCluster("", "", "", "", 0, folder, folder), ports)
        *servers, ask = made.commands("A cluster that trusts it")
        ready = []
        for number, line in enumerate(servers):
            program, *words = made.of_here(line).removesuffix(" &").split()
            assert program == "python"
            where = {**os.environ, "PYTHONPATH": str(ROOT)}
            log = folder / f"{number}.log"
            argv = [sys.executable, *words]
            ready.append(processes.serve(argv, log=log, cwd=folder, env=where))
        (folder / "faults.json").write_text("[]")
        made = Rehearsal(folder, reached(ready[0], folder), ports)
        made.trust(made.run(ask.replace("curl ", "curl -s ")))
        yield made


def test_the_table_lists_all_faults_and_what_each_means() -> None:
    assert {fault: row[0] for fault, row in rows().items()} == FAULTS


def test_a_good_token_gets_in(rehearsal: Rehearsal) -> None:
    mint, ask = rehearsal.commands("Refusals")

    said = rehearsal.run(mint.replace(" --expired", ""), ask)

    assert said.endswith("app_orders gets in.\n")
    assert rehearsal.cluster.login("app_orders", rehearsal.token()) == "app_orders"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_token_with_a_fault_is_refused_where_the_table_says(
    rehearsal: Rehearsal, fault: str
) -> None:
    mint, ask = rehearsal.commands("Refusals")
    assert mint.startswith(TO_ISSUER)
    _, step, told = rows()[fault]

    said = rehearsal.run(mint.replace("--expired", f"--{fault}"), ask)

    assert f"The login of app_orders is refused at: {step}\n" in said
    (line,) = (line for line in said.splitlines() if "the client is told:" in line)
    with pytest.raises(psycopg.OperationalError) as refused:
        rehearsal.cluster.login("app_orders", rehearsal.token())
    for words in map(rehearsal.of_here, told):
        assert words in line
        assert words in str(refused.value)


def test_a_rotation_is_refused_until_the_cluster_has_the_key_and_old_tokens_go_on(
    rehearsal: Rehearsal,
) -> None:
    rehearsal.run(f"{TO_ISSUER} --dir issuer --sub orders --aud crdb > token")
    old = rehearsal.token()
    rotate, mint, ask, retire = rehearsal.commands("Rotation")

    published = json.loads(rehearsal.run(rotate))
    said = rehearsal.run(mint, ask)

    assert published["kid"] == published["published"][0]
    assert "The login of app_orders is refused at: key\n" in said
    assert "near miss: the issuer has a newer key" in said
    (ask_for_keys,) = (c for c in rehearsal.commands("A cluster that trusts it") if "curl" in c)
    rehearsal.trust(rehearsal.run(ask_for_keys.replace("curl ", "curl -s ")))
    for token in (old, rehearsal.token()):
        assert rehearsal.cluster.login("app_orders", token) == "app_orders"

    assert json.loads(rehearsal.run(retire)) == {
        "kid": published["kid"],
        "published": [published["kid"]],
    }
