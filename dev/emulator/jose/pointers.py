"""JSON Pointers (RFC 6901) into the claims of a token, as CockroachDB follows them.

Source: pkg/security/jwtauth/authentication_jwt.go. Stricter than the RFC in one point: a step into
`aud` fails, since the library keeps it as a list of another type.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dev.emulator.go.errors import GoError
from dev.emulator.go.json import Object
from dev.emulator.go.text import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dev.emulator.jose.claims import ClaimValue

_NUMBER = re.compile(r"[0-9]{1,19}")
_BITS = 63


class Absent(Exception):
    """A pointer names a member that is not there."""


def is_pointer(claim: str) -> bool:
    """Tell whether the name of a claim is a pointer."""
    return claim.startswith("/")


def pointed_at(values: Mapping[str, ClaimValue], pointer: str) -> ClaimValue:
    """Return what a pointer leads to.

    Args:
        values: The claims of a token, by name.
        pointer: Begins with a slash; `~1` in it stands for a slash, `~0` for a tilde.

    Raises:
        Absent: An object on the way lacks the member.
        GoError: A list on the way has no such place, or what should be entered is neither an
            object nor a list.
    """
    first, *others = [_unescaped(segment) for segment in pointer[1:].split("/")]
    if first not in values:
        raise Absent
    value = values[first]
    if first == "aud" and others:
        raise _no_way_in(others[0])
    for segment in others:
        value = _entered(value, segment)
    return value


def _unescaped(segment: str) -> str:
    return segment.replace("~1", "/").replace("~0", "~")


def _entered(value: ClaimValue, segment: str) -> ClaimValue:
    if isinstance(value, Object):
        members = dict(value.pairs)
        if segment not in members:
            raise Absent
        return members[segment]
    if isinstance(value, list):
        return value[_index(segment, len(value))]
    raise _no_way_in(segment)


def _index(segment: str, length: int) -> int:
    """Read the place in a list: a plain number, without a sign and without zeros in front."""
    index = int(segment) if _NUMBER.fullmatch(segment) else -1
    has_zero_in_front = len(segment) > 1 and segment.startswith("0")
    if not 0 <= index < 2**_BITS or has_zero_in_front:
        raise GoError(f"JSON pointer: invalid array index {quoted(segment)}")
    if index >= length:
        raise GoError(f"JSON pointer: array index {index} out of bounds (len {length})")
    return index


def _no_way_in(segment: str) -> GoError:
    where = f"value at {quoted(segment)}"
    return GoError(f"JSON pointer: {where} is neither an object nor an array")
