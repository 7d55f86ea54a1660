"""How long a node uses an issuer's answer again, by the headers of that answer (RFC 9111).

Source: JC (CockroachDB pkg/security/jwtauth/remote_jwks_cache.go and its test, 2026). Which release
has it first is inferred: 26.3 or 26.4.
"""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from tests.contract.cluster import ADMITTED
from tests.contract.expectations import every_version, holds
from tests.contract.fetched_keys import (
    FRESH,
    STALE,
    WELL_KNOWN,
    discovery,
    fresh_issuer,
    keys,
    with_headers,
)
from tests.unit.scripted_https_server import HttpsServer, http_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.cluster import Cluster
    from tests.contract.fetched_keys import Header
    from tests.contract.sso import Sso

pytestmark = [every_version, holds(since="26.4", inferred=True)]


@pytest.fixture(scope="module")
def server() -> Iterator[HttpsServer]:
    with http_server() as started:
        yield started


@pytest.fixture
def issuer(server: HttpsServer, cluster: Cluster, sso: Sso) -> HttpsServer:
    """An issuer that says nothing of how long its keys, those of `rsa`, stay fresh."""
    return fresh_issuer(server, cluster, sso)


def in_an_hour(cluster: Cluster, hours: int = 1) -> str:
    return formatdate(cluster.now_s() + hours * 3600, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ([], False),
        ([("Cache-Control", "max-age=300")], True),
        ([("Cache-Control", "public, Max-Age=300, must-revalidate")], True),
        ([("Cache-Control", 'max-age="300"')], True),
        ([("Cache-Control", "max-age=99999999999999999999")], True),
        ([("Cache-Control", "public"), ("Cache-Control", "max-age=300")], True),
        ([("Cache-Control", 'x="a,b", max-age=300')], True),
        ([("Cache-Control", "max-age=300, s-maxage=0")], True),
        ([("Cache-Control", "s-maxage=300")], False),
        ([("Cache-Control", "max-age=0")], False),
        ([("Cache-Control", "max-age=-1")], False),
        ([("Cache-Control", "max-age=1.5")], False),
        ([("Cache-Control", "max-age=abc")], False),
        ([("Cache-Control", "max-age")], False),
        ([("Cache-Control", "max-age=300, max-age=300")], False),
        ([("Cache-Control", "max-age=300"), ("Cache-Control", "max-age=60")], False),
        ([("Cache-Control", "max-age=300, no-cache")], False),
        ([("Cache-Control", 'max-age=300, no-cache="x"')], False),
        ([("Cache-Control", "max-age=300"), ("Cache-Control", "no-store")], False),
        ([("Cache-Control", 'max-age=300, x="open')], False),
        ([("Cache-Control", 'x="a,max-age=300,b"')], False),
        ([("Cache-Control", "max-age=300"), ("Age", "300")], False),
        ([("Cache-Control", "max-age=300"), ("Age", "100")], True),
        ([("Cache-Control", "max-age=300"), ("Age", "x")], True),
        ([("Cache-Control", "max-age=300"), ("Date", "AN HOUR AGO")], False),
        ([("Cache-Control", "max-age=7200"), ("Date", "AN HOUR AGO")], True),
        ([("Cache-Control", "max-age=300"), ("Vary", "*")], False),
        ([("Cache-Control", "max-age=300"), ("Vary", "Accept")], True),
        ([("Cache-Control", "max-age=300"), ("Expires", "AN HOUR AGO")], True),
        ([("Cache-Control", "max-age=x"), ("Expires", "IN AN HOUR")], False),
        ([("Expires", "IN AN HOUR")], True),
        ([("Expires", "IN AN HOUR"), ("Date", "AN HOUR AGO")], True),
        ([("Expires", "AN HOUR AGO")], False),
        ([("Expires", "0")], False),
        ([("Expires", "IN AN HOUR"), ("Expires", "IN AN HOUR")], False),
        ([("Expires", "IN AN HOUR"), ("Cache-Control", "no-store")], False),
    ],
    ids=str,
)
def test_headers_say_whether_keys_may_be_used_again(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, headers: list[Header], *, kept: bool
) -> None:
    times = {"IN AN HOUR": in_an_hour(cluster), "AN HOUR AGO": in_an_hour(cluster, -1)}
    sent = [(name, times.get(value, value)) for name, value in headers]
    issuer.answers["/keys"] = with_headers(keys(sso, "rsa"), *sent)
    for _ in range(2):
        assert cluster.verdict(sso.person, sso.token()) == ADMITTED
    assert issuer.asked == [WELL_KNOWN, "/keys"] + ([] if kept else ["/keys"])


@pytest.mark.parametrize("headers", [[FRESH, STALE], [STALE, FRESH], [STALE, STALE]], ids=str)
def test_document_and_keys_are_kept_each_for_its_own_time(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, headers: list[Header]
) -> None:
    issuer.answers[WELL_KNOWN] = discovery(issuer, headers[0])
    issuer.answers["/keys"] = with_headers(keys(sso, "rsa"), headers[1])
    for _ in range(2):
        assert cluster.verdict(sso.person, sso.token()) == ADMITTED
    assert issuer.asked.count(WELL_KNOWN) == (1 if headers[0] == FRESH else 2)
    assert issuer.asked.count("/keys") == (1 if headers[1] == FRESH else 2)
