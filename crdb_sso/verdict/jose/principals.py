"""Who a token says it is: the claim that names the principal, by name or by JSON Pointer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crdb_sso.crdb.claim_names import is_pointer
from crdb_sso.verdict.jose.claims import Token
from crdb_sso.verdict.jose.go_text import sprint

_INDEX = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Principals:
    """What a token says it is.

    Attributes:
        names: As the server reads them.
        is_missing: Whether the token does not have the claim.
        trouble: Why a pointer can't be followed, "" if it can.
    """

    names: tuple[str, ...] = ()
    is_missing: bool = False
    trouble: str = ""


class _StrayPointerError(Exception):
    """A pointer leads into something that has no such parts."""


def principals(token: Token, claim: str, *, reads_pointers: bool) -> Principals:
    """Return who a token says it is.

    Args:
        token: The token, believed or not.
        claim: The setting; "" stands for `sub`.
        reads_pointers: Whether a claim that begins with `/` is a JSON Pointer.
    """
    if claim in ("", "sub"):
        return Principals((token.subject,))
    try:
        if reads_pointers and is_pointer(claim):
            value = _followed(token.claims, claim)
        else:
            value = token.claims[claim]
    except KeyError:
        return Principals(is_missing=True)
    except _StrayPointerError as exc:
        return Principals(trouble=str(exc))
    return Principals(tuple(map(sprint, value)) if isinstance(value, list) else (sprint(value),))


def _followed(claims: Mapping[str, object], pointer: str) -> object:
    """Return the value that a JSON Pointer (RFC 6901) leads to.

    Raises:
        KeyError: An object on the way does not have the member.
        _StrayPointerError: A list does not have the index, or a value has no parts.
    """
    value: object = claims
    if pointer.startswith("/aud/"):  # the library keeps it as a list of another type (inferred)
        raise _StrayPointerError("'aud' has no parts that a pointer can lead into")
    for step in pointer[1:].split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = value[name]
        elif isinstance(value, list):
            if not _INDEX.fullmatch(name) or int(name) >= len(value):
                raise _StrayPointerError(f"a list of {len(value)} has no element {name!r}")
            value = value[int(name)]
        else:
            raise _StrayPointerError(f"{name!r} leads into a value that has no parts")
    return value
