"""The identity map: from what a token says to SQL user names (pkg/sql/pgwire/identmap).

From 26.1 on identities match whatever their letter case, as Go folds it; map names never do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import re2

from dev.emulator.go.text import quoted, trimmed
from dev.emulator.sqlerror import SqlError
from dev.emulator.usernames import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE_BYTES = 65_535
"""A line of 64 KiB or more ends the map: it and all lines after it are silently dropped."""

_FIELDS = re2.compile(r"^(\S+)\s+(\S+)\s+(\S+)$")
_SUBSTITUTION = r"\1"
_REGEX_TOKENS = re.compile(r"\\Q.*?(?:\\E|$)|\\.|.", re.DOTALL)
_ANY_BYTE = r"\C"
"""An escape that RE2 supports in C++ but not in Go."""
_ANY_CASE = "(?i)"
_MOST_MEMORY = 1 << 29
"""Bytes that RE2 may use for an expression; Go takes larger ones than RE2 does by default."""

_GO_WORDS = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
}


@dataclass(frozen=True, slots=True)
class Rule:
    r"""One line of a map.

    Attributes:
        identity: The literal the identity must equal byte for byte, if `pattern` is None.
        pattern: A compiled RE2 expression, searched anywhere in the identity; also a literal
            becomes one where letter case does not count.
        user: The user name it stands for; its first `\1` is replaced by group 1.
    """

    identity: str
    pattern: Any  # compiled by google-re2, which ships no types
    user: str

    def user_for(self, identity: str) -> str:
        """Return the user name this line gives an identity, or the empty text."""
        if self.pattern is None:
            return self.user if identity == self.identity else ""
        match = self.pattern.search(identity)
        if match is None:
            return ""
        if _SUBSTITUTION not in self.user:
            return self.user
        return self.user.replace(_SUBSTITUTION, match.group(1) or "", 1)


@dataclass(frozen=True, slots=True)
class IdentityMap:
    """All lines, by the name of their map, in the order of the text.

    Attributes:
        rules: The lines.
        folds: Whether this is a map of 26.1 or later.
    """

    rules: dict[str, list[Rule]] = field(default_factory=dict)
    folds: bool = False

    def users(self, map_name: str, identity: str) -> list[str]:
        """Return the normalised user names an identity may log in as.

        A map without lines lets the identity itself through. With lines, every matching one
        counts; if none matches, nobody may log in. The same name twice is one: before it is
        normalised, and from 26.1 on after that.
        """
        if map_name not in self.rules:
            return [normalise(identity)]
        found = [user for rule in self.rules[map_name] if (user := rule.user_for(identity))]
        if self.folds:
            return list(dict.fromkeys(normalise(user) for user in found))
        return [normalise(user) for user in dict.fromkeys(found)]


def validate_identity_map(text: str) -> None:
    r"""Check a value for `server.identity_map.configuration`.

    Raises:
        SqlError: A line does not have three fields, its expression is not RE2, or it uses `\1`
            without a group.
    """
    parse_identity_map(text)


def parse_identity_map(text: str, *, folds: bool = False) -> IdentityMap:
    """Read an identity map.

    Args:
        text: Lines of map name, identity and user name; `#` begins a comment anywhere.
        folds: Whether identities match whatever their letter case.

    Raises:
        SqlError: As for `validate_identity_map`.
    """
    found = IdentityMap(folds=folds)
    for number, line in _lines(text):
        fields = _FIELDS.search(line)
        if fields is None:
            raise SqlError(f"unable to parse line {number}: {quoted(line)}")
        map_name, identity, user = fields.groups()
        pattern = _pattern(identity, number, folds=folds)
        if _SUBSTITUTION in user and (pattern is None or pattern.groups == 0):
            raise SqlError(
                rf"saw \1 substitution on line {number}, but pattern contains no subexpressions"
            )
        found.rules.setdefault(map_name, []).append(Rule(identity, pattern, user))
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and content of each line that says something."""
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line.encode("utf-8", "surrogatepass")) > MAX_LINE_BYTES:
            return
        content = trimmed(line.partition("#")[0])
        if content:
            yield number, content


def _pattern(identity: str, number: int, *, folds: bool) -> Any:  # noqa: ANN401 - google-re2 ships no types
    flags = _ANY_CASE if folds else ""
    if not identity.startswith("/"):
        return re2.compile(f"{flags}^{re2.escape(identity)}$", _options()) if folds else None
    if _ANY_BYTE in _REGEX_TOKENS.findall(identity):
        reason = f"invalid escape sequence: `{_ANY_BYTE}`"
        raise SqlError(f"unable to parse line {number}: error parsing regexp: {reason}")
    try:
        return re2.compile(flags + identity[1:], _options())
    except re2.error as exc:
        message = f"unable to parse line {number}: {_in_go_words(exc)}"
        raise SqlError(message) from exc


def _options() -> object:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    return options


def _in_go_words(error: Exception) -> str:
    raw = error.args[0]
    text = raw.decode() if isinstance(raw, bytes) else str(raw)
    reason, _, culprit = text.partition(": ")
    return f"error parsing regexp: {_GO_WORDS.get(reason, reason)}: `{culprit}`"
