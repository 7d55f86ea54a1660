"""What nothing that we read says outright: only a real cluster can settle these.

README.md lists them with the others, most important first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.cluster import ADMITTED
from tests.contract.expectations import every_version, holds

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso

pytestmark = every_version


@holds(since="24.3")
@pytest.mark.real_cluster
def test_a_token_may_log_in_as_the_role_admin(cluster: Cluster, sso: Sso) -> None:
    """It is not a reserved name, and SHOW USERS in the manual does not say NOLOGIN (inferred).

    The embedded cluster refuses it: there `admin` cannot log in.
    """
    sso.trust(identity_map=f"{sso.issuer} {sso.person} admin")
    assert cluster.verdict("admin", sso.token()) == ADMITTED


@holds(since="24.3")
@pytest.mark.real_cluster
def test_a_session_outlives_its_token(cluster: Cluster, sso: Sso) -> None:
    """Only the login is checked (memory; nothing to the contrary in any source)."""
    sso.trust()
    ends = int(cluster.now_s()) + 5
    with cluster.connect_with_token(sso.person, sso.token(exp=ends)) as session:
        session.execute("SELECT pg_sleep(6)")
        assert session.execute("SELECT current_user").fetchone() == (sso.person,)
