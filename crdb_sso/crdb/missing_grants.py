"""Which GRANTs help when a cluster refuses an operator (SQLSTATE 42501)."""

import re
from collections.abc import Collection, Iterable

_ROLE_ADMIN = re.compile(r"is not a (?:superuser or )?role admin for role (\S+)")


def missing_grants(
    messages: Iterable[str], operator: str, database: str, absent: Collection[str] = ()
) -> str:
    """Return the next step for an operator who lacks privileges: one line, or one for each.

    Args:
        messages: The primary messages of the cluster's refusals.
        operator: The SQL user that was refused.
        database: The registry database.
        absent: Roles that do not exist yet: they are created first.
    """
    grants = list(dict.fromkeys(_grant(text, operator, database, absent) for text in messages))
    if len(grants) == 1:
        return f"Let an admin run: {grants[0]}"
    return "Let an admin run:" + "".join(f"\n    {grant}" for grant in grants)


def _grant(message: str, operator: str, database: str, absent: Collection[str]) -> str:
    """Return the statements that help against one refusal."""
    user = f'"{operator}"'
    init = f"`crdb-sso init --database {database} --registry-role ROLE`, then GRANT ROLE TO {user};"
    if "MODIFYCLUSTERSETTING" in message:
        return f"GRANT SYSTEM MODIFYCLUSTERSETTING TO {user};"
    if "CREATEROLE" in message or "CREATELOGIN" in message:
        return (
            f"GRANT SYSTEM CREATEROLE, CREATELOGIN TO {user};"
            f" (before 23.1: ALTER USER {user} CREATEROLE CREATELOGIN;)"
        )
    if "CANCELQUERY" in message:
        return f"GRANT SYSTEM CANCELQUERY, VIEWACTIVITY TO {user};"
    if match := _ROLE_ADMIN.search(message):
        role = match[1].strip('"')
        first = f'CREATE ROLE "{role}"; ' if role in absent else ""
        return f'{first}GRANT "{role}" TO {user} WITH ADMIN OPTION;'
    if "CREATEDB" in message:
        return (
            f"GRANT SYSTEM CREATEDB TO {user}; (before 23.1: ALTER USER {user}"
            f" CREATEDB;), or make the tables for it: {init}"
        )
    return init
