"""What issuers publish, and whether a cluster has it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from crdb_sso.clients.cluster import Names, open_cluster
from crdb_sso.clients.issuers.discovery import fetch_discovery, fetch_jwks
from crdb_sso.crdb.setting_texts import entries
from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.fetched_keys import AUTO_FETCH
from crdb_sso.errors import DiscoveryFailed, InvalidJwks
from crdb_sso.plan.rotation import Rotation, rotation
from crdb_sso.registry.known_owners import check_owner_known
from crdb_sso.tokens.freshness import Freshness, freshness
from crdb_sso.tokens.issuers import Issuer
from crdb_sso.tokens.jwks import KeySet, parse_fetched


@dataclass(frozen=True, slots=True)
class Publisher:
    """An issuer that publishes its keys.

    Attributes:
        issuer: The exact `iss`.
        jwks_uri: Where its keys are; None looks into its discovery document.
        ca_file: Path of a PEM file with the private CA of its server.
    """

    issuer: str
    jwks_uri: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """What an issuer publishes.

    Attributes:
        jwks_uri: Where the keys were found; https.
        keys: The usable ones.
        warnings: One for each key that was left out, and why.
        freshness: For how long the key set says that it is fresh.
    """

    jwks_uri: str
    keys: KeySet
    warnings: tuple[str, ...]
    freshness: Freshness = field(default_factory=Freshness)


@dataclass(frozen=True, slots=True)
class Look:
    """What the issuers of one owner publish, and what that means to a cluster.

    Attributes:
        rotation: How it differs from what the owner has there; nothing where the nodes fetch keys.
        freshness: For how long each issuer's key set says that it is fresh.
        not_reached: Issuers that did not answer this machine, which does not matter to nodes that
            fetch keys, each with the reason.
        is_fetched: Whether the nodes fetch the keys.
    """

    rotation: Rotation
    freshness: Mapping[str, Freshness]
    not_reached: Mapping[str, str]
    is_fetched: bool = False


def fetch_published_keys(issuer: str, jwks_uri: str | None, ca_file: str | None) -> PublishedKeys:
    """Fetch the keys of an issuer; blocks.

    Args:
        issuer: The exact `iss`.
        jwks_uri: Where its keys are; None looks into its discovery document.
        ca_file: Path of a PEM file with a private CA, or None.

    Raises:
        InvalidIssuer: It is not a valid `iss`, or not an https URL.
        DiscoveryFailed: It did not answer as its standard says.
        InvalidJwks: Its key set has a key that no cluster should get, or none that is usable.
    """
    checked = Issuer(issuer)
    uri = jwks_uri or fetch_discovery(checked, ca_file=ca_file).jwks_uri
    answer = fetch_jwks(uri, ca_file=ca_file)
    came_at = datetime.now(timezone.utc)
    try:
        keys, warnings = parse_fetched(answer.text)
    except InvalidJwks as error:
        raise InvalidJwks(f"{uri}: {error.what}", hint=error.hint) from error
    return PublishedKeys(uri, keys, warnings, freshness(answer.headers, came_at))


def look_for_rotation(
    url: str,
    database: str,
    owner: str,
    publishers: Iterable[Publisher],
    given: Mapping[str, str] | None = None,
) -> Look:
    """Compare what one owner's issuers publish with its keys on a cluster; writes nothing.

    Args:
        url: libpq URL of the cluster.
        database: Where the claim tables are.
        owner: organization/project/stack/resource, as in the claims.
        publishers: All issuers of the owner whose keys are fetched: if one is left out, its keys
            seem to be no longer published.
        given: Its other keys, JWK text by kid, which the program gives as `jwks`.

    Raises:
        DiscoveryFailed: An issuer did not answer as its standard says.
        InvalidJwks: A key set has a key that no cluster should get, or none that is usable.
        ClusterUnreachable: No connection to the cluster.
        GuardRefused: This owner has no claims on this cluster.
    """
    with open_cluster(url, database=database) as cluster:
        live = cluster.read(Names())
    check_owner_known(live.registry, owner)
    claims = {claim.entry: claim for claim in live.claims_of(owner)}
    if AUTO_FETCH in claims:
        return _look_as_nodes_do(publishers)
    published, fresh = dict(given or {}), {}
    for one in publishers:
        found = fetch_published_keys(one.issuer, one.jwks_uri, one.ca_file)
        published |= found.keys.text_by_kid()
        fresh[one.issuer] = found.freshness
    keys = entries(Setting.JWKS, live.settings[Setting.JWKS].text)
    return Look(rotation(published, keys, claims, live.now), fresh, {})


def _look_as_nodes_do(publishers: Iterable[Publisher]) -> Look:
    """Look how fresh key sets are that nodes fetch; this machine need not reach them."""
    found = {one.issuer: _freshness_at(one) for one in publishers}
    fresh = {issuer: said for issuer, said in found.items() if isinstance(said, Freshness)}
    not_reached = {issuer: said for issuer, said in found.items() if isinstance(said, str)}
    return Look(Rotation(), fresh, not_reached, is_fetched=True)


def _freshness_at(one: Publisher) -> Freshness | str:
    """Return how fresh a key set says it is, or why it could not be read."""
    try:
        return fetch_published_keys(one.issuer, one.jwks_uri, one.ca_file).freshness
    except (DiscoveryFailed, InvalidJwks) as error:
        return error.what
