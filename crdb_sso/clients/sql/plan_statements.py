"""A plan as the statements that carry it out, for people and scripts."""

from collections.abc import Iterator

from psycopg import sql

from crdb_sso.clients.sql import statements
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.plan.steps import Plan

_ONE_BYTE, _PLANE = 0x80, 0x10000


def plan_statements(plan: Plan, live: ClusterState, database: str) -> list[str]:
    """Return the statements of a plan, in its order; rows of the claim tables are only counted.

    Args:
        plan: The plan.
        live: The cluster that it was made for.
        database: Where the claim tables are.
    """
    return list(_statements(plan, live, database))


def _statements(plan: Plan, live: ClusterState, database: str) -> Iterator[str]:
    settings = dict(live.settings)
    for write in plan.off:
        settings[write.setting] = write.next_value(settings[write.setting])
        yield _text(statements.set_setting(write.setting, settings[write.setting]))
    if plan.announce.claims:
        yield f"-- claims written in database {database}: {len(plan.announce.claims)}"
    yield from map(_text, statements.announce_users(plan.announce))
    for write in plan.writes:
        aim = write.next_value(settings[write.setting])
        if aim != settings[write.setting]:
            settings[write.setting] = aim
            yield _text(statements.set_setting(write.setting, aim))
    yield from map(_text, statements.retire_users(plan.retire))
    if plan.retire.claims:
        yield f"-- claims released in database {database}: {len(plan.retire.claims)}"


def _text(statement: sql.Composed) -> str:
    r"""Return a statement in one line: what can't be printed is escaped, also within literals.

    A line feed in a literal is written as `\n` in an escaped literal, which means the same.
    """
    parts = (_part(part) for part in statement)
    return f"{''.join(parts)};"


def _part(part: sql.Composable) -> str:
    if isinstance(part, sql.Composed):
        return "".join(map(_part, part))
    return _escaped(part.as_string()) if isinstance(part, sql.Literal) else part.as_string()


def _escaped(literal: str) -> str:
    """Return a literal of SQL with what can't be printed escaped."""
    if literal.isprintable():
        return literal.strip()
    body = literal.strip()
    is_plain = body.startswith("'")
    if is_plain:
        body = "e" + body.replace("\\", "\\\\")
    return "".join(map(_escaped_char, body))


def _escaped_char(char: str) -> str:
    number = ord(char)
    if char.isprintable():
        return char
    if char == "\n":
        return "\\n"
    if number < _ONE_BYTE:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < _PLANE else f"\\U{number:08x}"
