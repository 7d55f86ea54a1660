"""What an issuer says about the bearer of a token: two requests over HTTPS."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dev.emulator.go.errors import GoError
from dev.emulator.go.json import Object, as_string, names_field, whole_value
from dev.emulator.issuer_client.key_fetching import discovery_url
from dev.emulator.issuer_client.web import KeysNotFetched, Request, fetched_text

if TYPE_CHECKING:
    from dev.emulator.go.json import Json
    from dev.emulator.issuer_client.web import FetchSettings


async def userinfo(issuer: str, token: str, web: FetchSettings) -> Object | None:
    """Return what the userinfo endpoint of an issuer says about the bearer of a token.

    Args:
        issuer: An `iss`; its discovery document names the endpoint.
        token: Sent as the bearer token.
        web: How issuers are reached.

    Returns:
        The answer; None if the issuer names no such endpoint.

    Raises:
        GoError: There is no answer, or it is not as it should be.
    """
    try:
        document = await fetched_text(Request(discovery_url(issuer)), web, os.environ)
        endpoint = _endpoint(document)
    except (KeysNotFetched, GoError) as exc:
        raise GoError("JWT authorization: user-info discovery failed") from exc
    if not endpoint:
        return None
    try:
        request = Request(endpoint, {"Authorization": f"Bearer {token}"})
        text = await fetched_text(request, web, os.environ)
    except KeysNotFetched as exc:
        raise GoError("JWT authorization: user-info request failed") from exc
    try:
        return _object(whole_value(text))
    except GoError as exc:
        raise GoError("JWT authorization: invalid user-info response") from exc


def _endpoint(document: str) -> str:
    """Return the endpoint that a discovery document names; empty if none."""
    endpoint = ""
    for name, value in _object(whole_value(document)).pairs:
        if names_field(name, "userinfo_endpoint"):
            endpoint = as_string(value)
    return endpoint


def _object(value: Json) -> Object:
    if value is None:
        return Object(())
    if not isinstance(value, Object):
        raise GoError("json: not an object")
    return value
