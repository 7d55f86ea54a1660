r"""Which users a line can make of its principals whose user has `\1` in it.

Only the group itself is looked at, not what stands around it. Where that is not enough to tell, the
answer is yes: whoever asks who can log in must not miss anybody.
"""

import re

from crdb_sso.crdb.expressions import expression
from crdb_sso.crdb.identity_map import MapLine

GROUP = r"\1"
"""What stands for the text of the first group in the user of a line."""

_PART = re.compile(r"\\Q.*?(?:\\E|\Z)|\\.|\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\\\]])*\]|.", re.DOTALL)
"""A quotation, an escape, a class, or a character."""

_OPENS = re.compile(r"\((?!\?)|\(\?P?<")
_UNCLEAR = re.compile(r"\^|\\[^dws.@+_-]")
"""What may match a text only for its case, its accents, or its place."""


def is_usable(subject: str) -> bool:
    """Tell whether the cluster would take the regular expression of a subject, or may do so."""
    return expression(subject[1:]).may_be_taken


def has_group(line: MapLine) -> bool:
    r"""Tell whether the user of a line depends on the principal: `\1`, and a group to fill it."""
    if not line.subject.startswith("/") or GROUP not in line.user:
        return False
    found = expression(line.subject[1:])
    if found.is_too_large:
        return first_group(line.subject[1:]) is not None
    return found.compiled is not None and found.compiled.groups > 0


def may_make(line: MapLine, user: str) -> bool:
    r"""Tell whether a line may make a user of some principal of its issuer.

    Args:
        line: One whose user has `\1` in it, see `has_group`.
        user: As stored.
    """
    group = first_group(line.subject[1:])
    if group is None or not (user.isascii() and line.user.isascii() and group.isascii()):
        return True
    before, _, after = line.user.lower().partition(GROUP)
    if not (user.startswith(before) and user.endswith(after)):
        return False
    middle = user[len(before) : len(user) - len(after)]
    if len(before) + len(after) > len(user):
        return False
    if not middle or _UNCLEAR.search(group):  # a group that took no part is empty
        return True
    whole = expression(f"(?is)^(?:{group})$")
    return whole.compiled is None or whole.search(middle) is not None


def first_group(pattern: str) -> str | None:
    """Return what is between the parentheses of the first group that captures.

    Args:
        pattern: A regular expression that RE2 takes.

    Returns:
        The text; None if it can't be told.
    """
    begun, depth = -1, 0
    for part in _PART.finditer(pattern):
        if part[0] == "(":
            opens = _OPENS.match(pattern, part.start())
            if begun < 0 and opens:
                begun, depth = part.end(), 0
                if opens[0] != "(":
                    begun = pattern.index(">", begun) + 1
            depth += 1
        elif part[0] == ")":
            depth -= 1
            if begun >= 0 and depth == 0:
                return pattern[begun : part.start()]
    return None
