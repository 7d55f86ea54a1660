"""The keys of a source: given as text, or fetched once per run of a program."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from crdb_sso.clients.issuers.published_keys import PublishedKeys, fetch_published_keys
from crdb_sso.crdb import pem
from crdb_sso.desired.not_fetched import not_fetched, why_not_fetched
from crdb_sso.errors import DiscoveryFailed, InvalidInput, InvalidJwks
from crdb_sso.provider import log
from crdb_sso.tokens.jwks import one_key, parse_given, public_text

from ._options import applied, as_run_error
from .config_names import error_text
from .identity import Asked, SourceFacts


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where the keys of an issuer are; None is not given.

    Attributes:
        issuer: The exact `iss`.
        jwks_uri: Absolute https URL of its key set; without it, discovery is used.
        jwks: The keys themselves, JSON text; with it, nothing is fetched.
        ca_file: Path of a PEM file with the private CA of its server.
        is_fixed: Whether the cloud determines where they are, and no argument can change it.
    """

    issuer: pulumi.Input[str]
    jwks_uri: pulumi.Input[str] | None = None
    jwks: pulumi.Input[str] | None = None
    ca_file: pulumi.Input[str] | None = None
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class PinnedKeys:
    """The keys as a program passes them on.

    Attributes:
        keys: JWK text by kid, or the reason why they could not be fetched
            (`crdb_sso.desired.not_fetched`); empty under Pulumi's mocks, where nothing is fetched.
            A function where they are fetched on the first call.
        jwks_uri: Where they are published, None if not given; a function where discovery tells it,
            "" if that could not be fetched.
        is_fixed: Whether the cloud determines where they are; discovery leads there too.
    """

    keys: Asked[Mapping[str, str]]
    jwks_uri: Asked[str] | None
    is_fixed: bool = False


_UNREACHABLE = (
    "Check that this machine can reach it (proxy, firewall); if it can't, give the keys themselves"
    " as `jwks`, the JSON text at this address."
)

_Asked = tuple[str, str | None, str | None]

_FETCHES: WeakKeyDictionary[
    asyncio.AbstractEventLoop, dict[_Asked, asyncio.Task[PublishedKeys]]
] = WeakKeyDictionary()
"""Fetches by their arguments; each program has its own event loop, and they end with it."""


def pinned_keys(component: pulumi.ComponentResource, label: str, place: KeyPlace) -> PinnedKeys:
    """Return the keys of an issuer: given, else fetched from `jwks_uri`, else by discovery.

    They are fetched when they are needed. Nothing is fetched while the issuer is not known yet, or
    under Pulumi's mocks. An issuer that does not answer does not end the program.

    Args:
        component: Whose keys they are; warnings appear beside it.
        label: Names the component in errors, e.g. "OidcIssuer 'idp'".
        place: Where they are.
    """
    if place.jwks is not None:
        given = applied(label, _given, place.jwks)
        return PinnedKeys(given, place.jwks_uri, place.is_fixed)
    if isinstance(get_monitor(), MockMonitor):
        return PinnedKeys({}, place.jwks_uri, place.is_fixed)

    @cache
    def found() -> pulumi.Output[PublishedKeys | str]:
        rule = partial(_published, component, label, place)
        return applied(label, rule, place.issuer, place.jwks_uri, place.ca_file)

    @cache
    def keys() -> pulumi.Output[Mapping[str, str]]:
        return found().apply(_text_by_kid)

    @cache
    def discovered() -> pulumi.Output[str]:
        return found().apply(_jwks_uri)

    uri = discovered if place.jwks_uri is None else place.jwks_uri
    return PinnedKeys(keys, uri, place.is_fixed)


def source_facts(
    name: str,
    issuer: pulumi.Input[str],
    audience: pulumi.Input[str],
    pinned: PinnedKeys,
    *,
    close_passthrough: bool | None,
    ca_file: pulumi.Input[str] | None = None,
) -> SourceFacts:
    """Return what all principals of one source share, without what is not given."""
    facts: SourceFacts = {
        "issuer": issuer,
        "audience": audience,
        "keys": pinned.keys,
        "source": name,
    }
    if pinned.jwks_uri is not None:
        facts["jwks_uri"] = pinned.jwks_uri
    if pinned.is_fixed:
        facts["has_discovery"] = True
    if ca_file is not None:
        facts["ca_file"] = ca_file
    if close_passthrough:
        facts["close_passthrough"] = True
    return facts


def ca_text(path: str) -> str:
    """Return the certificates in a PEM file, without a private key that stands beside them.

    Raises:
        InvalidInput: The file can't be read, or holds no certificate or a broken one.
    """
    try:
        text = Path(path).read_text()
    except (OSError, ValueError) as error:  # not UTF-8; a path that no file can have
        raise InvalidInput(
            f"the file of the private CA can't be read: {error}",
            hint="Give the path of a PEM file as `ca_file`.",
        ) from error
    try:
        pem.check_certificates(text)
    except InvalidInput as error:
        raise InvalidInput(f"ca_file {path!r}: {error.what}", hint=error.hint) from error
    return pem.without_keys(text)


def joined_keys(
    different: list[pulumi.Input[Mapping[str, str]]], label: str
) -> pulumi.Input[Mapping[str, str]]:
    """Return the keys of all components that share one source, in canonical text.

    Args:
        different: Keys by kid, each once.
        label: Names source and component in errors.
    """
    plain = [keys for keys in different if isinstance(keys, Mapping)]
    if len(plain) == len(different):
        with as_run_error(label):
            return _merged(*plain)
    return applied(label, _merged, *different)


def keys_or_error(keys: Mapping[str, str]) -> Mapping[str, str]:
    """Return keys that were fetched.

    Raises:
        pulumi.RunError: They could not be fetched.
    """
    reason = why_not_fetched(keys)
    if reason is not None:
        raise pulumi.RunError(reason)
    return keys


async def _published(
    component: pulumi.ComponentResource,
    label: str,
    place: KeyPlace,
    *asked: str | None,
) -> PublishedKeys | str:
    """Return what an issuer publishes, or why it did not say so.

    Args:
        component: Whose keys they are.
        label: Names it in errors.
        place: Where they are.
        asked: Issuer, `jwks_uri` and `ca_file`.
    """
    issuer, jwks_uri, ca_file = asked
    try:
        return await _fetched_once(component, (issuer or "", jwks_uri, ca_file))
    except DiscoveryFailed as error:
        hint = _UNREACHABLE if place.is_fixed else error.hint
        reason = error_text(label, DiscoveryFailed(error.what, hint=hint))
    except InvalidJwks as error:
        reason = error_text(label, error)
    return log.without_secrets(reason)


async def _fetched_once(component: pulumi.ComponentResource, where: _Asked) -> PublishedKeys:
    """Fetch keys unless a component of this program already does; then wait for that fetch."""
    fetches = _FETCHES.setdefault(asyncio.get_running_loop(), {})
    if where not in fetches:
        fetches[where] = asyncio.create_task(_fetched(component, where))
    return await asyncio.shield(fetches[where])


async def _fetched(component: pulumi.ComponentResource, where: _Asked) -> PublishedKeys:
    published = await asyncio.to_thread(fetch_published_keys, *where)
    for warning in published.warnings:
        text = log.without_secrets(f"{published.jwks_uri}: {warning}")
        pulumi.log.warn(text, component)
    return published


def _given(jwks: str) -> Mapping[str, str]:
    return parse_given(jwks).text_by_kid()


def _text_by_kid(found: PublishedKeys | str) -> Mapping[str, str]:
    return not_fetched(found) if isinstance(found, str) else found.keys.text_by_kid()


def _jwks_uri(found: PublishedKeys | str) -> str:
    return "" if isinstance(found, str) else found.jwks_uri


def _merged(*sets: Mapping[str, str]) -> Mapping[str, str]:
    """Return the keys of several components that share one source."""
    merged: dict[str, str] = {}
    for kid, given in (pair for one in sets for pair in one.items()):
        if why_not_fetched({kid: given}) is not None:
            merged[kid] = given
            continue
        text = public_text(kid, given)
        joined = one_key(merged.setdefault(kid, text), text)
        if joined is None:
            raise InvalidInput(
                f"the kid {kid!r} stands for two different keys",
                hint="Give the two components different names, and have one issuer publish its"
                " key under another kid.",
            )
        merged[kid] = joined
    return merged
