"""SQL text cut into tokens, by the lexical rules of PostgreSQL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dev.emulator.statements.plan import syntax_error, unsupported

NAME, QUOTED, STRING, PARAMETER, NUMBER, OPERATOR = (
    "name",
    "quoted",
    "string",
    "parameter",
    "number",
    "operator",
)

_PATTERN = re.compile(
    r"""
      (?P<blank>    \s+ | --[^\n]* )
    | (?P<comment>  /\*(?:(?!/\*|\*/).)*\*/ )
    | (?P<string>   [eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*'
                  | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$ )
    | (?P<quoted>   "(?:[^"]|"")*" )
    | (?P<parameter>\$[1-9]\d{0,4} )
    | (?P<number>   \d+(?:\.\d*)?(?:[eE][+-]?\d+)? | \.\d+ )
    | (?P<name>     [^\W\d][\w$]* )
    | (?P<operator> :::? | ->>? | \#>>? | \|\| | <= | >= | <> | != | @> | <@ | && | !?~\*?
                  | [-+*/%^<>=(),.;\[\]?|@:\#&!] )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A piece of SQL: what it is, how it is written, and where its text begins and ends."""

    kind: str
    text: str
    start: int = 0
    end: int = 0

    def is_word(self, *words: str) -> bool:
        """Return whether this is one of the given words, in any case and not quoted."""
        return self.kind == NAME and self.text.upper() in words

    def is_operator(self, text: str) -> bool:
        """Return whether this is the given operator or punctuation."""
        return self.kind == OPERATOR and self.text == text


def statements(sql: str) -> list[list[Token]]:
    """Cut a string into statements, each a list of tokens; blanks and comments are gone.

    Raises:
        SqlError: A quote or comment is not closed, or something is not a token.
    """
    found: list[list[Token]] = [[]]
    at = 0
    while at < len(sql):
        match = _PATTERN.match(sql, at)
        if match is None:
            raise _unreadable(sql, at)
        kind = "string" if match.lastgroup == "tag" else str(match.lastgroup)
        start, at = at, match.end()
        if kind in ("blank", "comment"):
            continue
        token = Token(kind, match[0], start, at)
        if token.is_operator(";"):
            found.append([])
        else:
            _refuse_prefixed_string(found[-1], token)
            found[-1].append(token)
    return [tokens for tokens in found if tokens]


def join(tokens: list[Token]) -> str:
    """Return the text of tokens, one blank between them."""
    return " ".join(token.text for token in tokens)


def _refuse_prefixed_string(before: list[Token], token: Token) -> None:
    """Refuse `b'..'`, `x'..'`, `U&'..'`: their parts would be other tokens with blanks between."""
    touches = before and before[-1].end == token.start
    if touches and token.kind in (STRING, QUOTED) and before[-1].kind in (NAME, NUMBER):
        raise unsupported(f"the literal {before[-1].text}{token.text[0]}...")
    if touches and token.kind in (STRING, QUOTED) and before[-1].is_operator("&"):
        raise unsupported("a literal with Unicode escapes")


def _unreadable(sql: str, at: int) -> Exception:
    if sql.startswith("/*", at):
        return unsupported("a comment that is nested or has no end")
    if sql[at] in "'\"":
        return syntax_error(sql[at:][:20])
    return syntax_error(sql[at])
