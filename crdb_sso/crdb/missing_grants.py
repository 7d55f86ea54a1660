"""Which GRANT helps when a cluster refuses an operator (SQLSTATE 42501)."""

import re

_ROLE_ADMIN = re.compile(r"is not a (?:superuser or )?role admin for role (\S+)")


def missing_grant(message: str, operator: str, database: str) -> str:
    """Return the next step for an operator who lacks a privilege.

    Args:
        message: The primary message of the cluster's refusal.
        operator: The SQL user that was refused.
        database: The registry database.
    """
    user = f'"{operator}"'
    init = f"`crdb-sso init --database {database} --registry-role ROLE`, then GRANT ROLE TO {user};"
    if "MODIFYCLUSTERSETTING" in message:
        return f"Let an admin run: GRANT SYSTEM MODIFYCLUSTERSETTING TO {user};"
    if "CREATEROLE" in message or "CREATELOGIN" in message:
        return (
            f"Let an admin run: GRANT SYSTEM CREATEROLE, CREATELOGIN TO {user};"
            f" (before 23.1: ALTER USER {user} CREATEROLE CREATELOGIN;)"
        )
    if match := _ROLE_ADMIN.search(message):
        role = match[1].strip('"')
        return f'Let an admin run: GRANT "{role}" TO {user} WITH ADMIN OPTION;'
    if "CREATEDB" in message:
        return (
            f"Let an admin run: GRANT SYSTEM CREATEDB TO {user}; (before 23.1: ALTER USER {user}"
            f" CREATEDB;), or make the tables for it: {init}"
        )
    return f"Let an admin run {init}"
