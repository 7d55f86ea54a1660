"""The `connect` output: where a workload reaches the cluster, and how it gets a token."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pulumi
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.components.mockrun import Secret, run
from tests.components.programs import (
    ESCAPED_PASSWORD,
    LOGINS,
    PARAMETERS,
    PASSWORD,
    URL,
    facts,
    run_sso,
    sso,
)


@pytest.mark.parametrize(
    ("cluster_url", "args", "host", "port"),
    [
        pytest.param(URL, {}, "db.example.com", "26257", id="plain"),
        pytest.param("postgres://db.example.com", {}, "db.example.com", "26257", id="no port"),
        pytest.param(
            f"postgresql://ops:{ESCAPED_PASSWORD}@db:5/x", {}, "db", "5", id="with a password"
        ),
        pytest.param("postgresql://db?host=real&port=7", {}, "real", "7", id="in the query"),
        pytest.param("postgresql://[2001:db8::1]:9/x", {}, "2001:db8::1", "9", id="IPv6"),
        pytest.param("postgresql://a:1,b:2/x", {}, "a,b", "1,2", id="two hosts"),
        pytest.param("postgresql://a,b:2/x", {}, "a,b", "26257,2", id="one port of two"),
        pytest.param(
            "postgresql://[::1]:1,b/x", {}, "::1,b", "1,26257", id="two hosts, one of them IPv6"
        ),
        pytest.param(URL, {"connect_host": "front"}, "front", "26257", id="another host"),
        pytest.param(URL, {"connect_port": 5000.0}, "db.example.com", "5000", id="another port"),
        pytest.param(
            "postgresql://a:1,b:2/x", {"connect_port": 3}, "a,b", "3,3", id="one port for all"
        ),
        pytest.param(
            "postgresql://db:1/x",
            {"connect_host": "::1", "connect_port": 6},
            "::1",
            "6",
            id="host and port",
        ),
        pytest.param(
            URL, {"connect_host": "a,b", "connect_port": 6}, "a,b", "6,6", id="two other hosts"
        ),
    ],
)
def test_connect_names_where_workloads_reach_the_cluster(
    cluster_url: str, args: dict[str, Any], host: str, port: str
) -> None:
    done = run_sso(cluster_url=cluster_url, **args)
    connect = done.exports["connect"]["app"]
    assert conninfo_to_dict(connect["url"]) == {
        "user": "app",
        "host": host,
        "port": port,
        "dbname": "defaultdb",
        "options": "--crdb:jwt_auth_enabled=true",
        "sslmode": "verify-full",
    }
    assert connect["token"] == "ask the vault"


@pytest.mark.parametrize(
    ("user", "database", "url"),
    [
        pytest.param(
            "app", None, f"postgresql://app@db.example.com:26257/defaultdb?{PARAMETERS}", id="plain"
        ),
        pytest.param(
            "a.b-c_d",
            "shop",
            f"postgresql://a.b-c_d@db.example.com:26257/shop?{PARAMETERS}",
            id="legal characters",
        ),
        pytest.param(
            "müller",
            "a/b c",
            f"postgresql://m%C3%BCller@db.example.com:26257/a%2Fb%20c?{PARAMETERS}",
            id="escaped",
        ),
    ],
)
def test_user_and_database_are_escaped_so_that_libpq_reads_them_back(
    user: str, database: str | None, url: str
) -> None:
    done = run_sso({user: {"identities": [facts()]}}, connect_database=database)
    assert done.exports["connect"][user]["url"] == url
    read = conninfo_to_dict(url)
    assert (read["user"], read["dbname"]) == (user, database or "defaultdb")


@pytest.mark.parametrize(
    ("options", "routing"),
    [
        pytest.param("-ccluster=shop", "-ccluster=shop ", id="without a blank"),
        pytest.param("-c cluster=shop", "-c cluster=shop ", id="with a blank"),
        pytest.param("--cluster=shop-1", "--cluster=shop-1 ", id="two dashes"),
        pytest.param(
            "-c lock_timeout=1s --cluster=shop -cstatement_timeout=9s",
            "--cluster=shop ",
            id="among options of the operator",
        ),
        pytest.param("-ccluster=a -ccluster=b", "-ccluster=b ", id="the last one counts"),
        pytest.param("-cmy_cluster=a --cluster_name=b", "", id="other names"),
        pytest.param("-c statement_timeout=9s", "", id="no virtual cluster"),
    ],
)
@pytest.mark.parametrize("args", [{}, {"connect_host": "front"}])
def test_the_virtual_cluster_of_the_operator_is_that_of_the_workloads(
    options: str, routing: str, args: dict[str, Any]
) -> None:
    done = run_sso(cluster_url=f"{URL}&options={quote(options)}", **args)
    read = conninfo_to_dict(done.exports["connect"]["app"]["url"])
    assert read["options"] == f"{routing}--crdb:jwt_auth_enabled=true"


@pytest.mark.parametrize("name", ["a'b", "", "-", "a;b", "a\\ b"])
def test_a_virtual_cluster_that_can_not_be_named_so_is_refused_without_repeating_it(
    name: str,
) -> None:
    with pytest.raises(pulumi.RunError, match="in a way that can't be read") as caught:
        run_sso(cluster_url=f"{URL}&options={quote('-ccluster=' + name)}")
    assert "a'b" not in str(caught.value)


@pytest.mark.parametrize("ca_file", ["/etc/crdb/ca.crt", "system", "C:\\my ca&x=1.crt"])
def test_the_ca_of_the_cluster_is_where_the_workload_finds_it(ca_file: str) -> None:
    done = run_sso(cluster_url=f"{URL}&sslrootcert=operators.crt", connect_ca_file=ca_file)
    assert conninfo_to_dict(done.exports["connect"]["app"]["url"])["sslrootcert"] == ca_file


def test_a_login_with_several_identities_names_each_way_to_a_token_once() -> None:
    def program() -> Mapping[str, Any]:
        late = pulumi.Output.from_input("late")
        made = [
            facts(),
            facts(name="b"),
            facts(name="c", token="other"),
            facts(name="d", token=late),
            facts(name="e", token=late),
        ]
        return {"connect": sso({"app": {"identities": made}}).connect}

    token = run(program).exports["connect"]["app"]["token"]
    assert token == "ask the vault; or other; or late"


def test_only_host_and_port_leave_the_secret_url() -> None:
    url = f"postgresql://ops:{ESCAPED_PASSWORD}@db:5/x?sslkey=%2Fkeys%2Fops.key"
    done = run_sso(cluster_url=url)
    assert done.exports["connect"]["app"]["url"] == f"postgresql://app@db:5/defaultdb?{PARAMETERS}"
    child = done.only(LOGINS)
    assert child.inputs["cluster_url"] == Secret(url)
    shown = repr([done.exports, done.warnings, done.outputs, {**child.inputs, "cluster_url": ""}])
    for hidden in (PASSWORD, ESCAPED_PASSWORD, "ops.key"):
        assert hidden not in shown


def test_a_password_in_the_url_is_warned_about_once_and_not_shown() -> None:
    (warning,) = run_sso(cluster_url=f"postgresql://ops:{ESCAPED_PASSWORD}@db/x").warnings
    assert warning.startswith("cluster_url contains a password: after changing it, run `pulumi up`")
    assert "hunter2" not in warning


def test_a_url_without_a_password_is_not_warned_about() -> None:
    assert run_sso().warnings == []
