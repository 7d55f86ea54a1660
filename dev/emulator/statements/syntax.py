"""Reads CockroachDB's own statements with the grammar beside this file."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import (
    UnexpectedCharacters,
    UnexpectedInput,
    UnexpectedToken,
    VisitError,
)

from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.plan import literal, syntax_error, unsupported
from dev.emulator.usernames import normalise


@dataclass(frozen=True)
class Role:
    """A role as a statement names it: by name, or as CURRENT_USER or SESSION_USER."""

    name: str
    is_session: bool = False

    @property
    def sql(self) -> str:
        """The role's name as a SQL expression of type text."""
        return "session_user::text" if self.is_session else literal(self.name)


@dataclass(frozen=True)
class Clause:
    """A part of a statement: the name that the grammar gives it, and what it is made of."""

    kind: str
    parts: list[Any]


class _Leaves(Transformer[Token, Any]):
    """Turns names, values and clauses into plain Python values, bottom up."""

    def name(self, parts: list[Token]) -> str:
        """Return an identifier, folded unless quoted."""
        return unquote(parts[0])

    word = name

    def role(self, parts: list[Token]) -> Role:
        """Return a role; SQL user names are folded even when quoted."""
        if parts[0].type in ("CURRENT_USER", "SESSION_USER"):
            return Role(str(parts[0]).upper(), is_session=True)
        return Role(normalise(unquote(parts[0])))

    def value(self, parts: list[Token]) -> str:
        """Return the value of a session variable, without its quotes."""
        if parts[0].type == "PARAMETER":
            raise unsupported("a placeholder as the value of a session variable")
        return "".join(unquote(part) for part in parts)

    def secret(self, parts: list[Token]) -> str:
        """Return a text value as a SQL expression."""
        token = parts[0]
        if token.type == "NULL":
            return "NULL"
        if token.type == "NAME":
            return literal(unquote(token))
        return f"({token})::text"

    def for_roles(self, parts: list[list[Role]]) -> list[Role]:
        """Return the roles of a FOR clause."""
        return parts[0]

    def __default__(self, data: Token | str, children: list[Any], _: object) -> Clause:
        """Return a clause for every rule that has no method here."""
        return Clause(str(data), children)

    def _as_list(self, parts: list[Any]) -> list[Any]:
        return list(parts)

    def _as_true(self, _: list[Any]) -> bool:
        return True

    path = roles = privileges = _as_list
    if_exists = if_not_exists = with_admin_option = with_grant_option = _as_true
    admin_option_for = grant_option_for = _as_true


def unquote(token: Token) -> str:
    """Return what an identifier, string or number token stands for.

    Raises:
        SqlError: It is a string in a notation that is not supported here.
    """
    text = str(token)
    if token.type == "QUOTED":
        return text[1:-1].replace('""', '"')
    if token.type == "STRING":
        if text[0] != "'":
            raise unsupported(f"the string notation {text[:2]}...")
        return text[1:-1].replace("''", "'")
    return text.lower()


@functools.cache
def _parser() -> Lark:
    grammar = resources.files(__package__).joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=True, cache=False)


# Statements known here in every form: one that cannot be read is wrong, not unknown.
_WHOLLY_KNOWN = (
    ("SET", "CLUSTER", "SETTING"),
    ("RESET", "CLUSTER", "SETTING"),
    ("SHOW", "CLUSTER", "SETTING"),
    ("CREATE", "USER"),
    ("CREATE", "ROLE"),
    ("DROP", "USER"),
    ("DROP", "ROLE"),
)


def read(text: str) -> Clause:
    """Return the clauses of one statement, its leaves as Python values.

    Args:
        text: The statement, without comments.

    Raises:
        SqlError: The embedded cluster does not know it (0A000); or it is one that is known in every
            form, and is malformed (42601).
    """
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as exc:
        raise _unread(text, exc) from exc
    try:
        statement = _Leaves().transform(tree)
    except VisitError as exc:
        if isinstance(exc.orig_exc, SqlError):
            raise exc.orig_exc from exc
        raise
    if not isinstance(statement, Clause):
        raise TypeError(f"the grammar gives no name to {text!r}")
    return statement


def _unread(text: str, problem: UnexpectedInput) -> SqlError:
    words = tuple(text.upper().split()[:3])
    if not any(words[: len(known)] == known for known in _WHOLLY_KNOWN):
        return unsupported(f"the statement {' '.join(words[:2])}")
    if isinstance(problem, UnexpectedToken) and problem.token.type != "$END":
        return syntax_error(str(problem.token).split(maxsplit=1)[0])
    if isinstance(problem, UnexpectedCharacters):
        return syntax_error(text[problem.pos_in_stream :].split(maxsplit=1)[0])
    return syntax_error("EOF")
