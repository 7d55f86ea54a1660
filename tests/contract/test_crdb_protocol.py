"""A client that asks for a newer version of the wire protocol, as later libpq may do by default.

Sources: #158636 (release notes of 26.1.0-alpha.2), #153163 (the text of before; its SQLSTATE is
from memory).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.expectations import every_version, holds
from tests.contract.raw_login import PROTOCOL_3_0, PROTOCOL_3_2

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso

pytestmark = every_version


@holds(before="26.1")
def test_protocol_3_2_is_refused(cluster: Cluster, sso: Sso) -> None:
    sso.trust()
    answer = cluster.knock(sso.person, sso.token(), protocol=PROTOCOL_3_2)
    assert answer.message == "unknown protocol version 196610"
    assert answer.sqlstate == "08P01"
    assert answer.closed


@holds(since="26.1")
def test_protocol_3_2_becomes_3_0(cluster: Cluster, sso: Sso) -> None:
    sso.trust()
    more = {"_pq_.unknown": "1"}
    answer = cluster.knock(sso.person, sso.token(), protocol=PROTOCOL_3_2, parameters=more)
    assert (answer.admitted, answer.offered) == (True, PROTOCOL_3_0)


def test_protocol_3_0_needs_no_offer(cluster: Cluster, sso: Sso) -> None:
    sso.trust()
    assert cluster.knock(sso.person, sso.token()).offered is None


def test_protocol_2_is_refused(cluster: Cluster, sso: Sso) -> None:
    answer = cluster.knock(sso.person, "x", protocol=2 << 16)
    assert answer.message == "unknown protocol version 131072"
