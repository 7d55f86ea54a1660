"""Isolation levels: what a session of CockroachDB shows, and what PostgreSQL remembers for it."""

from __future__ import annotations

from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.plan import literal

# The levels that CockroachDB gives, and PostgreSQL's names under which a session remembers them:
# to PostgreSQL both are the same level, and the first is its default.
_ISOLATION = {"serializable": "read committed", "read committed": "read uncommitted"}
_UPGRADED = {
    "read uncommitted": "read committed",
    "repeatable read": "serializable",
    "snapshot": "serializable",
}
DEFAULT_ISOLATION = "default_transaction_isolation"


def isolation_kept(level: str) -> str:
    """Return the isolation level of PostgreSQL that stands for one of CockroachDB.

    Args:
        level: As it is asked for, in lower case.

    Raises:
        SqlError: There is no such level.
    """
    given = _UPGRADED.get(level, level)
    if given not in _ISOLATION:
        raise SqlError(
            f'invalid value for parameter "{DEFAULT_ISOLATION}": "{level}"', sqlstate="22023"
        )
    return _ISOLATION[given]


def shown_isolation(name: str) -> str:
    """Return the SQL that shows a variable of PostgreSQL as CockroachDB shows it."""
    cases = " ".join(
        f"WHEN {literal(kept)} THEN {literal(told)}" for told, kept in _ISOLATION.items()
    )
    return f"CASE current_setting({literal(name)}) {cases} END"
