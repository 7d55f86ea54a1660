"""Ordinary SQL: judged by its syntax tree, forwarded in the client's own words.

sqlglot reads a copy of the statement in which strings and placeholders are replaced, so that it
does not matter whether it and PostgreSQL read literals alike. In the original, only names that
differ between the two databases are exchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from dev.emulator.statements import allowed
from dev.emulator.statements.internals import check_closed
from dev.emulator.statements.ordering import order_nulls
from dev.emulator.statements.patterns import check_patterns
from dev.emulator.statements.plan import Plan, identifier, unsupported
from dev.emulator.statements.relations import relation_sql
from dev.emulator.statements.show_statements import show
from dev.emulator.statements.syntax import read
from dev.emulator.statements.tokens import NAME, PARAMETER, STRING, Token, join, statements
from dev.emulator.statements.types import exchange_types
from dev.emulator.statements.upsert import upsert_clause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dev.emulator.statements.dialect import Dialect

_SOURCE = "source"  # the kind of the token that stands for `[SHOW ..]`
_RENAMED_FUNCTIONS = {
    "current_database": "emulator.current_database",
    "current_schema": "emulator.current_schema",
    "pg_advisory_lock": "emulator.pg_advisory_lock",
    "pg_advisory_unlock": "emulator.pg_advisory_unlock",
    "pg_advisory_unlock_all": "emulator.pg_advisory_unlock_all",
    "pg_try_advisory_lock": "emulator.pg_try_advisory_lock",
    "version": "emulator.version",
}
_PRIVILEGES: dict[type[exp.Expr], str] = {
    exp.Insert: "INSERT",
    exp.Update: "UPDATE",
    exp.Delete: "DELETE",
    exp.Drop: "DROP",
    exp.Create: "CREATE",
}


@dataclass
class _Text:
    """A statement's tokens as PostgreSQL will get them, and queries that stand for `[SHOW ..]`."""

    tokens: list[Token]
    queries: dict[str, str] = field(default_factory=dict)

    def replace(self, first: int, last: int, sql: str) -> None:
        """Write `sql` in place of tokens `first` to `last`, keeping all positions."""
        self.tokens[first] = Token("sql", sql)
        for position in range(first + 1, last + 1):
            self.tokens[position] = Token("sql", "")

    def sql(self) -> str:
        """Return the statement."""
        return " ".join(token.text for token in self.tokens if token.text)


def ordinary_plan(tokens: list[Token], source: str, dialect: Dialect) -> Plan:
    """Return the plan of a statement that PostgreSQL has too.

    Args:
        tokens: The statement.
        source: The statement as written.
        dialect: The SQL of the session.

    Raises:
        SqlError: It is outside the allow-list, or reaches into what the session has not opened.
    """
    text = _with_sources(tokens, dialect)
    exchange_types(text.tokens)
    copy, places = _copy_for_reading(text.tokens)
    tree = _parse(copy, source)
    if not dialect.internals_open:
        check_closed(tree)
    allowed.check(tree, dialect.version)
    check_patterns(tokens)
    appended = upsert_clause(tokens) if tokens[0].is_word("UPSERT") else None
    for node in tree.find_all(exp.Table, exp.Column):
        _exchange_relation(text, node, places)
    _exchange_functions(text)
    _exchange_catalog(text)
    order_nulls(text.tokens)
    if appended:
        text.replace(0, 0, "INSERT")
        _append(text, appended)
    changes_schema = isinstance(tree, (exp.Create, exp.Drop))
    return Plan(source, text.sql(), privilege=_privilege(tree), changes_schema=changes_schema)


def expression_sql(expression: str, dialect: Dialect) -> str:
    """Return a value expression as PostgreSQL evaluates it.

    Raises:
        SqlError: It is not a single value, or is outside the allow-list.
    """
    tokens = statements("SELECT " + expression)[0]
    plan = ordinary_plan(tokens, expression, dialect)
    if any(token.is_word("FROM", "SELECT", "UNION", "WITH", "INTO") for token in tokens[1:]):
        raise unsupported("a query as the value of a setting")
    return plan.sql.removeprefix("SELECT ")


def _with_sources(tokens: list[Token], dialect: Dialect) -> _Text:
    """Put one relation name in place of each `[SHOW ..]`."""
    text = _Text([])
    position = 0
    while position < len(tokens):
        token = tokens[position]
        shows = position + 1 < len(tokens) and tokens[position + 1].is_word("SHOW")
        if not (token.is_operator("[") and shows):
            text.tokens.append(token)
            position += 1
            continue
        end = next(
            (i for i, t in enumerate(tokens) if i > position and t.is_operator("]")), len(tokens)
        )
        inner = tokens[position + 1 : end]
        tree = read(join(inner))
        if tree.kind != "show" or end == len(tokens):
            raise unsupported("a statement in brackets other than SHOW")
        name = identifier(f"show {len(text.queries)}")
        text.tokens.append(Token(_SOURCE, name))
        text.queries[name] = show(tree.parts[0], join(inner), dialect).sql
        position = end + 1
    return text


def _copy_for_reading(tokens: list[Token]) -> tuple[str, dict[int, int]]:
    """Return the copy that sqlglot reads, and the token that begins at each of its offsets."""
    written: list[str] = []
    places: dict[int, int] = {}
    length = 0
    for position, token in enumerate(tokens):
        places[length] = position
        shown = token.text
        if token.kind == STRING:
            shown = "'x'"
        elif token.kind == PARAMETER:
            shown = identifier(token.text)
        elif position == 0 and token.is_word("UPSERT"):
            shown = "INSERT"
        written.append(shown)
        length += len(shown) + 1
    return " ".join(written), places


_NOT_READ = (SqlglotError, RecursionError, AttributeError, LookupError, TypeError, ValueError)
"""What sqlglot raises; where something is missing, it may stumble instead of saying so."""


def _parse(copy: str, source: str) -> exp.Expr:
    try:
        trees = sqlglot.parse(copy, read="postgres", error_level=sqlglot.ErrorLevel.RAISE)
    except _NOT_READ as exc:
        raise unsupported(f"the statement {source[:60]!r}") from exc
    if len(trees) != 1 or trees[0] is None:
        raise unsupported(f"the statement {source[:60]!r}")
    return trees[0]


def _exchange_relation(text: _Text, node: exp.Expr, places: dict[int, int]) -> None:
    """Write PostgreSQL's name of a relation in place of CockroachDB's."""
    names = [part for part in _relation_parts(node) if isinstance(part, exp.Identifier)]
    if not names:
        return
    spelled = [name.name if name.quoted else name.name.lower() for name in names]
    first, last = _place(names[0], places), _place(names[-1], places)
    if text.tokens[first].kind == _SOURCE:
        if not isinstance(node.parent, (exp.From, exp.Join)):
            raise unsupported("[SHOW ..] here")
        query = text.queries[text.tokens[first].text]
        named = "" if node.alias else f" AS {identifier('show')}"
        text.replace(first, last, f"({query}){named}")
        return
    replacement = relation_sql(spelled)
    if replacement is not None and replacement.endswith(")") and isinstance(node, exp.Column):
        raise unsupported(f"the name {'.'.join(spelled)} of a column's table")
    if replacement is not None:
        text.replace(first, last, replacement)


def _relation_parts(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Table):
        return list(node.parts)
    if isinstance(node, exp.Column):
        qualifiers = list(node.parts)[:-1]
        return qualifiers if len(qualifiers) > 1 else []
    return []


def _place(name: exp.Identifier, places: dict[int, int]) -> int:
    start = name.meta.get("start")
    if start not in places:
        raise unsupported(f"the name {name.name}")
    return places[start]


def _exchange_functions(text: _Text) -> None:
    """Call what stands for a function of CockroachDB that PostgreSQL answers in its own way."""
    for position, token in enumerate(text.tokens[:-1]):
        if token.kind != NAME or not text.tokens[position + 1].is_operator("("):
            continue
        replacement = _RENAMED_FUNCTIONS.get(token.text.lower())
        qualifiers = list(_qualifier(text.tokens, position))
        if replacement is None or qualifiers not in ([], ["pg_catalog"]):
            continue
        first = position - 2 * len(qualifiers)
        text.replace(first, position, replacement)


def _exchange_catalog(text: _Text) -> None:
    """Call what stands for `current_catalog`, which is a word: PostgreSQL would say its own name.

    Raises:
        SqlError: Parentheses follow it.
    """
    for position, token in enumerate(text.tokens):
        is_name = position > 0 and (
            text.tokens[position - 1].is_operator(".") or text.tokens[position - 1].is_word("AS")
        )
        if not token.is_word("CURRENT_CATALOG") or is_name:
            continue
        if position + 1 < len(text.tokens) and text.tokens[position + 1].is_operator("("):
            raise unsupported("current_catalog()")
        text.replace(position, position, "emulator.current_database()")


def _qualifier(tokens: list[Token], position: int) -> Iterator[str]:
    """Yield the names that are joined by dots in front of a token, nearest first."""
    while position > 1 and tokens[position - 1].is_operator("."):
        position -= 2
        yield tokens[position].text.lower()


def _append(text: _Text, clause: str) -> None:
    """Put a clause at the end of an INSERT, before RETURNING."""
    positions = [i for i, token in enumerate(text.tokens) if token.is_word("RETURNING")]
    at = positions[-1] if positions else len(text.tokens)
    text.tokens.insert(at, Token("sql", clause))


def _privilege(tree: exp.Expr) -> str:
    return _PRIVILEGES.get(type(tree), "SELECT")
