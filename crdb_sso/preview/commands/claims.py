"""What a claim says, short enough for a line of a table."""

import json

from crdb_sso.printing import cut, printable
from crdb_sso.registry.claims import Claim, Kind
from crdb_sso.tokens.jwk import jwk_from_text, thumbprint

LONGEST = 60
"""Characters; the whole text is in the JSON."""

_BEGINNING = 12
"""How many characters of a thumbprint tell one key from another."""


def saying(claim: Claim) -> str:
    """Return what a claim says besides the name of its entry, "" if that is all."""
    if claim.entry.kind is Kind.KEY:
        return _key(claim)
    if claim.text == claim.entry.name:
        return ""
    lines = [line.strip() for line in claim.text.splitlines()]
    return cut(printable(" / ".join(lines)), LONGEST)


def _key(claim: Claim) -> str:
    """Return what kind of key it is, and how its RFC 7638 thumbprint begins."""
    key = jwk_from_text(claim.text)
    if key is None:
        return cut(printable(claim.text), LONGEST)
    members = json.loads(key.text)
    words = [members["kty"], members.get("crv", ""), members.get("alg", "")]
    began = (thumbprint(claim.text) or "")[:_BEGINNING]
    said = f"{printable(' '.join(word for word in words if word))}, thumbprint {began}..."
    return said if claim.until is None else f"{said}, until {claim.until:%Y-%m-%d %H:%M} UTC"
