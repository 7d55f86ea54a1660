"""`python -m crdb_sso rotate --check`: what a scheduled job sees of an issuer's new keys."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crdb_sso.tokens.jwks import parse_given
from tests.cli.test_cli import crdb_sso
from tests.support.provider_calls import OWNER, create, wish
from tests.support.servers import EmbeddedCluster, LocalIssuer, local_issuer


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


def up(cluster: EmbeddedCluster, issuer: LocalIssuer, **source: Any) -> None:
    """Bring up a stack with the keys that its issuer publishes now."""
    keys = parse_given(issuer.jwks()).text_by_kid()
    made = {"issuer": issuer.issuer, "keys": keys, "jwks_uri": issuer.jwks_uri, **source}
    create(wish(cluster, sources={"idp": {k: v for k, v in made.items() if v}}))


def check(issuer: LocalIssuer, *more: str) -> tuple[int, str, str]:
    ca_file = f"{issuer.issuer}={issuer.ca_cert}"
    return crdb_sso("rotate", "--check", "--owner", OWNER, "--ca-file", ca_file, *more)


def test_it_is_silent_until_the_issuer_rotates_and_then_names_the_key(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    up(cluster, issuer)
    before = issuer.kids()

    headers = (
        f"  {issuer.issuer}: Cache-Control: no-store: nodes that fetch keys do so at each login\n"
    )
    assert check(issuer)[:2] == (0, f"{headers}the keys are up to date\n")

    issuer.rotate()
    (new,) = issuer.kids() - before
    due = f"{headers}+ {new}: published, not yet trusted\nrun `pulumi up`\n"
    assert check(issuer)[:2] == (4, due)
    code, printed, _ = check(issuer, "--json")
    assert (code, json.loads(printed)) == (
        4,
        {
            "new": [new],
            "missing": [],
            "retired": [],
            "due": [],
            "waiting": {},
            "not_checked": [],
            "needs_up": True,
            "needs_refresh": False,
            "fetched": False,
            "caching": {issuer.issuer: {"cache_control": "no-store", "expires": "", "fresh_s": 0}},
        },
    )


def test_a_key_that_a_person_took_away_needs_a_refresh_first(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    up(cluster, issuer)
    gone = "".join(f"+ {kid}: gone from the cluster\n" for kid in sorted(issuer.kids()))
    cluster.set("server.jwt_authentication.jwks", '{"keys":[]}')

    code, printed, _ = check(issuer)

    assert code == 4
    assert printed.endswith(
        f"{gone}run `pulumi refresh`, then `pulumi up`: what is gone was taken away by hand\n"
    )


@pytest.mark.holds(since="24.3")
@pytest.mark.parametrize("with_ca", [True, False])
def test_where_nodes_fetch_keys_only_the_headers_are_shown(
    cluster: EmbeddedCluster, issuer: LocalIssuer, *, with_ca: bool
) -> None:
    ca = Path(issuer.ca_cert).read_text()
    source = {"issuer": issuer.issuer, "ca": ca}
    create(wish(cluster, mode="fetched", sources={"idp": source}))

    look = check(issuer) if with_ca else crdb_sso("rotate", "--check", "--owner", OWNER)

    said = "Cache-Control: no-store" if with_ca else "not checked: "
    assert look[0] == 0
    assert look[1].startswith(f"  {issuer.issuer}: {said}")
    assert look[1].endswith("the nodes fetch the keys: there is nothing to rotate\n")


def test_keys_that_the_program_gives_are_ignored(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    up(cluster, issuer, jwks_uri="")

    code, printed, _ = check(issuer)

    assert code == 0
    assert printed == (
        f"  {issuer.issuer}: not checked, the program gives its keys\n"
        "no issuer was asked: nothing is known\n"
    )


def test_an_unknown_owner_is_an_error(cluster: EmbeddedCluster, issuer: LocalIssuer) -> None:
    up(cluster, issuer)

    code, _, said = crdb_sso("rotate", "--check", "--owner", "org/nobody/dev/sso")

    assert code == 1
    assert said == (
        "crdb-sso: org/nobody/dev/sso has no claims on this cluster\n"
        f"  Next step: Owners that have: {OWNER}.\n"
    )


def test_a_private_ca_that_is_not_named_is_told_with_the_option_of_the_command(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    up(cluster, issuer)

    code, _, said = crdb_sso("rotate", "--check", "--owner", OWNER)

    assert code == 1
    assert said.endswith(
        "  Next step: If a private CA signs this server's certificate, name its file: --ca-file"
        " ISSUER=PATH, as the program does with `ca_file`.\n"
    )


def test_without_check_it_is_a_usage_error() -> None:
    code, printed, said = crdb_sso("rotate", "--owner", OWNER)

    assert (code, printed) == (2, "")
    assert "--check" in said


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("text", ["ca.pem", "=ca.pem", "https://idp.example.com="])
def test_a_ca_file_without_its_issuer_is_a_usage_error(text: str) -> None:
    code, _, said = crdb_sso("rotate", "--check", "--owner", OWNER, "--ca-file", text)

    assert code == 2
    assert "does not name an issuer and a file" in said
