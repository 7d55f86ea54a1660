"""Lines of `server.identity_map.configuration`, read as CockroachDB reads them.

The grammar (CockroachDB pkg/sql/pgwire/identmap/ident_map.go): one rule per line, `#` begins a
comment anywhere, blank lines are skipped, exactly three fields separated by white space, no quotes:
`map-name system-identity database-username`. For JWT logins the map name is the token's `iss` byte
for byte. A system identity that begins with `/` is an RE2 regular expression, not anchored.
"""

import re
from dataclasses import dataclass

from crdb_sso.crdb.patterns import ANY_CASE, UnusablePatternError, anchoring
from crdb_sso.crdb.unreadable import UnreadableTextError
from crdb_sso.errors import InvalidMapLine
from crdb_sso.printing import cut, shown

CLOSED_PATTERN = r"/[^\x00-\x{10FFFF}]"
"""A regular expression that matches no subject."""

CLOSED_USER = "public"
"""The user of the sentinel line; CockroachDB refuses to log anyone in as it."""

LONGEST_LINE = 60_000
"""Bytes; the cluster silently drops a line of 64 KiB and all that follow it."""

GO_BLANKS = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""White space according to Go's unicode.IsSpace; Python's str.split() and strip() know more."""

_BLANKS = re.compile(f"[{GO_BLANKS}]+")
_FIELDS = 3

_LONGEST_SHOWN = 200


@dataclass(frozen=True, slots=True, order=True)
class MapLine:
    r"""One line: whose tokens log in as whom.

    Attributes:
        issuer: The map name: for JWT logins the `iss` of their tokens.
        subject: The system identity: a principal, or `/` and a regular expression.
        user: The SQL user; `\1` stands for what the first group of the expression matched.
    """

    issuer: str
    subject: str
    user: str

    @classmethod
    def read(cls, text: str) -> "MapLine":
        """Return the line that a text in the form of `text` stands for.

        Raises:
            InvalidMapLine: It is not three fields separated by single blanks.
        """
        fields = text.split(" ")
        if len(fields) != _FIELDS or not all(fields):
            raise InvalidMapLine(
                f"{text!r} is not a line of an identity map",
                hint="Write three fields separated by blanks: `issuer subject user`.",
            )
        return cls(*fields)

    @property
    def text(self) -> str:
        """`issuer subject user`: how a line is written, compared, and stored with claims."""
        return f"{self.issuer} {self.subject} {self.user}"

    @property
    def is_closing(self) -> bool:
        """Whether this is the sentinel, see `closed_line`."""
        return self == closed_line(self.issuer)


@dataclass(frozen=True, slots=True)
class RawLine:
    """One line as it is in the setting.

    Attributes:
        text: What is between two line feeds, unchanged.
        line: What it says, None for a comment or a blank line.
    """

    text: str
    line: MapLine | None

    @property
    def entry(self) -> str:
        """The name of this line as an entry of the setting, "" for a comment or a blank line."""
        return self.line.text if self.line else ""


def map_lines(text: str) -> tuple[RawLine, ...]:
    """Read the text of the setting; the empty text has no lines.

    Raises:
        UnreadableTextError: A line does not have three fields, or is so long that the cluster
            stops reading there.
    """
    lines = text.split("\n")
    if lines[-1] == "":
        del lines[-1]  # the final line feed ends a line, it does not begin one
    return tuple(_raw_line(number, line) for number, line in enumerate(lines, 1))


def _raw_line(number: int, line: str) -> RawLine:
    fields = split_fields(line.partition("#")[0])
    if _bytes(line) > LONGEST_LINE or len(fields) not in (0, _FIELDS):
        raise UnreadableTextError(
            f"CockroachDB would not accept line {number} (a line is `issuer subject user`)"
        )
    return RawLine(line, MapLine(*fields) if fields else None)


def _bytes(line: str) -> int:
    return len(line.encode("utf-8", "surrogatepass"))


def split_fields(text: str) -> list[str]:
    """Split a text at white space, as Go's strings.Fields does."""
    return [part for part in _BLANKS.split(text) if part]


def map_line(issuer: str, subject: str, user: str) -> MapLine:
    """Return the line that lets `subject` of `issuer` log in as `user`.

    Args:
        issuer: An `iss` that passed `crdb_sso.tokens.issuers.Issuer`.
        subject: The exact principal, or `/` and an anchored RE2 regular expression: `/^...$`.
        user: A SQL user name that passed `crdb_sso.crdb.user_names.check_login_name`.

    Raises:
        InvalidMapLine: A line can't carry the subject, or would match others too.
    """
    check_subject(subject)
    line = MapLine(issuer, subject, user)
    if _bytes(line.text) > LONGEST_LINE:
        raise InvalidMapLine(
            f"the identity map line of {user} is too long: {_bytes(line.text)} bytes",
            hint=f"Issuer, subject and user together must fit into {LONGEST_LINE} bytes.",
        )
    return line


def closed_line(issuer: str) -> MapLine:
    """Return the sentinel: with it, `issuer` has a map, and nobody is in it.

    An issuer without any line lets in everyone whose raw subject is a user name.
    """
    return MapLine(issuer, CLOSED_PATTERN, CLOSED_USER)


def check_subject(subject: str) -> None:
    """Check that an identity map can carry a subject, and lets in nobody by accident.

    Raises:
        InvalidMapLine: It is empty, has white space, `#` or what no text of the cluster can hold,
            or is a regular expression that CockroachDB would not take, or that is not anchored at
            both ends for every alternative.
    """
    if not subject:
        raise InvalidMapLine(
            "the subject is empty", hint="Copy `sub` from a token of the workload."
        )
    if "\0" in subject or not _is_unicode(subject):
        raise InvalidMapLine(
            f"the subject {_shown(subject)} has a NUL or half a surrogate pair: no text of a"
            " cluster can hold it",
            hint="Copy `sub` from a token of the workload.",
        )
    if subject.startswith("/"):
        _check_pattern(subject)
    elif split_fields(subject) != [subject] or "#" in subject:
        raise InvalidMapLine(
            f"the subject {_shown(subject)} has white space or `#`: a line of the identity map"
            " can't carry it",
            hint="Give the anchored regular expression instead:"
            f" {cut(anchored_pattern(subject), _LONGEST_SHOWN)}",
        )


def _check_pattern(subject: str) -> None:
    if split_fields(subject) != [subject] or "#" in subject:
        raise InvalidMapLine(
            f"the regular expression {_shown(subject)} has white space or `#`",
            hint=r"Write \x20 for a blank and \x23 for `#`.",
        )
    try:
        is_whole = anchoring(subject[1:]).is_whole
    except UnusablePatternError as exc:
        raise InvalidMapLine(
            f"CockroachDB would not take the regular expression {_shown(subject)}: {exc}",
            hint="Write it in the syntax of RE2 (https://github.com/google/re2/wiki/Syntax): no"
            " look-ahead, no back-references, at most 1000 repetitions; \\[ for a bracket in a"
            " class.",
        ) from None
    if not is_whole:
        raise InvalidMapLine(
            f"the regular expression {_shown(subject)} is not anchored: it lets in every subject"
            " that merely contains a match",
            hint=_anchored_hint(subject),
        )


def _anchored_hint(subject: str) -> str:
    pattern = subject[1:]
    literal = f"a literal subject that begins with / is {anchored_pattern(subject)}"
    if len(pattern) > 1 and pattern.endswith("/") and (offer := _anchored(pattern[:-1])):
        hint = f"The / at the end is a part of the expression. Leave it out: /{offer}"
    else:
        offer = _anchored(pattern)
        example = f", e.g. /{offer}" if offer else ""
        hint = (
            "Begin it with /^ and end it with $, outside of \\Q...\\E and (?m), and put"
            f" alternatives into a group{example}"
        )
    return f"{cut(hint, 2 * _LONGEST_SHOWN)} ; {cut(literal, _LONGEST_SHOWN)}"


def _anchored(pattern: str) -> str:
    """Return an expression for the whole subjects that `pattern` matches, "" if that is not easy.

    Only an anchor at either end of the pattern may be lacking or misplaced: with another one inside
    the expression could match nobody.
    """
    flag = ANY_CASE if pattern.startswith(ANY_CASE) else ""
    core = pattern.removeprefix(flag).removeprefix("^")
    for inner in filter(None, (core.removesuffix("$"), core)):
        for offer in (f"{flag}^{inner}$", f"{flag}^(?:{inner})$"):
            if _is_anchored(offer) and not _has_anchor(inner):
                return offer
    return pattern if _is_anchored(pattern) else ""


def _is_anchored(pattern: str) -> bool:
    try:
        return anchoring(pattern).is_whole
    except UnusablePatternError:
        return False


def _has_anchor(pattern: str) -> bool:
    try:
        return anchoring(pattern).has_anchor
    except UnusablePatternError:
        return True


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(text: str) -> str:
    return shown(text, _LONGEST_SHOWN)


def anchored_pattern(subject: str) -> str:
    r"""Return a regular expression that matches one subject and no other.

    `my app` becomes `/^my\x20app$`.
    """
    plain = re.compile(r"[A-Za-z0-9_:-]")
    return "/^" + "".join(c if plain.match(c) else _escaped(c) for c in subject) + "$"


def _escaped(char: str) -> str:
    if char.isascii() and char.isprintable() and char not in " #":
        return "\\" + char
    return f"\\x{{{ord(char):x}}}" if ord(char) > 0xFF else f"\\x{ord(char):02x}"  # noqa: PLR2004 - two hex digits
