"""Which GRANT helps when a cluster refuses an operator (SQLSTATE 42501)."""

import re

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_ROLE_ADMIN = re.compile(r"is not a (?:superuser or )?role admin for role (\S+)")


def missing_grant(message: str, operator: str, database: str) -> str:
    """Return the next step for an operator who lacks a privilege.

    Args:
        message: The primary message of the cluster's refusal.
        operator: The SQL user that was refused.
        database: The registry database.
    """
    user = f'"{operator}"'
    database = database if _PLAIN_NAME.fullmatch(database) else f'"{database}"'
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
            f" CREATEDB;), or make the database for it: CREATE DATABASE {database};"
            f" ALTER DATABASE {database} OWNER TO {user};"
        )
    return (
        f"Let an admin run: GRANT CREATE, CONNECT ON DATABASE {database} TO {user};"
        f" GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.public.* TO {user};"
    )
