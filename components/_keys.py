"""The keys of a source: given as text, or fetched once per run of a program."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from crdb_sso.clients.published_keys import PublishedKeys, fetch_published_keys
from crdb_sso.desired.not_fetched import not_fetched, why_not_fetched
from crdb_sso.errors import DiscoveryFailed, InvalidJwks
from crdb_sso.tokens.jwks import parse_given

from ._options import as_run_error
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

    @property
    def asked(self) -> pulumi.Output[Mapping[str, str | None]]:
        """What a fetch takes, once it is known."""
        return pulumi.Output.all(issuer=self.issuer, jwks_uri=self.jwks_uri, ca_file=self.ca_file)


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
        given = pulumi.Output.from_input(place.jwks).apply(partial(_given, label))
        return PinnedKeys(given, place.jwks_uri, place.is_fixed)
    if isinstance(get_monitor(), MockMonitor):
        return PinnedKeys({}, place.jwks_uri, place.is_fixed)

    @cache
    def found() -> pulumi.Output[PublishedKeys | str]:
        return place.asked.apply(partial(_published, component, label, place))

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
    asked: Mapping[str, str | None],
) -> PublishedKeys | str:
    """Return what an issuer publishes, or why it did not say so."""
    where = (asked["issuer"] or "", asked["jwks_uri"], asked["ca_file"])
    with as_run_error(label):
        try:
            return await _fetched_once(component, where)
        except DiscoveryFailed as error:
            hint = _UNREACHABLE if place.is_fixed else error.hint
            return error_text(label, DiscoveryFailed(error.what, hint=hint))
        except InvalidJwks as error:
            return error_text(label, error)


async def _fetched_once(component: pulumi.ComponentResource, where: _Asked) -> PublishedKeys:
    """Fetch keys unless a component of this program already does; then wait for that fetch."""
    fetches = _FETCHES.setdefault(asyncio.get_running_loop(), {})
    if where not in fetches:
        fetches[where] = asyncio.create_task(_fetched(component, where))
    return await asyncio.shield(fetches[where])


async def _fetched(component: pulumi.ComponentResource, where: _Asked) -> PublishedKeys:
    published = await asyncio.to_thread(fetch_published_keys, *where)
    for warning in published.warnings:
        pulumi.log.warn(f"{published.jwks_uri}: {warning}", component)
    return published


def _given(label: str, jwks: str) -> Mapping[str, str]:
    with as_run_error(label):
        return parse_given(jwks).text_by_kid()


def _text_by_kid(found: PublishedKeys | str) -> Mapping[str, str]:
    return not_fetched(found) if isinstance(found, str) else found.keys.text_by_kid()


def _jwks_uri(found: PublishedKeys | str) -> str:
    return "" if isinstance(found, str) else found.jwks_uri
