"""Fetching an issuer's keys, as each login does while `jwks_auto_fetch.enabled` is on.

Source: CockroachDB pkg/ccl/jwtauthccl/authentication_jwt.go. Nothing is kept from one login to the
next; what 26.4 keeps is in key_cache.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from dev.emulator.go.errors import GoError
from dev.emulator.go.json import Object, as_string, mismatch, names_field, whole_value
from dev.emulator.issuer_client.web import KeysNotFetched, Request, fetched_text
from dev.emulator.jose.keys import parse_jwks
from dev.emulator.setting_texts.issuers_and_audiences import issuer_uris

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dev.emulator.issuer_client.web import FetchSettings

T = TypeVar("T")

_WELL_KNOWN = "/.well-known/openid-configuration"
_URI_MEMBER = "jwks_uri"
_CONFIGURATION = "jwtauthccl.OIDCConfigResponse"


async def fetch_jwks(settings: FetchSettings, issuer: str, environ: Mapping[str, str]) -> str:
    """Fetch the keys that an issuer publishes.

    Args:
        settings: Where to look, and whom to trust.
        issuer: Who issued the token.
        environ: Says whether there is a proxy.

    Returns:
        The key set, which `parse_jwks` reads.

    Raises:
        KeysNotFetched: No answer in time, or one that is not what was asked for.
    """
    uri = mapped_uri(settings.issuers, issuer)
    if uri is None:
        configuration = await fetched_text(Request(discovery_url(issuer)), settings, environ)
        uri = as_fetched(jwks_uri, configuration)
    keys = await fetched_text(Request(uri), settings, environ)
    as_fetched(parse_jwks, keys)
    return keys


def mapped_uri(issuers: str, issuer: str) -> str | None:
    """Return the key URL that a map of issuers names; None if the setting is not a map.

    Raises:
        KeysNotFetched: It is a map, without this issuer.
    """
    uris = issuer_uris(issuers)
    if not uris:
        return None
    if issuer not in uris:
        raise KeysNotFetched("JWT authentication: no jwks uri set for issuer")
    return uris[issuer]


def discovery_url(issuer: str) -> str:
    """Return the URL at which an issuer describes itself; one slash at its end is dropped."""
    return issuer.removesuffix("/") + _WELL_KNOWN


def jwks_uri(configuration: str) -> str:
    """Return the one member that counts of an issuer's description of itself.

    Raises:
        GoError: The text is not JSON, or the member is not a text, or is missing.
    """
    value = whole_value(configuration)
    if not isinstance(value, (Object, type(None))):
        raise mismatch(value, f"Go value of type {_CONFIGURATION}")
    uri = ""
    for name, member in value.pairs if value else ():
        if names_field(name, _URI_MEMBER) and member is not None:
            uri = as_string(
                member, f"Go struct field OIDCConfigResponse.{_URI_MEMBER} of type string"
            )
    if not uri:
        raise GoError("no JWKS URI found in OpenID configuration")
    return uri


def as_fetched(reader: Callable[[str], T], text: str) -> T:
    """Return what a reader makes of an answer.

    Raises:
        KeysNotFetched: It refuses the answer.
    """
    try:
        return reader(text)
    except GoError as exc:
        raise KeysNotFetched(str(exc)) from exc
