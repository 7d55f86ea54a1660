"""Issuers: the exact `iss` of tokens, where their discovery document is, and what it must say.

* CockroachDB compares `iss` byte for byte, in the issuer list and as the name of an identity map.
* Discovery is at the issuer without one trailing slash, plus a well-known path
  (CockroachDB pkg/ccl/jwtauthccl/authentication_jwt.go does the same).
* A discovery document counts only if it names the very issuer it was fetched for (OpenID Connect
  Discovery 1.0, section 4.3), and only answers over https are trusted.
"""

import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from crdb_sso.errors import DiscoveryFailed, InvalidIssuer
from crdb_sso.printing import shown

WELL_KNOWN_PATH = "/.well-known/openid-configuration"

OTHER_WAYS = (
    "Give the address of the keys as `jwks_uri`, or the keys themselves as `jwks`"
    " (the JSON text of a JWK or JWKS)."
)
"""What to do when discovery is out of reach."""


@dataclass(frozen=True, slots=True, order=True)
class Issuer:
    """An `iss` value exactly as tokens carry it: trailing slash and case matter.

    It need not be a URL: an issuer may use any text that an identity map can carry.

    Raises:
        InvalidIssuer: It is empty, or contains white space, `#` or an invisible character.
    """

    url: str

    def __post_init__(self) -> None:
        """Check the text at the door."""
        if not self.url:
            raise InvalidIssuer(
                "the issuer is empty",
                hint="Copy `iss` from a token, e.g. https://accounts.google.com",
            )
        if _is_json_container(self.url):
            raise InvalidIssuer(
                f"the issuer {shown(self.url)} is not one issuer, but JSON",
                hint="Copy `iss` from a token, e.g. https://idp.example.com, and give `audience`"
                " beside it: one component for each issuer and audience. Published recipes that"
                " write issuers as objects do not work (docs/from-the-published-recipe.md).",
            )
        odd = [c for c in self.url if c.isspace() or c == "#" or not c.isprintable()]
        if odd:
            raise InvalidIssuer(
                f"the issuer {self.url!r} contains {odd[0]!r}: an identity map can't carry it, so"
                " it is not the `iss` of a usable token",
                hint="Copy `iss` from a token, byte for byte, e.g. https://accounts.google.com",
            )


@dataclass(frozen=True, slots=True)
class Discovery:
    """The used part of a discovery document.

    Attributes:
        issuer: Whose document it is.
        jwks_uri: Absolute https URL of the issuer's key set.
    """

    issuer: Issuer
    jwks_uri: str


def discovery_url(issuer: Issuer) -> str:
    """Return the https URL of an issuer's discovery document.

    Raises:
        InvalidIssuer: The issuer is not an https URL, so it has no discovery document.
    """
    if not is_https(issuer.url):
        raise InvalidIssuer(
            f"the issuer {issuer.url!r} is not an https URL{_port_note(issuer.url)}: its keys can't"
            " be discovered",
            hint=OTHER_WAYS,
        )
    return issuer.url.removesuffix("/") + WELL_KNOWN_PATH


def is_https(url: str) -> bool:
    """Tell whether a text is an absolute https URL with a host."""
    if not url.isprintable() or " " in url:  # urlsplit drops line ends
        return False
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:  # e.g. an unclosed bracket around an IPv6 address, or a port of letters
        return False
    return parts.scheme == "https" and has_host


def _is_json_container(text: str) -> bool:
    """Tell whether a text is a list or an object in JSON, as recipes write issuers."""
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _port_note(url: str) -> str:
    """Return what is wrong with the port of a URL, "" if it is something else."""
    if not re.match(r"https://[^/?#]+:[0-9]+(?![^/?#])", url):
        return ""
    return " (its port is not a number from 1 to 65535)"


def read_discovery(text: str, issuer: Issuer, url: str) -> Discovery:
    """Read the discovery document of an issuer.

    Args:
        text: The document as fetched, JSON.
        issuer: Whose document it should be.
        url: Where it was fetched from; for messages.

    Raises:
        DiscoveryFailed: It is not a JSON object, is for another issuer, or its key set is not at
            an https URL.
    """
    document = _json_object(text, url)
    named, jwks_uri = document.get("issuer"), document.get("jwks_uri")
    if named != issuer.url:
        raise DiscoveryFailed(
            f"{url} is for the issuer {shown(named, 200)}, not for {issuer.url!r}",
            hint="Set `issuer` to exactly what tokens carry as `iss` (mind a trailing slash); if it"
            f" is right, the document is wrong. {OTHER_WAYS}",
        )
    if not isinstance(jwks_uri, str) or not is_https(jwks_uri):
        raise DiscoveryFailed(
            f"{url}: its `jwks_uri` is {shown(jwks_uri, 200)}, not an https URL", hint=OTHER_WAYS
        )
    return Discovery(issuer, jwks_uri)


def _json_object(text: str, url: str) -> dict[str, object]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DiscoveryFailed(f"{url} is not JSON: {error}", hint=OTHER_WAYS) from error
    if not isinstance(document, dict):
        raise DiscoveryFailed(f"{url} is JSON, but not an object", hint=OTHER_WAYS)
    return document
