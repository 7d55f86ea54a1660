"""`crdb-sso access`: who can log in as whom."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_cli import crdb_sso, crdb_sso_process
from tests.cli.test_users_by_rights import operator
from tests.support.provider_calls import ISSUER, OWNER, create, wish
from tests.support.servers import EmbeddedCluster

MAP = "server.identity_map.configuration"


def ways(*arguments: str) -> list[dict[str, Any]]:
    code, printed, _ = crdb_sso("access", *arguments, "--json")
    assert code == 0
    return list(json.loads(printed)["ways"])


def by_hand(cluster: EmbeddedCluster, *lines: str) -> None:
    """Add lines to the identity map, besides those of the stack."""
    ((text,),) = cluster.execute(f"SHOW CLUSTER SETTING {MAP}")
    cluster.set(MAP, "\n".join([text.rstrip("\n"), *lines]))


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"\s{2,}", line.strip())]


def test_each_way_is_a_row_below_its_issuer(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    cluster.execute("CREATE USER report CREATEDB")
    cluster.execute("CREATE ROLE readers")
    cluster.execute("GRANT readers TO report")
    by_hand(cluster, f"{ISSUER} night-shift report")

    code, printed, _ = crdb_sso("access")

    lines = printed.splitlines()
    assert code == 0
    assert lines[0] == ISSUER
    rows = [cells(line) for line in lines if "works" in line]
    assert rows == [
        ["b-1", "app_billing", OWNER, "works"],
        ["o-1", "app_orders", OWNER, "works"],
        ["night-shift", "report", "readers, holds CREATEDB", "by hand", "works"],
    ]


def test_what_was_there_before_its_stack_is_found(cluster: EmbeddedCluster) -> None:
    by_hand(cluster, f"{ISSUER} o-1 app_orders")
    create(wish(cluster))

    _, printed, _ = crdb_sso("access", "app_orders")

    assert f"line: {OWNER} (found); user: {OWNER}" in printed
    assert ways("app_orders")[0]["line_origin"] == "found"


def test_one_user_one_issuer_or_one_subject_may_be_asked_about(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    by_hand(cluster, f"{ISSUER} /^o-.$ app_billing", "https://other.example.com o-1 app_orders")

    assert [way["subject"] for way in ways("APP_BILLING")] == ["b-1", "/^o-.$"]
    assert [way["user"] for way in ways("--issuer", ISSUER, "--subject", "o-1")] == [
        "app_orders",
        "app_billing",
    ]
    (other,) = ways("--issuer", "https://other.example.com")
    assert (other["works"], other["obstacles"]) == (False, ["not_trusted"])


def test_nobody_is_said_with_the_issuer_that_was_perhaps_meant(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))

    code, printed, aside = crdb_sso("access", "--issuer", f"{ISSUER}/")

    assert (code, printed) == (0, "nobody\n")
    assert f"the same issuer without a slash at its end is known: {ISSUER}" in aside


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["nosuch"], "there is no SQL user nosuch"),
        (["--issuer", "https://x.example.com"], "issuer https://x.example.com is not trusted"),
    ],
)
def test_what_is_not_on_the_cluster_is_said(
    cluster: EmbeddedCluster, asked: list[str], said: str
) -> None:
    create(wish(cluster))

    code, printed, aside = crdb_sso("access", *asked)

    assert (code, printed) == (0, "nobody\n")
    assert aside.splitlines()[-1] == said


def test_an_issuer_without_lines_leads_to_every_user(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    cluster.set(MAP, "")

    found = ways("--issuer", ISSUER)

    assert [(way["how"], way["user"]) for way in found] == [
        ("name", "app_billing"),
        ("name", "app_orders"),
    ]
    assert "the name of the user" in crdb_sso("access")[1]


def test_a_hostile_subject_commands_no_terminal(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    by_hand(cluster, f"{ISSUER} \x1b]0;x\x07\u202e app_orders")

    _, printed, _ = crdb_sso("access")

    assert r"\x1b]0;x\x07\u202e" in printed
    assert "\x1b" not in printed


def test_view_of_settings_is_enough_and_what_is_not_seen_is_said(
    cluster: EmbeddedCluster,
) -> None:
    create(wish(cluster))
    url = operator(cluster, "VIEWCLUSTERSETTING")

    code, printed, aside = crdb_sso("access", "app_orders", "--json", "--cluster-url", url)

    seen = json.loads(printed)
    (way,) = seen["ways"]
    assert code == 0
    assert (way["subject"], way["exists"], way["works"]) == ("o-1", True, True)
    assert (way["line_origin"], way["user_origin"]) == ("not seen", "not seen")
    assert "SHOW USERS is refused to this operator" in aside
    assert "Whose an entry is, is not known: while reading the claims: " in aside
    assert aside.splitlines() == seen["unseen"]


def test_an_operator_without_it_is_told_the_grant(cluster: EmbeddedCluster) -> None:
    url = operator(cluster, "VIEWACTIVITY")

    code, _, aside = crdb_sso("access", "--cluster-url", url)

    assert code == 1
    assert "op may not read the cluster settings" in aside
    assert 'Let an admin run: GRANT SYSTEM VIEWCLUSTERSETTING TO "op";' in aside


def test_claim_tables_of_a_stranger_are_not_read(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    cluster.execute("CREATE USER mallory")
    cluster.execute("ALTER DATABASE crdb_sso OWNER TO mallory")

    code, printed, aside = crdb_sso("access")

    assert code == 0
    assert OWNER not in printed
    assert "Whose an entry is, is not known: the claims of all stacks are kept in" in aside
    cluster.execute("ALTER DATABASE crdb_sso OWNER TO root")


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("value", ["--subject=a\udcff", "--issuer=\udcff"])
def test_what_no_token_says_is_wrong_use(value: str) -> None:
    assert crdb_sso("access", value)[0] == 2


@pytest.mark.holds(since="23.1")
def test_a_claim_that_names_the_principal_is_said(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    cluster.set("server.jwt_authentication.claim", "email")

    assert crdb_sso("access")[1].startswith("a token says who it is in the claim email\n")


# --html


def test_the_page_is_written_and_the_rows_are_still_printed(
    cluster: EmbeddedCluster, tmp_path: Path
) -> None:
    create(wish(cluster))
    by_hand(cluster, f"{ISSUER} <script>alert(1)</script> app_orders")
    file = tmp_path / "access.html"

    code, printed, aside = crdb_sso("access", "app_orders", "--html", str(file))

    page = file.read_text("utf-8")
    assert code == 0
    assert "o-1" in printed
    assert f"written: {file}\n" in aside
    assert page.startswith("<!doctype html>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    assert "app_billing" not in page
    assert cluster.admin_url not in page


@pytest.mark.usefixtures("cluster")
def test_a_page_that_can_not_be_written_is_wrong_use(tmp_path: Path) -> None:
    code, _, aside = crdb_sso("access", "--html", str(tmp_path / "missing" / "access.html"))

    assert code == 2
    assert "access.html can't be written: No such file or directory" in aside


@pytest.mark.usefixtures("cluster")
def test_without_the_packages_of_the_page_the_error_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jinja2.py").write_text("raise ModuleNotFoundError('gone', name='jinja2')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    code, _, aside = crdb_sso_process("access", "--html", str(tmp_path / "access.html"))

    assert code == 2
    assert "--html needs the Python package jinja2" in aside
    assert "pip install '<folder of crdb-sso>[html]'" in aside
    assert crdb_sso("access")[0] == 0
