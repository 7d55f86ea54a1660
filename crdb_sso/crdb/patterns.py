r"""Regular expressions of identity maps: whether CockroachDB takes one, and where it is anchored.

The cluster compiles them with Go's regexp package, whose syntax is that of RE2. So RE2 itself says
what is valid, and a reader of our own, written for that syntax (not Python's), finds the anchors.
What the two engines read differently, or what the reader does not know, is refused.

The reader keeps no tree: of each part it needs to know only whether every match of it begins where
the text begins, ends where the text ends, or is empty.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from crdb_sso.crdb.expressions import expression
from crdb_sso.printing import cut, printable, shown

ANY_CASE = "(?i)"
"""What CockroachDB writes in front of each expression from 26.1 on."""


class UnusablePatternError(Exception):
    """CockroachDB would not take this regular expression, or nobody can tell what it matches."""


@dataclass(frozen=True, slots=True)
class Anchoring:
    """What is known of every match of an expression, or of a part of one.

    Attributes:
        starts: Whether it begins where the text begins.
        ends: Whether it ends where the text ends.
        is_empty: Whether it is empty.
        has_anchor: Whether the beginning or end of the text or of a line occurs in the expression.
    """

    starts: bool = False
    ends: bool = False
    is_empty: bool = False
    has_anchor: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether a match is always the whole text."""
        return self.starts and self.ends

    def then(self, other: "Anchoring") -> "Anchoring":
        """Return what is known of this part followed by another."""
        return Anchoring(
            starts=self.starts or (self.is_empty and other.starts),
            ends=other.ends or (other.is_empty and self.ends),
            is_empty=self.is_empty and other.is_empty,
            has_anchor=self.has_anchor or other.has_anchor,
        )

    def otherwise(self, other: "Anchoring") -> "Anchoring":
        """Return what is known if either of two parts may match."""
        return Anchoring(
            starts=self.starts and other.starts,
            ends=self.ends and other.ends,
            is_empty=self.is_empty and other.is_empty,
            has_anchor=self.has_anchor or other.has_anchor,
        )

    def repeated(self, *, may_be_skipped: bool) -> "Anchoring":
        """Return what is known of repetitions of this part."""
        return Anchoring(
            starts=self.starts and not may_be_skipped,
            ends=self.ends and not may_be_skipped,
            is_empty=self.is_empty,
            has_anchor=self.has_anchor,
        )


_NOTHING = Anchoring(is_empty=True)
_TEXT = Anchoring()
_BEGIN = Anchoring(starts=True, is_empty=True, has_anchor=True)
_END = Anchoring(ends=True, is_empty=True, has_anchor=True)
_LINE = Anchoring(is_empty=True, has_anchor=True)
_ASSERTIONS = {r"\A": _BEGIN, r"\z": _END, r"\b": _NOTHING, r"\B": _NOTHING}

# What every version of Go knows; other scripts depend on its version of Unicode.
_CATEGORY = "C[cfos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?"
_SCRIPT = "Arabic|Cyrillic|Greek|Han|Hangul|Hebrew|Hiragana|Katakana|Latin|Thai"
_SET_ESCAPE = rf"\\(?:[dDsSwW]|[pP](?:[CLMNPSZ]|\{{(?:{_CATEGORY}|{_SCRIPT})\}}))"
_CHAR_ESCAPE = (
    r"\\(?:[aftnrv]|x[0-9A-Fa-f]{2}|x\{[0-9A-Fa-f]+\}|0[0-7]{0,2}|[1-7][0-7]{1,2}|[!-/:-@\[-`{-~])"
)
_NUMBER = "(?:0|[1-9][0-9]*)"  # with a leading zero it is text

_TOKEN = re.compile(
    rf"""
      (?P<quote>   \\Q .*? (?: \\E | \Z ) )
    | (?P<assert>  \\ [AzbB] )
    | (?P<escape>  {_SET_ESCAPE} | {_CHAR_ESCAPE} )
    | (?P<flags>   \(\? [imsU]* (?: - [imsU]+ )? [:)] )
    | (?P<open>    \( (?: \?P<[A-Za-z0-9_]+> | (?!\?) ) )
    | (?P<close>   \) )
    | (?P<bar>     \| )
    | (?P<repeat>  (?: [*+?] | \{{ {_NUMBER} (?: , {_NUMBER}? )? \}} ) \?? )
    | (?P<begin>   \^ )
    | (?P<end>     \$ )
    | (?P<text>    [^\\(\[] )
    """,
    re.VERBOSE | re.DOTALL,
)
_CLASS_ITEM = re.compile(
    rf"""
    (?: \[: \^? [a-z]+ :\]
    | {_SET_ESCAPE}
    | (?: {_CHAR_ESCAPE} | [^\\\[] | \[ (?!:) ) (?: - (?: {_CHAR_ESCAPE} | [^\\\[\]] ) )?
    ) (?! -\[ )
    """,
    re.VERBOSE | re.DOTALL,
)

_DEEPEST = 200
"""Groups within groups; Go refuses an expression whose tree is deeper than 1000 nodes."""

_LONGEST_REASON = 200


@lru_cache(maxsize=1024)
def anchoring(pattern: str) -> Anchoring:
    """Return what is known of every match of a regular expression.

    Args:
        pattern: What follows the `/` of a subject.

    Raises:
        UnusablePatternError: CockroachDB would not take it, or it can't be judged.
    """
    for asked in (pattern, ANY_CASE + pattern):
        found = expression(asked)
        if found.compiled is None:
            raise UnusablePatternError(printable(cut(found.reason, _LONGEST_REASON)))
    return _Reader(pattern).read()


def _unjudged(part: str) -> UnusablePatternError:
    return UnusablePatternError(f"it can't be judged at {shown(part, 20)}")


@dataclass(slots=True)
class _Group:
    """An open group.

    Attributes:
        outer_lines: Whether `^` and `$` mean lines outside of it.
        others: What is known of its alternatives up to the last `|`; None before the first one.
        before: What is known of this alternative without its last part.
        last: Its last part, which a repetition repeats.
    """

    outer_lines: bool
    others: Anchoring | None = None
    before: Anchoring = _NOTHING
    last: Anchoring = _NOTHING

    @property
    def whole(self) -> Anchoring:
        """What is known of the group so far."""
        own = self.before.then(self.last)
        return own if self.others is None else self.others.otherwise(own)


class _Reader:
    """Reads an expression that RE2 has accepted, from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._groups = [_Group(outer_lines=False)]  # the first is the expression itself
        self._lines = False  # whether `^` and `$` mean lines here: (?m)
        self._may_repeat = False

    def read(self) -> Anchoring:
        """Return what is known of every match of the whole expression."""
        at = 0
        while at < len(self._pattern):
            if self._pattern[at] == "[":
                at = self._class_end(at)
                self._add(_TEXT)
                continue
            token = _TOKEN.match(self._pattern, at)
            if token is None or token.lastgroup is None:
                raise _unjudged(self._pattern[at:])
            self._take(token.lastgroup, token[0])
            at = token.end()
        if len(self._groups) > 1:
            raise _unjudged("(")
        return self._groups[0].whole

    def _class_end(self, start: int) -> int:
        """Return where a class ends; a `]` right at its beginning does not end it."""
        at = start + (2 if self._pattern.startswith("[^", start) else 1)
        while True:
            item = _CLASS_ITEM.match(self._pattern, at)
            if item is None:
                raise _unjudged(self._pattern[at:])
            at = item.end()
            if self._pattern.startswith("]", at):
                return at + 1

    def _take(self, kind: str, text: str) -> None:
        if kind == "quote":
            self._quote(text)
        elif kind == "flags":
            self._flags(text)
        elif kind == "open":
            self._open()
        elif kind == "close":
            self._close()
        elif kind == "bar":
            group = self._groups[-1]
            group.others, group.before, group.last = group.whole, _NOTHING, _NOTHING
            self._may_repeat = False
        elif kind == "repeat":
            self._repeat(text)
        elif kind == "assert":
            self._add(_ASSERTIONS[text])
        elif kind in ("begin", "end"):
            at_text = _BEGIN if kind == "begin" else _END
            self._add(_LINE if self._lines else at_text)
        else:
            self._add(_TEXT)

    def _add(self, part: Anchoring) -> None:
        group = self._groups[-1]
        group.before, group.last = group.before.then(group.last), part
        self._may_repeat = True

    def _quote(self, text: str) -> None:
        if text.removeprefix(r"\Q").removesuffix(r"\E"):
            self._add(_TEXT)
        else:
            self._may_repeat = False

    def _flags(self, text: str) -> None:
        """Read `(?flags)`, which counts up to the end of the group, or `(?flags:`."""
        on, _, off = text[2:-1].partition("-")
        if text.endswith(":"):
            self._open()
        self._lines = (self._lines or "m" in on) and "m" not in off
        self._may_repeat = False

    def _open(self) -> None:
        if len(self._groups) > _DEEPEST:
            raise UnusablePatternError(f"groups are nested more than {_DEEPEST} deep")
        self._groups.append(_Group(outer_lines=self._lines))
        self._may_repeat = False

    def _close(self) -> None:
        if len(self._groups) == 1:
            raise _unjudged(")")
        group = self._groups.pop()
        self._lines = group.outer_lines
        self._add(group.whole)

    def _repeat(self, text: str) -> None:
        if not self._may_repeat:
            raise _unjudged(text)
        group = self._groups[-1]
        group.last = group.last.repeated(may_be_skipped=text.startswith(("*", "?", "{0")))
        self._may_repeat = False
