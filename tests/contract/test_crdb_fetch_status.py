"""What the status of an issuer's answer means: nothing before 26.2, then that it must be 2xx.

Sources: #158294, RN, A3. That the userinfo endpoint is held to the same is inferred.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.contract import setting_names
from tests.contract.cluster import ADMITTED
from tests.contract.expectations import every_version, holds
from tests.contract.fetched_keys import UNABLE, WELL_KNOWN, fetch, need_reach, publish
from tests.contract.tokens import key_set
from tests.unit.scripted_https_server import HttpsServer, http_server, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

pytestmark = [every_version, holds(since="23.1.17"), holds(needs=setting_names.AUTO_FETCH)]

IGNORED, COUNTS = holds(before="26.2"), holds(since="26.2")


@pytest.fixture(scope="module")
def server() -> Iterator[HttpsServer]:
    with http_server() as started:
        yield started


@pytest.fixture
def issuer(server: HttpsServer, cluster: Cluster, sso: Sso) -> HttpsServer:
    """An issuer on this machine, which the cluster trusts and fetches keys from."""
    need_reach(cluster)
    server.answers.clear()
    server.asked.clear()
    sso.issuer = server.url
    publish(server, "", key_set(sso.keys["rsa"].jwk()))
    fetch(sso)
    return server


@pytest.mark.parametrize("path", [WELL_KNOWN, "/keys"])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(200, ADMITTED),
        pytest.param(201, ADMITTED),
        pytest.param(299, ADMITTED),
        pytest.param(404, ADMITTED, marks=IGNORED),
        pytest.param(500, ADMITTED, marks=IGNORED),
        pytest.param(300, UNABLE, marks=COUNTS),
        pytest.param(404, UNABLE, marks=COUNTS),
        pytest.param(500, UNABLE, marks=COUNTS),
    ],
)
def test_the_status_of_discovery_and_keys(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, path: str, *, code: int, expected: str
) -> None:
    """The client is told no more than before."""
    found = {"jwks_uri": f"{issuer.url}/keys"}
    body = json.dumps(found) if path == WELL_KNOWN else key_set(sso.keys["rsa"].jwk())
    issuer.answers[path] = text(body, code)
    answer = cluster.knock(sso.person, sso.token())
    assert answer.detail is None
    assert cluster.verdict(sso.person, sso.token()) == expected


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param(ADMITTED, marks=[holds(since="25.4"), IGNORED]),
        pytest.param(
            "JWT authorization: userinfo lookup failed",
            marks=COUNTS,
            id="from 26.2 on (inferred)",
        ),
    ],
)
def test_the_status_of_userinfo(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, users: Users, expected: str
) -> None:
    role = users.create(kind="ROLE")
    found = {"jwks_uri": f"{issuer.url}/keys", "userinfo_endpoint": f"{issuer.url}/me"}
    issuer.answers[WELL_KNOWN] = text(json.dumps(found))
    issuer.answers["/me"] = text(json.dumps({"groups": [role]}), 401)
    sso.settings.put(setting_names.GROUPS_ENABLED, value=True)
    assert cluster.verdict(sso.person, sso.token()) == expected
    users.db.execute(f"REVOKE {role} FROM {sso.person}".encode())
