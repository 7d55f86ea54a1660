"""Lines of `server.identity_map.configuration`, read as CockroachDB reads them.

The grammar (CockroachDB pkg/sql/pgwire/identmap/ident_map.go): one rule a line, `#` begins a
comment anywhere, blank lines are skipped, exactly three fields with white space between, no quotes:
`map-name system-identity database-username`. For JWT logins the map name is the token's `iss` byte
for byte. A system identity that begins with `/` is an RE2 regular expression, not anchored.
"""

import re
from dataclasses import dataclass

from crdb_sso.crdb.unreadable import UnreadableTextError
from crdb_sso.errors import InvalidMapLine

CLOSED_PATTERN = r"/[^\x00-\x{10FFFF}]"
"""A regular expression that matches no subject at all."""

CLOSED_USER = "public"
"""The target of the sentinel line; CockroachDB refuses to log anyone in as it."""

LONGEST_LINE = 60_000
"""Bytes; a line of 64 KiB makes the cluster drop it and all behind it, silently."""

# White space as Go's unicode.IsSpace knows it; Python's str.split() splits at more.
_BLANKS = re.compile(
    "[\\t\\n\\v\\f\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+"
)
_FIELDS = 3

_ESCAPE = re.compile(r"\\.")
_CLASS = re.compile(r"\[\^?\]?(?:\[:\^?\w+:\]|[^\]])*\]")
_GROUP = re.compile(r"\([^()]*\)")


@dataclass(frozen=True, slots=True)
class RawLine:
    """One line as it stands in the setting.

    Attributes:
        text: The bytes between two line feeds, unchanged.
        entry: Its three fields joined by single blanks, "" for a comment or a blank line.
    """

    text: str
    entry: str

    @property
    def issuer(self) -> str:
        """The map name of this line, "" for a comment or a blank line."""
        return issuer_of(self.entry)


def map_lines(text: str) -> tuple[RawLine, ...]:
    """Read the text of the setting; the empty text has no lines.

    Raises:
        UnreadableTextError: A line does not have three fields, or is so long that the cluster
            stops reading there.
    """
    lines = text.split("\n")
    if lines[-1] == "":
        del lines[-1]  # the last line feed ends a line, it does not begin one
    return tuple(_raw_line(number, line) for number, line in enumerate(lines, 1))


def _raw_line(number: int, line: str) -> RawLine:
    fields = split_fields(line.partition("#")[0])
    if _bytes(line) > LONGEST_LINE or len(fields) not in (0, _FIELDS):
        raise UnreadableTextError(
            f"CockroachDB would not accept line {number} (a line is `issuer subject user`)"
        )
    return RawLine(line, " ".join(fields))


def _bytes(line: str) -> int:
    return len(line.encode("utf-8", "surrogatepass"))


def split_fields(text: str) -> list[str]:
    """Return the parts of a text between white space, as Go's strings.Fields does."""
    return [part for part in _BLANKS.split(text) if part]


def map_line(issuer: str, subject: str, user: str) -> str:
    """Return the line that lets `subject` of `issuer` log in as `user`.

    Args:
        issuer: An `iss` that passed `crdb_sso.tokens.issuers.Issuer`.
        subject: The exact principal, or `/` and an anchored RE2 regular expression: `/^...$`.
        user: A SQL user name that passed `crdb_sso.crdb.user_names.check_login_name`.

    Raises:
        InvalidMapLine: A line can't carry the subject, or it matches more than is meant.
    """
    check_subject(subject)
    line = f"{issuer} {subject} {user}"
    if _bytes(line) > LONGEST_LINE:
        raise InvalidMapLine(
            f"the identity map line of {user} is too long: {_bytes(line)} bytes",
            hint=f"Issuer, subject and user together have to fit into {LONGEST_LINE} bytes.",
        )
    return line


def issuer_of(line: str) -> str:
    """Return the issuer that a line is about, in the form in which lines are compared."""
    return line.partition(" ")[0]


def closed_line(issuer: str) -> str:
    """Return the sentinel: with it `issuer` has a map, and nobody is in it.

    An issuer without any line lets everyone in whose raw subject is a user name.
    """
    return f"{issuer} {CLOSED_PATTERN} {CLOSED_USER}"


def check_subject(subject: str) -> None:
    """Check that an identity map can carry a subject.

    Raises:
        InvalidMapLine: It is empty, has white space or `#`, or is a regular expression that is not
            anchored at both ends.
    """
    if not subject:
        raise InvalidMapLine(
            "the subject is empty", hint="Copy `sub` from a token of the workload."
        )
    if subject.startswith("/"):
        _check_pattern(subject)
    elif split_fields(subject) != [subject] or "#" in subject:
        raise InvalidMapLine(
            f"the subject {subject!r} has white space or `#`: a line of the identity map can't"
            " carry it",
            hint=f"Give the anchored regular expression instead: {anchored_pattern(subject)}",
        )


def _check_pattern(subject: str) -> None:
    pattern = subject[1:]
    if split_fields(subject) != [subject] or "#" in subject:
        raise InvalidMapLine(
            f"the regular expression {subject!r} has white space or `#`",
            hint=r"Write \x20 for a blank and \x23 for `#`.",
        )
    bare = _ESCAPE.sub("xx", pattern)
    if not bare.startswith(("^", "(?i)^")) or not bare.endswith("$") or "|" in _ungrouped(bare):
        core = pattern.removeprefix("(?i)").removeprefix("^")
        core = core[:-1] if bare.endswith("$") else core
        raise InvalidMapLine(
            f"the regular expression {subject!r} is not anchored: it lets in every subject that"
            " merely contains a match",
            hint="Begin it with /^ and end it with $, and put alternatives into a group, e.g."
            f" /^{f'(?:{core})' if '|' in core else core}$ ; a literal subject that begins with /"
            f" is {anchored_pattern(subject)}",
        )


def _ungrouped(pattern: str) -> str:
    """Return what stands in no group and no character class, where `|` would end an anchor."""
    left, before = _CLASS.sub("", pattern), ""
    while left != before:
        before, left = left, _GROUP.sub("", left)
    return left


def anchored_pattern(subject: str) -> str:
    r"""Return the regular expression that matches one subject and no other.

    `my app` becomes `/^my\x20app$`.
    """
    plain = re.compile(r"[A-Za-z0-9_:-]")
    return "/^" + "".join(c if plain.match(c) else _escaped(c) for c in subject) + "$"


def _escaped(char: str) -> str:
    if char.isascii() and char.isprintable() and char not in " #":
        return "\\" + char
    return f"\\x{{{ord(char):x}}}" if ord(char) > 0xFF else f"\\x{ord(char):02x}"  # noqa: PLR2004 - two hex digits
