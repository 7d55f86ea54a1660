"""Who may list system privileges."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from tests.contract.expectations import INSUFFICIENT_PRIVILEGE, every_version, holds, refusal

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster
    from tests.contract.temporary_users import Users

READ_GRANTS = "SELECT * FROM [SHOW SYSTEM GRANTS]"


@every_version
@holds(since="23.1.4")
def test_everybody_may_list_system_privileges(cluster: Cluster, users: Users) -> None:
    """23.1.4 (#104732)."""
    password = secrets.token_urlsafe(12)
    user, asker = users.create(), users.create(f"WITH PASSWORD '{password}'")
    users.grant_system("VIEWACTIVITY", user)
    with cluster.connect(asker, password) as db:
        assert (user, "VIEWACTIVITY", False) in db.execute(READ_GRANTS).fetchall()


@every_version
@holds(before="23.1.4")
def test_only_admins_may_list_system_privileges(cluster: Cluster, users: Users) -> None:
    password = secrets.token_urlsafe(12)
    user, asker = users.create(), users.create(f"WITH PASSWORD '{password}'")
    users.grant_system("VIEWACTIVITY", user)
    with cluster.connect(asker, password) as db:
        assert refusal(db, READ_GRANTS).sqlstate == INSUFFICIENT_PRIVILEGE
    assert (user, "VIEWACTIVITY", False) in users.db.execute(READ_GRANTS).fetchall()
