"""Keys without `alg`, as Azure publishes them, by version.

Source: #89989 and the release notes of 23.1, since which the algorithm is inferred. What 22.2 says
of such a key follows from that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.cluster import ADMITTED
from tests.contract.expectations import every_version, holds
from tests.contract.tokens import key_set

if TYPE_CHECKING:
    from typing import Any

    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso

pytestmark = every_version

NO_ALGORITHM = [
    pytest.param({"alg": None}, id="no alg"),
    pytest.param({"alg": ""}, id="alg empty"),
]


@holds(before="23.1")
@pytest.mark.parametrize("members", NO_ALGORITHM)
def test_up_to_22_2_a_key_without_an_algorithm_verifies_nothing(
    cluster: Cluster, sso: Sso, members: dict[str, Any]
) -> None:
    """(inferred)"""
    sso.trust(jwks=key_set(sso.keys["rsa"].jwk(**members)))
    answer = cluster.knock(sso.person, sso.token())
    assert (answer.message, answer.detail) == ("JWT authentication: invalid token", None)
    sso.trust(jwks=key_set(sso.keys["rsa"].jwk(alg="RS256")))
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED


@holds(since="23.1")
@pytest.mark.parametrize("members", NO_ALGORITHM)
def test_from_23_1_on_it_takes_that_of_the_token(
    cluster: Cluster, sso: Sso, members: dict[str, Any]
) -> None:
    sso.trust(jwks=key_set(sso.keys["rsa"].jwk(**members)))
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED
