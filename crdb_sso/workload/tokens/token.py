"""A token, how long it lives, and what keeps it out of everything that people read."""

import base64
import json
import re
from dataclasses import dataclass

from crdb_sso.errors import TokenUnavailable

MASK = "[secret]"

_JWT = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*){0,2}|(?<=[Bb]earer )\S+")
"""What looks like a token, whole or cut off: the base64url of a JSON object begins like this."""

_PEM = re.compile(
    r"(?<![A-Za-z0-9+/=\s\\])[A-Za-z0-9+/=\s\\]*-----END [A-Z0-9 ]*PRIVATE KEY-----"
    r"|-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
"""A private key, PEM, whole or cut off."""

_SECRET_MEMBER = re.compile(
    r"""(?P<name>(?P<quote>\\*["'])(?:d|p|q|dp|dq|qi|k|t|r|priv)(?P=quote)\s*:\s*\\*["'])"""
    r"""[\w+/=-]{8,}"""
)
"""A member that only a private or symmetric JWK has: also in a `repr`, or JSON within JSON."""

_NAMED_SECRET = re.compile(
    r"""(?P<name>\b(?:client_secret|client_assertion|refresh_token|access_token|id_token|password)"""
    r"""(?:=|\\*["']\s*:\s*\\*["']))[^\s&"'\\]+""",
    re.IGNORECASE,
)
"""What stands behind the name of a secret: in a form, in JSON, in a `repr`."""


class Secret(str):
    """A text whose `repr` hides it: in dicts of connection parameters, and in what debuggers show.

    Drivers read it as the plain text that it is.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """Hide the text."""
        return MASK


@dataclass(frozen=True, slots=True)
class Token:
    """A token for one login.

    Attributes:
        value: The token itself; hidden in `repr` and `str` of the whole.
        expires_at: Until when it is valid, in seconds since 1970; None if it does not say.

    Raises:
        TokenUnavailable: The value can't be a token.
    """

    value: str
    expires_at: float | None = None

    def __post_init__(self) -> None:
        """Check and hide the value; what the token says of its life counts more than the rest."""
        text = self.value.strip()
        if not text or not text.isascii() or any(not char.isprintable() for char in text):
            reason = "nothing" if not text else "a text with characters that no token has"
            raise TokenUnavailable(f"got {reason} instead of a token", hint=_LOOK)
        if any(char.isspace() for char in text):
            raise TokenUnavailable(
                "got a text with blanks in it instead of a token",
                hint="The source must give the token alone, without a label or JSON around it.",
            )
        object.__setattr__(self, "value", Secret(text))
        said = expiry_of(text)
        if said is not None:
            object.__setattr__(self, "expires_at", said)

    def is_valid(self, now_s: float) -> bool:
        """Tell whether it is certain to be valid at a time; the server gives no leeway."""
        return self.expires_at is not None and now_s < self.expires_at


_LOOK = "Run by hand what the source runs, and look at what it prints."


def expiry_of(text: str) -> float | None:
    """Return the `exp` of a JWT, None if the text does not have one that can be read."""
    try:
        _, payload, _ = text.split(".")
        octets = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        claims = json.loads(octets)
    except (ValueError, RecursionError):  # also of base64, UTF-8 and JSON
        return None
    exp = claims.get("exp") if isinstance(claims, dict) else None
    if not isinstance(exp, int | float) or isinstance(exp, bool) or not 0 < exp < _LATEST:
        return None
    return float(exp)


_LATEST = 1e12
"""Later than any token's end; infinity and the like are not times."""


def without_secrets(text: str, *secrets: str) -> str:
    """Return a foreign text without tokens, private keys and other secrets.

    Args:
        text: What an SDK, a server or a command said.
        secrets: Texts that must not be shown either, e.g. a client secret.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = _JWT.sub(MASK, _PEM.sub(MASK, text))
    for pattern in (_SECRET_MEMBER, _NAMED_SECRET):
        text = pattern.sub(rf"\g<name>{MASK}", text)
    return text
