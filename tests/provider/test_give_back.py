"""When the lease can't be given back after all is done, that is not a failure: it expires."""

from typing import Any

import pytest

from tests.support.provider_calls import create, wish
from tests.support.servers import EmbeddedCluster

GIVING = r"UPDATE .*until = now\(\), token"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "error", "sqlstate": "40001", "times": -1}, id="always a conflict"),
        pytest.param({"kind": "error", "sqlstate": "XXUUU", "message": "x"}, id="an error"),
        pytest.param({"kind": "error", "sqlstate": "42501", "message": "no"}, id="no right"),
        pytest.param({"kind": "error", "sqlstate": "57P01", "message": "bye"}, id="it shuts down"),
        pytest.param({"kind": "drop_before", "times": -1}, id="lost before, again and again"),
        pytest.param({"kind": "drop_before", "times": 1}, id="lost before"),
        pytest.param({"kind": "drop_after", "times": 1}, id="lost after"),
    ],
)
def test_a_lease_that_cannot_be_given_back_is_not_a_failure(
    cluster: EmbeddedCluster, fault: dict[str, Any]
) -> None:
    cluster.faults({"match": GIVING, **fault})

    state = create(wish(cluster))

    assert state["cluster_id"]
