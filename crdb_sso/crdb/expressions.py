"""Regular expressions of an identity map that somebody wrote, compiled by RE2; nothing raises.

Go, by which the cluster compiles them, takes larger ones than RE2 does by default. So there is
room for more here; what is still too large is known to be so, and not taken for a wrong one.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any  # any: what google-re2 makes, which ships no types

import re2

MOST_MEMORY = 1 << 25
"""Bytes that RE2 may use for one expression."""

_USUAL_MEMORY = 1 << 23
_TOO_LARGE = "pattern too large"
_HALF_A_PAIR = "it has half a surrogate pair"


@dataclass(frozen=True, slots=True)
class Expression:
    """What RE2 makes of an expression.

    Attributes:
        compiled: The expression, None if RE2 does not take it.
        reason: Why it does not, in RE2's words.
    """

    compiled: Any = None  # any: google-re2 ships no types
    reason: str = ""

    @property
    def is_too_large(self) -> bool:
        """Whether it is too large: the cluster may accept it, but we can't tell whom it lets in."""
        return self.reason.startswith(_TOO_LARGE)

    @property
    def may_be_taken(self) -> bool:
        """Whether the cluster may take it."""
        return self.compiled is not None or self.is_too_large

    @property
    def size(self) -> int:
        """How many instructions it has; those of one that is too large are not known."""
        return int(self.compiled.programsize) if self.compiled else 0

    def search(self, text: str) -> Any:  # noqa: ANN401 # any: google-re2 ships no types
        """Return the first match in a text, None if there is none."""
        if self.compiled is None:
            return None
        try:
            return self.compiled.search(text)
        except UnicodeEncodeError:  # no token that the cluster takes has half a surrogate pair
            return None


def expression(pattern: str) -> Expression:
    """Return what RE2 makes of an expression; it is remembered for a while."""
    usual = _usual(pattern)
    return _large(pattern) if usual.is_too_large else usual


def expression_once(pattern: str) -> Expression:
    """Return what RE2 makes of an expression, for callers that look at many, one after another."""
    usual = _compiled(pattern, _USUAL_MEMORY)
    return _compiled(pattern, MOST_MEMORY) if usual.is_too_large else usual


@lru_cache(maxsize=128)
def _usual(pattern: str) -> Expression:
    return _compiled(pattern, _USUAL_MEMORY)


@lru_cache(maxsize=4)
def _large(pattern: str) -> Expression:
    return _compiled(pattern, MOST_MEMORY)


def _compiled(pattern: str, memory: int) -> Expression:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = memory
    try:
        found = re2.compile(pattern, options)
    except UnicodeEncodeError:
        return Expression(reason=_HALF_A_PAIR)
    except re2.error as exc:
        said = exc.args[0] if exc.args else ""
        text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        return Expression(reason=text or "RE2 does not take it")
    if memory > _USUAL_MEMORY:
        re2.purge()  # what it remembers by itself: many large ones would fill the memory
    return Expression(found)
