"""The example of tokens that one signs, and the page about them: each command runs."""

import json
from collections.abc import Iterator

import psycopg
import pytest

from tests.docs.pages import blocks
from tests.support.examples import Example
from tests.support.servers import EmbeddedCluster

PAGE = "docs/issuers/self-minted.md"
CRDB_SSO = 'crdb-sso() { python -m crdb_sso "$@"; }'


def commands(heading: str) -> Iterator[str]:
    """Yield the blocks of shell of a section."""
    return (block.content for block in blocks(PAGE, heading) if block.info == "sh")


def workload() -> str:
    """Return the program of the page that logs in."""
    (found,) = (b.content for b in blocks(PAGE, "Sign a token") if b.info == "python")
    return str(found)


@pytest.mark.engine
@pytest.mark.timeout(600)
@pytest.mark.parametrize("example", ["issuers/self-minted"], indirect=True)
def test_services_log_in_with_tokens_that_they_sign_before_and_after_a_rotation(
    example: Example, cluster: EmbeddedCluster
) -> None:
    example.environment["PGSSLROOTCERT"] = cluster.ca_cert
    example.follow_readme()
    mint, find_key = commands("Sign a token")
    (example.folder / "workload.py").write_text(workload())

    said = example.run(CRDB_SSO, mint, find_key, "python workload.py")

    old = (example.folder / "token").read_text().strip()
    assert 'claim sub: "orders"' in said
    assert "('app_orders',)" in said
    assert cluster.login("app_orders", old) == "app_orders"
    with pytest.raises(psycopg.OperationalError, match="invalid principal"):
        cluster.login("app_batch", old)

    (rotate,) = commands("Rotate")
    example.run(rotate)
    said = example.run(CRDB_SSO, mint, find_key, "python workload.py")

    assert "('app_orders',)" in said
    new = (example.folder / "token").read_text().strip()
    for token in (old, new):
        assert cluster.login("app_orders", token) == "app_orders"
    (publish,) = commands("Publish the keys")
    example.run(publish)
    key_set = json.loads((example.folder / "jwks.json").read_text())
    assert len(key_set["keys"]) == 2
    document = json.loads((example.folder / "openid-configuration").read_text())
    assert document["issuer"] == "https://id.example.com/shop"

    example.run("pulumi preview --expect-no-changes -s dev", "pulumi destroy -s dev")
    assert "app_" not in str(cluster.snapshot())
