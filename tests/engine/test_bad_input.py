"""What a person sees of bad input: an error at the right input, no secret, nothing written."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers import EmbeddedCluster
from tests.support.stacks import Outcome, Stack
from tests.unit.scripted_https_server import (
    Answer,
    HttpsServer,
    endless,
    https_server,
    status,
    text,
)

pytestmark = pytest.mark.engine

WELL_KNOWN = "/.well-known/openid-configuration"
KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
OTHER_KEY = {**KEY, "x": "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"}
PRIVATE = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
PASSWORD = "s3cret-pw"
NOISE = (
    "Traceback",
    "crdb_sso.errors",
    "During handling of",
    "direct cause of",
    "psycopg.errors",
    "object at 0x",
    PASSWORD,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A stack that never gets any resources."""
    return Stack(tmp_path_factory.mktemp("shared") / "project")


@pytest.fixture
def bad(cluster: EmbeddedCluster) -> dict[str, Any]:
    """A wish that is still valid: given keys, one login, a password in the URL."""
    cluster.execute(f"CREATE USER op WITH PASSWORD '{PASSWORD}'")
    return {
        "cluster_url": f"postgresql://op:{PASSWORD}@{cluster.host}:{cluster.port}/defaultdb"
        f"?sslmode=verify-full&sslrootcert={cluster.ca_cert}",
        "issuers": {
            "idp": {
                "issuer": "https://idp.example.com",
                "audience": "crdb",
                "jwks": json.dumps({"keys": [{**KEY, "kid": "k1"}]}),
            }
        },
        "logins": {"app": {"identities": [["idp", "batch"]]}},
    }


def refused(cluster: EmbeddedCluster, stack: Stack, *command: str) -> Outcome:
    """Run a command that has to fail, print no secret, and change nothing."""
    before = cluster.snapshot()
    outcome = stack.pulumi(*command, "-s", stack.name)
    assert outcome.code != 0, outcome.text
    for noise in NOISE:
        assert noise not in outcome.text
    assert "Next step: " in outcome.text
    assert cluster.snapshot() == before
    return outcome


def test_all_bad_logins_are_reported_at_once_each_at_its_input(
    cluster: EmbeddedCluster, shared: Stack, bad: dict[str, Any]
) -> None:
    subject = [["idp", "batch"]]
    bad["logins"] = {
        "root": {"identities": subject},
        "u" * 64: {"identities": subject},
        "A b": {"identities": subject},
        "app": {"identities": [["idp", "batch runner"]], "roles": ["Readers"]},
        "müller": {"identities": subject},
    }
    shared.wish(bad)

    said = refused(cluster, shared, "preview").text

    for at, what in (
        ('logins["root"]', "the SQL user 'root' is reserved or too powerful"),
        (f'logins["{"u" * 64}"]', "is too long: 64 bytes"),
        ('logins["A b"]', "'A b' is not a legal SQL user name"),
        ('logins["app"].roles["Readers"]', "'Readers' is not as CockroachDB stores it"),
        ('logins["app"].identities["batch runner"].subject', "has white space or `#`"),
    ):
        (line,) = {
            found.strip().partition("error: ")[2]
            for found in said.splitlines()
            if f"property {at} value" in found
        }
        assert what in line
    assert r"Give the anchored regular expression instead: /^batch\x20runner$" in said
    assert 'logins["müller"]' not in said


KEY_SETS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "a private key": ([{**KEY, "kid": "k1", "d": PRIVATE}], "key 'k1': it holds a private key"),
    "a symmetric key": (
        [{"kty": "oct", "kid": "k1", "k": PRIVATE}],
        "key 'k1': it is symmetric (oct): anyone who reads it can mint tokens",
    ),
    "a key without kid": ([KEY], "key number 1: it has no `kid`, so no token can select it"),
    "one kid with two meanings": (
        [{**KEY, "kid": "k1"}, {**OTHER_KEY, "kid": "k1"}],
        "the kid 'k1' stands for two different keys",
    ),
}


@pytest.mark.parametrize(("keys", "what"), [pytest.param(*v, id=k) for k, v in KEY_SETS.items()])
def test_keys_that_no_cluster_should_get_end_the_program_at_their_issuer(
    cluster: EmbeddedCluster,
    shared: Stack,
    bad: dict[str, Any],
    keys: list[dict[str, Any]],
    what: str,
) -> None:
    bad["issuers"]["idp"]["jwks"] = json.dumps({"keys": keys})
    shared.wish(bad)

    said = refused(cluster, shared, "preview").text

    assert f"error: OidcIssuer 'idp': {what}" in said
    assert PRIVATE not in said


@pytest.fixture
def idp(tmp_path: Path, shared: Stack, bad: dict[str, Any]) -> Iterator[HttpsServer]:
    """The issuer of the shared stack."""
    with https_server(tmp_path) as server:
        issuer = {"issuer": server.url, "audience": "crdb", "ca_file": server.ca_file}
        shared.wish(bad | {"issuers": {"idp": issuer}})
        yield server


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
OTHER = json.dumps({"issuer": "https://other.example.com", "jwks_uri": "https://other/keys"})
DISCOVERIES: dict[str, tuple[Answer, str]] = {
    "late": (endless(HEAD, b" ", pause_s=0.05), "no complete answer within 5 s"),
    "too large": (text(" " * 300_000), "the answer is larger than 256000 bytes"),
    "not JSON": (text("<html>Log in</html>"), "is not JSON"),
    "for another issuer": (text(OTHER), "is for the issuer 'https://other.example.com'"),
    "elsewhere without TLS": (
        status(302, Location="http://127.0.0.1:1/"),
        "redirects to http://127.0.0.1:1/, which is not https",
    ),
}


@pytest.mark.parametrize(
    ("answer", "what"), [pytest.param(*v, id=k) for k, v in DISCOVERIES.items()]
)
def test_discovery_that_cannot_be_trusted_ends_the_program_at_its_issuer(
    cluster: EmbeddedCluster, shared: Stack, idp: HttpsServer, answer: Answer, what: str
) -> None:
    idp.answers[WELL_KNOWN] = answer

    said = refused(cluster, shared, "preview").text

    assert f"has a problem: OidcIssuer 'idp': {idp.url}{WELL_KNOWN}" in said
    assert what in said
    assert idp.asked == [WELL_KNOWN]


@pytest.mark.parametrize("issuer", ["", "https://idp.example.com/#fragment"])
def test_an_iss_that_no_token_can_carry_is_reported_at_the_issuer(
    cluster: EmbeddedCluster, shared: Stack, bad: dict[str, Any], issuer: str
) -> None:
    bad["issuers"]["idp"]["issuer"] = issuer
    shared.wish(bad)

    said = refused(cluster, shared, "preview").text

    assert "error: OidcIssuer 'idp': the issuer " in said
    assert "Copy `iss` from a token" in said


def test_a_refusal_of_the_cluster_is_one_error_with_the_way_out(
    cluster: EmbeddedCluster, shared: Stack, bad: dict[str, Any]
) -> None:
    up = ("up", "--yes", "--skip-preview")
    shared.wish(bad)
    said = refused(cluster, shared, *up).text
    assert "Let an admin run:" in said
    for right in ("MODIFYCLUSTERSETTING", "CREATEDB", "CREATEROLE, CREATELOGIN"):
        assert f'    GRANT SYSTEM {right} TO "op";' in said

    cluster.execute("GRANT admin TO op")
    bad["logins"]["app"]["roles"] = ["readers"]
    shared.wish(bad)
    for command in (("preview",), up):
        said = refused(cluster, shared, *command).text
        assert "error: this role does not exist on the cluster: readers" in said
        assert 'Run: CREATE ROLE "readers";' in said

    del bad["logins"]["app"]["roles"]
    good_url = bad["cluster_url"]
    bad["cluster_url"] = good_url.replace(cluster.ca_cert, f"{cluster.folder}/client.root.crt")
    shared.wish(bad)
    said = refused(cluster, shared, *up).text
    assert f"error: can't connect to {cluster.host}:{cluster.port}" in said
    assert "Check sslmode, sslrootcert" in said

    bad["cluster_url"] = good_url.replace(f":{cluster.port}/", ":1/")
    shared.wish(bad)
    outcome = shared.pulumi(*up, "-s", shared.name, CRDB_SSO_CONNECT_WAIT_S="0.2")
    assert outcome.code != 0
    assert f"error: can't connect to {cluster.host}:1" in outcome.text
    assert PASSWORD not in outcome.text


def test_another_cluster_behind_the_url_stops_every_command(
    cluster: EmbeddedCluster, stack: Stack, bad: dict[str, Any]
) -> None:
    cluster.execute("GRANT admin TO op")
    found = cluster.snapshot()
    stack.wish(bad)
    stack.up()
    rows = cluster.execute("SELECT value FROM crdb_sso.public.meta WHERE key = 'cluster_id'")
    rename = "UPDATE crdb_sso.public.meta SET value = %s WHERE key = 'cluster_id'"
    cluster.execute(rename, ["another"])
    bad["logins"]["app_new"] = {"identities": [["idp", "new"]]}
    stack.wish(bad)

    without_preview = [(word, "--yes", "--skip-preview") for word in ("refresh", "up", "destroy")]
    for command in (("preview",), *without_preview):
        said = refused(cluster, stack, *command).text
        assert (
            "error: `cluster_url` (in the configuration `clusterUrl`) leads to another cluster"
            in said
        )
        assert "`pulumi state delete` the ClusterLogins resource" in said

    cluster.execute(rename, list(rows[0]))
    stack.destroy()
    assert cluster.snapshot() == found
