"""ID tokens of Google service accounts: which parameters they take, and their claims.

Source: the API reference of iamcredentials `generateIdToken` (`includeEmail` adds the two e-mail
claims), Compute Engine's "verifying instance identity" (an hour of life, and that `format=full`
also adds a `google` claim, which is not made here), and Pub/Sub's documented push token (`azp`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dev.issuer.grants import Form

ISSUER = "https://accounts.google.com"
LIFETIME_S = 3600
PARAMETERS = frozenset({"sub", "aud", "audience", "email", "lifetime"})

_UNIQUE_ID = re.compile("[0-9]{21}")
_ACCOUNT = re.compile(r"[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com")


@dataclass(frozen=True, slots=True)
class GoogleToken:
    """An ID token of a service account.

    Attributes:
        subject: The account's unique id, 21 digits.
        audience: Whatever the workload asked for.
        email: The account's address, if it is to be a claim.
        lifetime_s: Seconds from `iat` to `exp`; Google's own is an hour.
    """

    subject: str
    audience: str
    email: str = ""
    lifetime_s: int = LIFETIME_S

    def claims(self, now_s: int) -> dict[str, Any]:
        """Return the claims of the token.

        Args:
            now_s: Seconds since 1970.
        """
        claims: dict[str, Any] = {
            "aud": self.audience,
            "azp": self.subject,
            "exp": now_s + self.lifetime_s,
            "iat": now_s,
            "iss": ISSUER,
            "sub": self.subject,
        }
        if self.email:
            claims |= {"email": self.email, "email_verified": True}
        return claims


def google_token(form: Form) -> GoogleToken:
    """Read what a form asks of Google.

    Raises:
        OAuthError: A parameter is missing, malformed, or not one of Google's.
    """
    form.only(PARAMETERS)
    return GoogleToken(
        subject=form.matching("sub", _UNIQUE_ID, "the account's unique id, 21 digits"),
        audience=form.audience(),
        email=form.matching("email", _ACCOUNT, "a service account's address", optional=True),
        lifetime_s=form.lifetime(LIFETIME_S),
    )
