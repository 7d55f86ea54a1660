"""What is known of an issuer's tokens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from joserfc import jwt
from joserfc.jwk import Key, import_key

from crdb_sso.verdict.steps import Step
from dev.issuer.key_styles import PLAIN, KeyStyle


@dataclass(frozen=True)
class Shape:
    """A token of an issuer.

    Attributes:
        header: As it is sent; without `kid`, it is the key's own.
        claims: All but the times.
        life_s: Seconds from `iat` to `exp`.
        nbf_s: Seconds from `iat` to `nbf`; None where tokens have none.
        backdated_s: How far `iat` lies in the past.
    """

    header: Mapping[str, str]
    claims: Mapping[str, Any]
    life_s: int = 3600
    nbf_s: int | None = None
    backdated_s: int = 0

    def but(self, **changes: Any) -> "Shape":
        """Return the same with other claims; None takes one out."""
        changed = {**self.claims, **changes}
        return replace(self, claims={k: v for k, v in changed.items() if v is not None})

    def payload(self, now_s: int) -> dict[str, Any]:
        """Return all claims of a token that is made now."""
        iat = now_s - self.backdated_s
        times = {"iat": iat, "exp": iat + self.life_s}
        if self.nbf_s is not None:
            times["nbf"] = iat + self.nbf_s
        return {**self.claims, **times}


@dataclass(frozen=True)
class Miss:
    """A token that almost fits.

    Attributes:
        what: It in a few words, as the issuer's page has them.
        user: Whom it tries to log in as.
        token: The token.
        message: The server's words.
        step: The check that it fails.
        advice: Part of what the judge says beside it.
    """

    what: str
    user: str
    token: Shape
    message: str
    step: Step
    advice: str


@dataclass(frozen=True)
class Row:
    """An issuer: its example, the tokens that get in as which user, and those that do not.

    Attributes:
        name: Of its folder in `examples/issuers` and of its page.
        logins: The token by SQL user.
        misses: What is refused.
        style: How it makes and publishes keys.
        roles: Roles that the example grants.
        found: Settings that the cluster has before.
    """

    name: str
    logins: Mapping[str, Shape]
    misses: tuple[Miss, ...]
    style: KeyStyle = PLAIN
    roles: tuple[str, ...] = ()
    found: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class IssuerKey:
    """The key pair of an issuer, in its own style."""

    pair: Key
    style: KeyStyle

    @classmethod
    def made_for(cls, row: Row) -> "IssuerKey":
        """Return a new key for the tokens of a row."""
        header = next(iter(row.logins.values())).header
        made = row.style.make(header["alg"])
        own = {"kid": header["kid"]} if "kid" in header else {}
        return cls(import_key({**made.as_dict(private=True), **own}), row.style)

    def jwks(self) -> str:
        """Return the key set as the issuer publishes it."""
        return json.dumps({"keys": [self.style.published(self.pair.as_dict(private=False))]})

    def token(self, shape: Shape, now_s: int) -> str:
        """Return a signed token of a shape."""
        members = self.pair.as_dict(private=False)
        header: dict[str, Any] = {"kid": members["kid"], **shape.header}
        header |= {name: members[name] for name in ("x5t",) if header.get(name) == ""}
        return jwt.encode(header, shape.payload(now_s), self.pair, algorithms=[shape.header["alg"]])
