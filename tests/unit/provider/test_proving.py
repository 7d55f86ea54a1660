"""Where a proof logs in: where the operator does, as somebody else."""

from typing import Any

import pytest

from crdb_sso.errors import InvalidInput
from crdb_sso.provider.proving import way_of
from crdb_sso.workload.parameters import Address

URL = "postgresql://root:hunter2@db.example.com"
PLAIN = Address("db.example.com", "26257", "app", "defaultdb", "", "")
TIMEOUTS = {"options": "-c statement_timeout=10s", "connect_timeout": 10}


def address(**changes: str) -> Address:
    """Return the address of URL with some changes."""
    given = {name: getattr(PLAIN, name) for name in Address.__slots__}
    return Address(**{**given, **changes})


@pytest.mark.parametrize(
    ("url", "where", "more"),
    [
        pytest.param(URL, {}, {}, id="a host alone"),
        pytest.param(f"{URL}:5/shop", {"port": "5", "database": "shop"}, {}, id="port, database"),
        pytest.param(f"{URL}?sslmode=disable", {}, {}, id="no sslmode of the operator"),
        pytest.param(f"{URL}?sslcert=c&sslkey=k&sslpassword=p", {}, {}, id="no certificate"),
        pytest.param(f"{URL}?sslrootcert=ca.crt", {"ca_file": "ca.crt"}, {}, id="the CA"),
        pytest.param(f"{URL}?sslcrl=crl", {}, {"sslcrl": "crl"}, id="who is revoked"),
        pytest.param(f"{URL}?sslsni=0", {}, {"sslsni": "0"}, id="whether a name is sent"),
        pytest.param(f"{URL}?hostaddr=10.0.0.1", {}, {"hostaddr": "10.0.0.1"}, id="an address"),
        pytest.param(f"{URL}?connect_timeout=3", {}, {"connect_timeout": "3"}, id="a limit"),
        pytest.param(
            f"{URL}?options=-ccluster%3Dshop%20-c%20role%3Dadmin",
            {},
            {"options": "-ccluster=shop -c statement_timeout=10s"},
            id="a virtual cluster, and no other option",
        ),
    ],
)
def test_a_proof_goes_where_the_operator_goes(
    url: str, where: dict[str, str], more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPORT", raising=False)

    assert way_of(url, "app") == (address(**where), TIMEOUTS | more)


def test_the_port_may_be_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")

    assert way_of(URL, "app")[0] == address(port="1")


def test_a_virtual_cluster_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(InvalidInput, match="virtual cluster"):
        way_of(f"{URL}?options=-ccluster%3Da%27b", "app")
