"""The policy pack in an engine: what is accepted, what stops an `up`, and what is not known yet.

The engine that `make setup` builds has a language host that is too old to be told where a pack is,
so it is given the pack as a program: the engine's analyzer is the same.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # ships no types

import crdb_sso
from dev.setup.packages import POLICY_PACK, is_made
from tests.support.servers import PROJECT, EmbeddedCluster
from tests.support.stacks import Outcome, Stack
from tests.unit.standard_keys import EC, jwks

pytestmark = pytest.mark.engine

PACK = PROJECT / "policy"
NOBODY_LISTENS = "postgresql://root@127.0.0.1:1/defaultdb"
PROGRAM = '''\
"""The logins that wish.json next to this file describes; one subject may come from a resource."""
import json
from pathlib import Path

import pulumi
from pulumi import dynamic

from components import ClusterSso, OidcIssuer


class Made(dynamic.ResourceProvider):
    def create(self, props):
        return dynamic.CreateResult("id", {"subject": "made"})


class Subject(dynamic.Resource):
    subject: pulumi.Output[str]


wish = json.loads(Path("wish.json").read_text())
idp = OidcIssuer("idp", {"issuer": wish["issuer"], "audience": "api", "jwks": wish["jwks"]})
subjects = [*wish["subjects"]]
if wish.get("has_unknown_subject"):
    subjects.append(Subject(Made(), "one", {"subject": None}).subject)
identities = [{**idp.subject(one), "name": f"i{n}"} for n, one in enumerate(subjects)]
ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Output.secret(wish["cluster_url"]),
        "keys": "pinned",
        "logins": {"app": {"identities": identities}},
        "accept": wish.get("accept", {}),
    },
)
'''


@pytest.fixture(scope="module", autouse=True)
def _environment() -> None:
    """Make the environment of the pack, as `make policy-env` does.

    `make test` needs no outside service: without the package index, and without an environment
    from before, there is no pack to run.
    """
    had_one = is_made(PROJECT, POLICY_PACK)
    done = subprocess.run([sys.executable, "-m", "dev.setup", "policy"], cwd=PROJECT, check=False)
    if done.returncode == os.EX_UNAVAILABLE and not had_one:
        pytest.skip(f"the package index is out of reach, and {POLICY_PACK.folder} is not made yet")
    done.check_returncode()


@pytest.fixture
def shop(tmp_path: Path) -> Stack:
    return Stack(tmp_path / "project", PROGRAM)


def wish(cluster_url: str, **more: Any) -> dict[str, Any]:
    """Return a wish with the audience of tokens for other services."""
    idp = {"issuer": "https://idp.example.com", "jwks": jwks(EC), "subjects": ["orders"]}
    return {**idp, "cluster_url": cluster_url, **more}


def run(shop: Stack, command: str, *, pack: Path = PACK / "analyzer", **config: Any) -> Outcome:
    """Run a command with the pack, and with what is configured by the id of a finding."""
    by_id = {f"CRDB-SSO-{number.removeprefix('id')}": value for number, value in config.items()}
    (shop.folder / "policies.json").write_text(json.dumps(by_id))
    packs = ("--policy-pack", str(pack), "--policy-pack-config", "policies.json")
    options = ("--yes", "--skip-preview") if command == "up" else ()
    return shop.pulumi(command, *options, *packs, "-s", shop.name)


def reported(outcome: Outcome) -> list[tuple[str, str]]:
    """Return what was reported: enforcement and id, in order."""
    words = [line.split() for line in outcome.text.splitlines() if line.strip().startswith("- [")]
    return sorted((line[1], next(one for one in line if one.startswith("CRDB-"))) for line in words)


def test_a_mandatory_finding_stops_an_up_until_the_stack_accepts_it(
    shop: Stack, cluster: EmbeddedCluster
) -> None:
    users = "SELECT count(*) FROM [SHOW USERS] WHERE username = 'app'"
    shop.wish(wish(cluster.admin_url))

    refused = run(shop, "up", id002="mandatory")

    assert refused.code != 0
    assert reported(refused) == [("[mandatory]", "CRDB-SSO-002")]
    assert "warning: The audience api is that of tokens for other services:" in refused.text
    assert "Give the cluster an audience of its own, such as crdb-sso/PROJECT" in refused.text
    assert cluster.execute(users) == [(0,)]

    shop.wish(wish(cluster.admin_url, accept={"CRDB-SSO-002": "until the move in May"}))
    accepted = run(shop, "up", id002="mandatory")

    assert (accepted.code, reported(accepted)) == (0, []), accepted.text
    assert cluster.execute(users) == [(1,)]


def test_findings_are_advice_by_default_and_what_is_not_known_yet_is_left_out(shop: Stack) -> None:
    google = {"issuer": "https://accounts.google.com", "subjects": ["/^[0-9]+$"]}
    shop.wish(wish(NOBODY_LISTENS, has_unknown_subject=True, **google))

    shown = run(shop, "preview", id007={"least": "info"})

    assert shown.code == 0, shown.text
    assert reported(shown) == [
        ("[advisory]", "CRDB-SSO-002"),
        ("[advisory]", "CRDB-SSO-003"),
        ("[advisory]", "CRDB-SSO-007"),
    ]
    everybody = "(https://accounts.google.com /^[0-9]+$ app) lets in everybody who has an account"
    assert f"error: A line of the identity map {everybody} at Google." in shown.text


PLAIN = """
import runpy
from pulumi.output import UNKNOWN
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy
plain = runpy.run_path("policy/__main__.py", run_name="pack")["_plain"]
unknown = UNKNOWN_STRING_VALUE
given = {"a": ["x", unknown, [unknown], {"b": unknown, "c": ["y"]}], "d": unknown}
made = plain(unknown_checking_proxy(given))
assert made == {"a": ["x", UNKNOWN, [UNKNOWN], {"b": UNKNOWN, "c": ["y"]}], "d": UNKNOWN}, made
assert type(made["a"][2]) is list and type(made["a"][3]) is dict
"""


def test_what_is_not_known_yet_is_seen_at_any_depth() -> None:
    python = PROJECT / POLICY_PACK.folder / "bin" / "python"

    done = subprocess.run(
        [python, "-c", PLAIN], cwd=PROJECT, check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr


def test_a_language_host_of_today_starts_the_folder(shop: Stack) -> None:
    shop.wish(wish(NOBODY_LISTENS))

    shown = run(shop, "preview", pack=PACK)

    if "could not read plugin" in shown.text:
        pytest.skip("the language host here is too old to be told where a pack is")
    assert reported(shown) == [("[advisory]", "CRDB-SSO-002")]


def test_the_pack_is_of_the_version_of_the_package_and_in_its_own_environment() -> None:
    project = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())

    assert project["version"] == crdb_sso.__version__
    assert project["runtime"]["options"]["virtualenv"] == "../.tools/policy"
