"""The cluster's own tables and functions, which later versions keep closed."""

from __future__ import annotations

from sqlglot import exp

from dev.emulator.sqlerror import SqlError

_CLOSED = {"crdb_internal", "system"}


def check_closed(tree: exp.Expr) -> None:
    """Refuse a statement that names `crdb_internal` or `system`; SHOW is not affected.

    Raises:
        SqlError: It does, SQLSTATE 42501.
    """
    tables = {node.parts[0].name for node in tree.find_all(exp.Table) if len(node.parts) > 1}
    functions = {node.this.name for node in tree.find_all(exp.Dot)}
    if any(name.lower() in _CLOSED for name in tables | functions):
        raise SqlError(
            "Access to crdb_internal and system is restricted.",
            sqlstate="42501",
            hint=(
                "These interfaces are unsupported in production. To proceed, set the session "
                "variable allow_unsafe_internals = true (not recommended), or contact Cockroach "
                "Labs for a supported alternative."
            ),
        )
