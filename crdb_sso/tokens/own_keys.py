"""Keys of an issuer of your own: which are published, for how long, and as which documents.

One key signs. When another one takes its place, it stays published until the tokens that it signed
have expired: for as long as the overlap.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from crdb_sso.errors import InvalidInput
from crdb_sso.printing import shown
from crdb_sso.tokens.issuers import Issuer, is_https
from crdb_sso.tokens.jwk import PublicKey, same_material

KEY_SET_PATH = "/.well-known/jwks.json"
DISCOVERY_FILE = ".well-known/openid-configuration"
_KEY_SET_FILE = "jwks.json"


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """The public keys of an issuer.

    Attributes:
        kid: The key that signs.
        texts: The JWK text of each key, by kid.
        until: When each of the others is no longer published, by kid.
    """

    kid: str
    texts: Mapping[str, str]
    until: Mapping[str, datetime]

    @classmethod
    def of(cls, key: PublicKey) -> "OwnKeys":
        """Return the keys of an issuer that has one."""
        return cls(key.kid, {key.kid: key.text}, {})

    @classmethod
    def read(
        cls, kid: str | None, texts: Mapping[str, str] | None, until: Mapping[str, str] | None
    ) -> "OwnKeys":
        """Return the keys as a state has them; None under Pulumi's mocks.

        Args:
            kid: The key that signs.
            texts: The JWK text of each key, by kid.
            until: ISO 8601 times, by kid; one without a zone is UTC.
        """
        times = {kid: datetime.fromisoformat(time) for kid, time in (until or {}).items()}
        ends = {kid: t if t.tzinfo else t.replace(tzinfo=timezone.utc) for kid, t in times.items()}
        return cls(kid or "", dict(texts or {}), ends)

    def published(self, now: datetime) -> dict[str, str]:
        """Return the JWK texts, by kid, that are published at a time."""
        return {kid: t for kid, t in sorted(self.texts.items()) if _stays(self.until.get(kid), now)}

    def kept(self, now: datetime, overlap: timedelta) -> "OwnKeys":
        """Return the keys without those that are due.

        A shorter overlap counts for keys that wait already, a longer one does not.
        """
        until = {kid: min(end, now + overlap) for kid, end in self.until.items()}
        texts = {kid: t for kid, t in self.texts.items() if _stays(until.get(kid), now)}
        return OwnKeys(self.kid, texts, {kid: end for kid, end in until.items() if kid in texts})

    def rotated(self, key: PublicKey, now: datetime, overlap: timedelta) -> "OwnKeys":
        """Return the keys after a rotation.

        Args:
            key: What signs from now on; may be one that did so before.
            now: The time.
            overlap: How long the last one stays published.

        Raises:
            InvalidInput: Another key has its kid.
        """
        other = self.texts.get(key.kid)
        if other is not None and not same_material(PublicKey(key.kid, other), key):
            raise InvalidInput(
                f"the kid {shown(key.kid)} stands for another key, which is still published",
                hint="Give the new key another `kid`, or none: its thumbprint will do.",
            )
        until = {**self.until, self.kid: now + overlap}
        until.pop(key.kid, None)
        return OwnKeys(key.kid, {**self.texts, key.kid: key.text}, until).kept(now, overlap)


def _stays(end: datetime | None, now: datetime) -> bool:
    return end is None or now < end


def key_set_text(texts: Mapping[str, str]) -> str:
    """Return the key set to publish, JSON text of a JWKS.

    Args:
        texts: JWK text by kid.
    """
    return json.dumps({"keys": [json.loads(text) for _, text in sorted(texts.items())]}, indent=2)


def discovery_text(issuer: str, jwks_uri: str, texts: Mapping[str, str]) -> str:
    """Return the discovery document to publish, JSON text; "" if the issuer can't have one.

    Args:
        issuer: The exact `iss`.
        jwks_uri: Where the key set is published.
        texts: JWK text by kid.
    """
    if not is_https(issuer):
        return ""
    algorithms = {str(json.loads(text).get("alg", "")) for text in texts.values()} - {""}
    document = {
        "issuer": issuer,
        "jwks_uri": jwks_uri,
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": sorted(algorithms),
    }
    return json.dumps(document, indent=2)


def default_jwks_uri(issuer: str) -> str:
    """Return where the key set of an issuer is published unless it says otherwise."""
    return issuer.removesuffix("/") + KEY_SET_PATH


def files_to_publish(issuer: str, jwks_uri: str, texts: Mapping[str, str]) -> Mapping[str, str]:
    """Return the files that a web server has to serve below the issuer, text by relative path.

    A key set whose address is not below the issuer is a file to take there.

    Raises:
        InvalidInput: The issuer is not an https URL, so nobody would look there.
    """
    if not is_https(Issuer(issuer).url):
        raise InvalidInput(
            f"the issuer {issuer!r} is not an https URL: nothing can be published there",
            hint="Leave `publish_to` out.",
        )
    below = issuer.removesuffix("/") + "/"
    path = jwks_uri.removeprefix(below) if jwks_uri.startswith(below) else _KEY_SET_FILE
    parts = urlsplit(path).path.split("/")
    is_plain = all(parts) and not {".", ".."} & set(parts) and urlsplit(path).path == path
    return {
        DISCOVERY_FILE: discovery_text(issuer, jwks_uri, texts),
        path if is_plain else _KEY_SET_FILE: key_set_text(texts),
    }
