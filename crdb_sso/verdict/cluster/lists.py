"""The lists of issuers and audiences, as CockroachDB reads their settings.

A text that is not JSON as a whole is one literal value: commas split nothing. The empty text is the
empty string, which is the issuer of a token without `iss`.
"""

from crdb_sso.verdict.jose.go_json import GoObject, NotGoJsonError, decode_first, decode_whole

_MAP_MEMBER = "issuer_jwks_map"


def audiences(text: str) -> tuple[str, ...]:
    """Return the audiences that a setting lists."""
    try:
        listed = _texts(decode_whole(text))
    except NotGoJsonError:
        listed = None
    return (text,) if listed is None else listed


def issuers(text: str, *, reads_map: bool) -> tuple[str, ...]:
    """Return the issuers that a setting lists.

    Args:
        text: The setting.
        reads_map: Whether this version reads a map of issuers, and with it only the first JSON
            value of the text. A text that is a map was stored by a version that does.
    """
    try:
        first = decode_first(text) if reads_map else decode_whole(text)
    except NotGoJsonError:
        return (text,)
    listed = _mapped(first)
    if listed is None:
        listed = _texts(first)
    return (text,) if listed is None else listed


def key_address(text: str, issuer: str) -> str:
    """Return where a map of issuers says that an issuer's keys are, "" if it does not say."""
    try:
        first = decode_first(text)
    except NotGoJsonError:
        return ""
    maps = first.values() if isinstance(first, GoObject) else ()
    found = [one[issuer] for one in maps if isinstance(one, GoObject) and issuer in one]
    return next((uri for uri in found if isinstance(uri, str)), "")


def _texts(value: object) -> tuple[str, ...] | None:
    """Return the texts of a list, None if it is not a list of texts; null stands for nothing."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str | None) for one in value):
        return None
    return tuple(one or "" for one in value)


def _mapped(value: object) -> tuple[str, ...] | None:
    """Return the issuers of a map to the addresses of their keys, None if it is not one."""
    if not isinstance(value, GoObject):
        return () if value is None else None
    found: dict[str, None] = {}
    for name, uris in value.pairs:
        if name.casefold() != _MAP_MEMBER or not isinstance(uris, GoObject | None):
            return None
        if uris is None:
            found.clear()
            continue
        if not all(isinstance(uri, str | None) for uri in uris.values()):
            return None
        found |= dict.fromkeys(uris)
    return tuple(found)
