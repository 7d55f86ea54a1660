"""The command `crdb-sso`: what it prints, what it does, and how it ends."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime
from io import StringIO

import pytest

from crdb_sso import __version__
from crdb_sso.cli import main
from tests.support.provider_calls import ISSUER, OWNER, create, delete, identity, wish
from tests.support.servers import PROJECT, EmbeddedCluster

OTHER = "org/other/prod/sso"


def crdb_sso(*arguments: str, said: str = "") -> tuple[int, str, str]:
    """Run a command in this process; return its exit code, stdout and stderr."""
    printed, errors = StringIO(), StringIO()
    with typed(said), redirect_stdout(printed), redirect_stderr(errors):
        code = main(arguments)
    return code, printed.getvalue(), errors.getvalue()


@contextmanager
def typed(said: str) -> Iterator[None]:
    """Let a text be what somebody types."""
    keyboard, sys.stdin = sys.stdin, StringIO(said)
    try:
        yield
    finally:
        sys.stdin = keyboard


def crdb_sso_process(*arguments: str, said: str = "") -> tuple[int, str, str]:
    """Run a command as people do, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "crdb_sso", *arguments],
        cwd=PROJECT,
        input=said,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout, ran.stderr


def stock(cluster: EmbeddedCluster) -> dict[str, object]:
    logins = {"app_stock": {"identities": {"s": identity("s-1")}}}
    return create(wish(cluster, owner=OTHER, logins=logins))


def test_the_version_is_that_of_the_package() -> None:
    assert crdb_sso_process("--version") == (0, f"crdb-sso {__version__}\n", "")


# claims list


def test_claims_are_listed_with_owner_kind_entry_and_day(cluster: EmbeddedCluster) -> None:
    cluster.set("server.jwt_authentication.audience", "crdb")
    create(wish(cluster))

    code, printed, _ = crdb_sso("claims", "list", "--json")

    claims = json.loads(printed)
    assert code == 0
    assert {claim["owner"] for claim in claims} == {OWNER}
    assert [claim["entry"] for claim in claims if claim["kind"] == "key"] == ["k1", "k2"]
    assert [claim["entry"] for claim in claims if claim["found"]] == ["crdb"]
    assert all(datetime.fromisoformat(claim["since"]).tzinfo for claim in claims)


@pytest.mark.parametrize("columns", ["20", "80", "200"])
def test_through_a_pipe_no_owner_and_no_entry_is_cut(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    create(wish(cluster))
    stock(cluster)

    code, printed, _ = crdb_sso("claims", "list", "--owner", OTHER)

    assert code == 0
    assert printed.splitlines()[0] == OTHER
    assert f"{ISSUER} s-1 app_stock" in printed
    assert "app_orders" not in printed


def test_on_a_narrow_terminal_an_owner_is_printed_in_full_on_its_line(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    owner = f"{'organization' * 8}/shop/prod/sso"
    create(wish(cluster, owner=owner))

    code, printed, _ = crdb_sso("claims", "list")

    assert code == 0
    assert printed.splitlines()[0] == owner
    assert "…" not in printed


# where the cluster is named


def test_a_cluster_may_be_named_before_or_after_the_command(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    named = ("--cluster-url", cluster.admin_url)
    nowhere = ("--cluster-url", "postgresql://127.0.0.1:1/")

    before = crdb_sso(*named, "claims", "list", "--json")

    assert before[0] == 0
    assert crdb_sso("claims", "list", "--json", *named) == before
    assert crdb_sso(*nowhere, "claims", "list", "--json", *named) == before
    assert crdb_sso(*nowhere, "claims", "list", "--json")[0] == 1


@pytest.mark.usefixtures("cluster")
def test_a_cluster_without_claim_tables_has_no_claims() -> None:
    assert crdb_sso("claims", "list", "--json") == (0, "[]\n", "")


# claims release


def test_as_json_releasing_prints_what_was_released_and_the_rest_on_stderr(
    cluster: EmbeddedCluster,
) -> None:
    create(wish(cluster))
    stock(cluster)

    code, printed, aside = crdb_sso("claims", "release", OTHER, "--yes", "--json")

    assert code == 0
    assert json.loads(printed) == {
        "owner": OTHER,
        "removed": [f"- map line {ISSUER} s-1 app_stock", "- SQL user app_stock", "- 7 claims"],
    }
    assert "- SQL user app_stock" in aside


def test_releasing_does_what_destroy_would_and_lists_it_first(
    cluster: EmbeddedCluster,
) -> None:
    before = cluster.snapshot()
    state = create(wish(cluster))
    between = cluster.snapshot()
    stock(cluster)

    code, printed, errors = crdb_sso("claims", "release", OTHER, "--yes")

    assert (code, errors) == (0, "")
    assert printed.splitlines() == [
        f"- map line {ISSUER} s-1 app_stock",
        "- SQL user app_stock",
        "- 7 claims",
        f"released: {OTHER}",
    ]
    assert cluster.snapshot() == between
    delete(state)
    assert cluster.snapshot() == before


@pytest.mark.parametrize(
    ("said", "code", "left"),
    [
        pytest.param("y\n", 0, set(), id="yes"),
        pytest.param("n\n", 3, {OWNER}, id="no"),
        pytest.param("\n", 3, {OWNER}, id="nothing"),
    ],
)
def test_releasing_asks_first(
    cluster: EmbeddedCluster, said: str, code: int, left: set[str]
) -> None:
    create(wish(cluster))

    ended, printed, _ = crdb_sso("claims", "release", OWNER, said=said)

    assert ended == code
    assert f"Release all claims of {OWNER}?" in printed
    owners = cluster.execute("SELECT owner FROM crdb_sso.public.owners")
    assert {owner for (owner,) in owners} == left
    assert bool(cluster.snapshot().claims) == bool(left)


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_without_an_answer_nothing_is_released(
    cluster: EmbeddedCluster, more: tuple[str, ...]
) -> None:
    stock(cluster)
    between = cluster.snapshot()

    code, printed, _ = crdb_sso("claims", "release", OTHER, *more)

    assert code == 3
    assert not (more and printed)
    assert cluster.snapshot() == between


def test_releasing_waits_for_its_turn(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRDB_SSO_LEASE_WAIT_S", "1")
    create(wish(cluster))
    cluster.execute(
        "UPDATE crdb_sso.public.lease SET holder = 'she', token = gen_random_uuid(),"
        " until = now() + '1h'::INTERVAL"
    )

    code, printed, errors = crdb_sso("claims", "release", OWNER, "--yes")

    assert code == 1
    assert "waiting for she, which has been writing to this cluster since" in printed
    assert "crdb-sso: after 1 s still waiting for she" in errors
    assert cluster.snapshot().claims


def test_an_owner_without_claims_is_an_error_that_names_the_owners(
    cluster: EmbeddedCluster,
) -> None:
    create(wish(cluster))

    code, printed, errors = crdb_sso("claims", "release", "org/shop/dev/typo", "--yes")

    assert (code, printed) == (1, "")
    assert errors == (
        "crdb-sso: org/shop/dev/typo has no claims on this cluster\n"
        f"  Next step: Owners that have: {OWNER}.\n"
    )


@pytest.mark.parametrize(
    ("user", "reason"),
    [("x" * 100_000, "has 100000 characters"), ("\udcff", "not valid Unicode"), ("a\0", "NUL")],
    ids=["long", "bytes", "NUL"],
)
def test_a_user_that_is_no_name_is_refused_in_a_few_words(
    user: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "--user", user, "--token-file", "absent"]) == 2

    said = capfd.readouterr()
    assert reason in said.err
    assert (said.out, len(said.err) < 500) == ("", True)
