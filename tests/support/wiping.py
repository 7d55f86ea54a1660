"""What takes an embedded cluster back to how it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.snapshots import Snapshot


def undoing(before: Snapshot, ask: Callable[[bytes], list[Any]]) -> Iterator[str]:
    """Yield the statements that take away what a new cluster has not."""
    for name, _, origin in before.settings:
        if origin != "default":
            yield f"RESET CLUSTER SETTING {name}"
    for (database,) in ask(b"SELECT database_name FROM [SHOW DATABASES]"):
        if database not in ("defaultdb", "postgres", "system"):
            yield f'DROP DATABASE "{database}" CASCADE'
    for (table,) in ask(b"SELECT table_name FROM [SHOW TABLES FROM defaultdb]"):
        yield f'DROP TABLE defaultdb.public."{table}"'
    # the second column has another name before 23.1
    for grantee, privilege, _ in ask(b"SELECT * FROM [SHOW SYSTEM GRANTS]"):
        if grantee not in ("root", "admin"):
            yield f'REVOKE SYSTEM {privilege} FROM "{grantee}"'
    ((operator,),) = ask(b"SELECT current_user")
    for user, _, _ in before.users:
        if user not in ("root", "admin", operator):
            yield f'DROP USER "{user}"'
