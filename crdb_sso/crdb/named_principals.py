r"""The principals that a subject names: itself, or all that its expression can match, if few.

Read are texts, escapes, `\Q...\E`, classes of single characters, groups and alternatives, as in
`/^repo:acme/(orders|stock)$`. What repeats, or has ranges or any character, names nobody in
particular. RE2 and `anchoring` have the last word, so that a misread expression names nobody.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from crdb_sso.crdb.expressions import expression_once
from crdb_sso.crdb.patterns import UnusablePatternError, anchoring

MOST_NAMED = 64
"""An expression of more principals names nobody in particular."""

_MOST_CHARACTERS = 1 << 14
"""Of an expression, and of all principals of one together."""

_HALF_A_PAIR = re.compile("[\ud800-\udfff]")  # of UTF-16: no token has one

_ESCAPE = r"\\(?:[!-/:-@\[-`{-~]|x[0-9A-Fa-f]{2}|x\{[0-9A-Fa-f]{1,6}\})"
_TOKEN = re.compile(
    rf"""
      (?P<quote>  \\Q .*? (?: \\E | \Z ) )
    | (?P<anchor> [\^$] | \\[Az] )
    | (?P<text>   (?: {_ESCAPE} | [^\\.+*?()|\[\]{{}}^$] )+ )
    | (?P<class>  \[ (?: {_ESCAPE} | [^\\\[\]^-] )+ \] )
    | (?P<flags>  \(\? -? [is]+ \) )
    | (?P<open>   \( (?: \? (?: P<\w+> | -? [is]* : ) )? )
    | (?P<close>  \) )
    | (?P<bar>    \| )
    """,
    re.VERBOSE | re.DOTALL,
)
_CHARACTER = re.compile(r"\\x\{(\w+)\}|\\x(\w\w)|\\?(.)", re.DOTALL)


def named_principals(subject: str) -> tuple[str, ...]:
    """Return the principals that a subject names, none if its expression may match others too.

    Of an expression that ignores case they are the principals as written there.
    """
    if not subject.startswith("/"):
        return (subject,)
    pattern = subject[1:]
    try:
        texts = _Reader().read(pattern)
        if not (texts and anchoring(pattern).is_whole):
            return ()
    except (_NamesNobody, UnusablePatternError):
        return ()
    found = expression_once(pattern)
    return tuple(text for text in texts if not _HALF_A_PAIR.search(text) and found.search(text))


class _NamesNobody(Exception):
    """The expression has what may match anything, or too many texts."""


@dataclass(slots=True)
class _Group:
    """An open group: the texts of its alternatives up to the last `|`, and of the last one."""

    others: list[str] = field(default_factory=list)
    last: list[str] = field(default_factory=lambda: [""])


class _Reader:
    """Reads an expression from left to right; anchors are left to others."""

    def __init__(self) -> None:
        self._groups = [_Group()]  # the first is the expression itself

    def read(self, pattern: str) -> list[str]:
        """Return the texts that it may match, each once.

        Raises:
            _NamesNobody: They are too many, or can't be told.
        """
        _check_size(1, len(pattern))
        at = 0
        while at < len(pattern):
            token = _TOKEN.match(pattern, at)
            if token is None or token.lastgroup is None:
                raise _NamesNobody
            self._take(token.lastgroup, token[0])
            at = token.end()
        if len(self._groups) > 1:
            raise _NamesNobody
        return self._close()

    def _take(self, kind: str, text: str) -> None:
        if kind == "quote":
            self._add([text.removeprefix(r"\Q").removesuffix(r"\E")])
        elif kind == "text":
            self._add(["".join(_characters(text))])
        elif kind == "class":
            self._add(_characters(text[1:-1]))
        elif kind == "open":
            self._groups.append(_Group())
        elif kind == "bar":
            group = self._groups[-1]
            group.others, group.last = _bounded([*group.others, *group.last]), [""]
        elif kind == "close":
            texts = self._close()
            if not self._groups:
                raise _NamesNobody
            self._add(texts)

    def _add(self, parts: Iterable[str]) -> None:
        """Put each of some texts behind each text so far."""
        group, parts = self._groups[-1], _bounded(parts)
        _check_size(len(group.last) * len(parts), 0)
        if parts != [""]:
            group.last = _bounded(text + part for text in group.last for part in parts)

    def _close(self) -> list[str]:
        group = self._groups.pop()
        return _bounded([*group.others, *group.last])


def _characters(text: str) -> list[str]:
    """Return the characters that a text with escapes stands for."""
    found = []
    for in_braces, two_digits, char in _CHARACTER.findall(text):
        number = 0 if char else int(in_braces or two_digits, 16)
        if number > 0x10FFFF:  # noqa: PLR2004 - the last character of Unicode
            raise _NamesNobody
        found.append(char or chr(number))
    return found


def _bounded(texts: Iterable[str]) -> list[str]:
    each = list(dict.fromkeys(texts))
    _check_size(len(each), sum(map(len, each)))
    return each


def _check_size(texts: int, characters: int) -> None:
    if texts > MOST_NAMED or characters > _MOST_CHARACTERS:
        raise _NamesNobody
