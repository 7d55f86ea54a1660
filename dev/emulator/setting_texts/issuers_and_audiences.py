"""The settings that hold one value, a list, or a map: audiences and issuers.

Source: CockroachDB pkg/ccl/jwtauthccl/settings.go. A text that is not JSON as a whole is one
literal value; a text that is JSON must be a list of strings (for issuers, from 24.2.1 on, it may
also be the issuer map).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dev.emulator.go.errors import GoError
from dev.emulator.go.json import (
    Object,
    as_string,
    as_strings,
    first_value,
    mismatch,
    names_field,
    whole_value,
)
from dev.emulator.go.text import quoted
from dev.emulator.sqlerror import SqlError

if TYPE_CHECKING:
    from dev.emulator.go.json import Json

_MAP_FIELD = "issuer_jwks_map"
_MAP_STRUCT = "jwtauthccl.issuerJWKSMap"
_MAP_MEMBER = f"Go struct field issuerJWKSMap.{_MAP_FIELD} of type"


def validate_audience(text: str) -> None:
    """Check a value for `server.jwt_authentication.audience`.

    Raises:
        SqlError: The text is JSON, but not a list of strings.
    """
    _check_list(text, "JWT authentication audiences JSON not valid")


def validate_issuer_list(text: str) -> None:
    """Check a value for `server.jwt_authentication.issuers`, before it could be a map.

    Raises:
        SqlError: The text is JSON, but not a list of strings.
    """
    _check_list(text, "JWT authentication issuers JSON not valid")


def validate_issuers(text: str) -> None:
    """Check a value for `server.jwt_authentication.issuers.configuration`.

    Raises:
        SqlError: The text is JSON, but neither a list of strings nor the issuer map; the message
            carries both complaints.
    """
    if not _is_json(text):
        return
    value = whole_value(text)
    try:
        as_strings(value)
    except GoError as not_a_list:
        try:
            _issuer_map(value)
        except GoError as not_a_map:
            raise SqlError(
                f"JWT authentication: issuers JSON not valid: {not_a_list}\n{not_a_map}"
            ) from not_a_map


def audience_list(text: str) -> list[str]:
    """Return the audiences a stored value accepts; the empty text accepts the empty audience.

    Issuers were read the same way before they could be a map.
    """
    try:
        return as_strings(whole_value(text))
    except GoError:
        return [text]


def issuer_list(text: str) -> list[str]:
    """Return the issuers a stored value accepts.

    Only the first JSON value of the text is read, although the check of a new value looks at the
    whole text: `["a"]x` is stored as a literal and then means `a`.
    """
    try:
        value, _ = first_value(text)
    except GoError:
        return [text]
    with suppress(GoError):
        return list(_issuer_map(value))
    with suppress(GoError):
        return as_strings(value)
    return [text]


def issuer_uris(text: str) -> dict[str, str]:
    """Return the key URLs a stored value gives, by issuer; empty if it is not an issuer map."""
    try:
        value, _ = first_value(text)
        return _issuer_map(value)
    except GoError:
        return {}


def _check_list(text: str, complaint: str) -> None:
    if not _is_json(text):
        return
    try:
        as_strings(whole_value(text))
    except GoError as exc:
        raise SqlError(f"{complaint}: {exc}") from exc


def _is_json(text: str) -> bool:
    try:
        whole_value(text)
    except GoError:
        return False
    return True


def _issuer_map(value: Json) -> dict[str, str]:
    """Decode the issuer map: issuer to key URL; unknown members are refused, null is empty."""
    if value is None:
        return {}
    if not isinstance(value, Object):
        raise mismatch(value, f"Go value of type {_MAP_STRUCT}")
    uris: dict[str, str] = {}
    for name, member in value.pairs:
        if not names_field(name, _MAP_FIELD):
            raise GoError(f"json: unknown field {quoted(name)}")
        if member is None:
            uris = {}
        elif isinstance(member, Object):
            uris |= {
                issuer: as_string(uri, f"{_MAP_MEMBER} string") for issuer, uri in member.pairs
            }
        else:
            raise mismatch(member, f"{_MAP_MEMBER} map[string]string")
    return uris
