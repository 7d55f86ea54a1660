"""The words of host-based rules: quotes, comments, commas (pkg/settings/rulebasedscanner)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dev.emulator.go.text import quoted
from dev.emulator.sqlerror import SqlError

if TYPE_CHECKING:
    from typing import TypeAlias

_CONTROL = r"\x00-\x1f\x7f"
_NOTHING = re.compile(r"[ \t\r,]+|#.*")
_PLAIN = re.compile(rf'([^{_CONTROL} ",]+)(,?)')
_QUOTED = re.compile(rf'"([^{_CONTROL}"]*)"(,?)')
_UNCLOSED = re.compile(r'"[^"]*\Z')


@dataclass(frozen=True, slots=True)
class Word:
    """One word; quotes take away the meaning that a keyword has.

    Attributes:
        text: Without its quotes; only a quoted word can be empty.
        quoted: Whether it stood in double quotes.
    """

    text: str
    quoted: bool = False

    def __str__(self) -> str:
        """Return the word as it is written."""
        return f'"{self.text}"' if self.quoted else self.text

    def is_keyword(self, keyword: str) -> bool:
        """Tell whether this is the keyword, not a name that is spelled like it."""
        return not self.quoted and self.text == keyword


Field: TypeAlias = "tuple[Word, ...]"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that says something.

    Attributes:
        number: Counted from 1, comments and empty lines included.
        fields: What blanks separate; each holds one word, or several with commas between.
    """

    number: int
    fields: tuple[Field, ...]


def scan(text: str) -> list[Line]:
    """Split a text into lines, fields and words.

    A comma ties a word to the next one only if it touches the first: `a, b` is one field and
    `a ,b` is two. A comment begins where a word could begin.

    Raises:
        SqlError: A quote is not closed, or there is a control character in a line.
    """
    lines = [Line(number, _fields(line, number)) for number, line in _numbered(text)]
    return [line for line in lines if line.fields]


def _numbered(text: str) -> enumerate[str]:
    return enumerate(text.split("\n"), start=1)


def _fields(line: str, number: int) -> tuple[Field, ...]:
    fields: list[list[Word]] = []
    continues = False
    at = 0
    while at < len(line):
        if skipped := _NOTHING.match(line, at):
            at = skipped.end()
            continue
        found = _PLAIN.match(line, at) or _QUOTED.match(line, at)
        if found is None:
            raise SqlError(f"line {number}: {_complaint(line, at)}")
        word = Word(found[1], quoted=found.re is _QUOTED)
        if continues:
            fields[-1].append(word)
        else:
            fields.append([word])
        continues = bool(found[2])
        at = found.end()
    return tuple(tuple(field) for field in fields)


def _complaint(line: str, at: int) -> str:
    if _UNCLOSED.match(line, at):
        return "unterminated quoted string"
    if line[at] == '"':
        return "invalid characters in quoted string"
    return f"unsupported character: {quoted(line[at])}"
