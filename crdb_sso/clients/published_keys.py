"""What issuers publish, and whether a cluster has it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crdb_sso.clients.cluster import Names, open_cluster
from crdb_sso.clients.discovery import fetch_discovery, fetch_jwks
from crdb_sso.crdb.setting_texts import entries
from crdb_sso.crdb.settings import Setting
from crdb_sso.errors import GuardRefused, InvalidJwks
from crdb_sso.plan.rotation import Rotation, rotation
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
    """

    jwks_uri: str
    keys: KeySet
    warnings: tuple[str, ...]


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
    text = fetch_jwks(uri, ca_file=ca_file)
    try:
        keys, warnings = parse_fetched(text)
    except InvalidJwks as error:
        raise InvalidJwks(f"{uri}: {error.what}", hint=error.hint) from error
    return PublishedKeys(uri, keys, warnings)


def look_for_rotation(
    url: str,
    database: str,
    owner: str,
    publishers: Iterable[Publisher],
    given: Mapping[str, str] | None = None,
) -> Rotation:
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
    published = dict(given or {})
    for one in publishers:
        found = fetch_published_keys(one.issuer, one.jwks_uri, one.ca_file)
        published |= found.keys.text_by_kid()
    with open_cluster(url, database=database) as cluster:
        live = cluster.read(Names())
    claims = {claim.entry: claim for claim in live.claims_of(owner)}
    if not claims:
        raise GuardRefused(
            f"{owner} has claimed nothing in database {database} of this cluster",
            hint="Check the owner (organization/project/stack/resource) and the registry database;"
            " run `pulumi up` if the stack is new.",
        )
    keys = entries(Setting.JWKS, live.settings[Setting.JWKS].text)
    return rotation(published, keys, claims, live.now)
