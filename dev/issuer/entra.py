"""Access tokens of managed identities from Microsoft Entra ID: parameters, and claims.

Source: Microsoft's "access token claims reference" (which claim is in which version) and "optional
claims reference" (`idtyp` is `app` in app-only tokens), and published tokens of managed identities
and services: `azpacr`/`appidacr` are `2`, `sub` is `oid`, they live a day, and `iat` and `nbf` are
five minutes in the past. Undocumented, so only similar: the content of `aio`, `rh` and `uti`, and
that v1 tokens of China come from sts.chinacloudapi.cn, those of the US Government from
sts.windows.net. Claims `xms_...`, which come and go, are left out.
"""

from __future__ import annotations

import base64
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dev.issuer.grants import OAuthError

if TYPE_CHECKING:
    from dev.issuer.grants import Form

LIFETIME_S = 86_400
BACKDATED_S = 300
NOISE_BYTES = 72
"""How many random bytes the opaque claims of one token take."""

PARAMETERS = frozenset({"sub", "aud", "audience", "tenant", "caller", "roles", "cloud", "lifetime"})
ISSUERS = {
    "1.0": {
        "public": "https://sts.windows.net/{tenant}/",
        "usgovernment": "https://sts.windows.net/{tenant}/",
        "china": "https://sts.chinacloudapi.cn/{tenant}/",
    },
    "2.0": {
        "public": "https://login.microsoftonline.com/{tenant}/v2.0",
        "usgovernment": "https://login.microsoftonline.us/{tenant}/v2.0",
        "china": "https://login.partner.microsoftonline.cn/{tenant}/v2.0",
    },
}
CLOUDS = tuple(ISSUERS["2.0"])

_GUID_TEXT = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_GUID = re.compile(_GUID_TEXT)
_AUDIENCES = {
    "1.0": (re.compile(rf"{_GUID_TEXT}|(api|https)://\S+"), "api://..., https://... or a GUID"),
    "2.0": (_GUID, "the client id of the API application, a GUID in lower case"),
}


@dataclass(frozen=True, slots=True)
class EntraToken:
    """An access token of a managed identity for an API application.

    Attributes:
        version: `1.0` or `2.0`: the API application decides it, not the caller.
        tenant: Id of the tenant, a GUID.
        audience: The API application: its client id, in v1 its URI.
        subject: Object id of the identity's service principal, a GUID.
        caller: Client id of the identity, a GUID.
        roles: The app roles it has; if there are none, the token has no such claim.
        cloud: One of `CLOUDS`.
        lifetime_s: Seconds from now to `exp`; Entra's own is a day.
    """

    version: str
    tenant: str
    audience: str
    subject: str
    caller: str
    roles: tuple[str, ...] = ()
    cloud: str = "public"
    lifetime_s: int = LIFETIME_S

    @property
    def marks(self) -> tuple[str, ...]:
        """Return the members of the key that the header repeats besides its `kid`."""
        return ("x5t",) if self.version == "1.0" else ()

    def claims(self, now_s: int, noise: bytes) -> dict[str, Any]:
        """Return the claims of the token.

        Args:
            now_s: Seconds since 1970.
            noise: `NOISE_BYTES` random bytes.
        """
        issuer = ISSUERS[self.version][self.cloud].format(tenant=self.tenant)
        begins = now_s - BACKDATED_S
        return {
            "aud": self.audience,
            "iss": issuer,
            "iat": begins,
            "nbf": begins,
            "exp": now_s + self.lifetime_s,
            "aio": base64.b64encode(noise[:26]).decode(),
            **self._caller(issuer),
            "idtyp": "app",
            "oid": self.subject,
            "rh": f"1.{base64.urlsafe_b64encode(noise[26:56]).decode()}.",
            **({"roles": list(self.roles)} if self.roles else {}),
            "sub": self.subject,
            "tid": self.tenant,
            "uti": base64.urlsafe_b64encode(noise[56:]).decode().rstrip("="),
            "ver": self.version,
        }

    def _caller(self, issuer: str) -> dict[str, str]:
        if self.version == "1.0":
            return {"appid": self.caller, "appidacr": "2", "idp": issuer}
        return {"azp": self.caller, "azpacr": "2"}


def entra_token(form: Form, version: str) -> EntraToken:
    """Read what a form asks of Entra ID.

    Args:
        form: The parameters; without `caller`, one is derived from `sub`.
        version: `1.0` or `2.0`.

    Raises:
        OAuthError: A parameter is missing, malformed, or not one of Entra's.
    """
    form.only(PARAMETERS)
    guid = "a GUID in lower case"
    subject = form.matching("sub", _GUID, guid)
    cloud = form.text("cloud", "public")
    if cloud not in CLOUDS:
        raise OAuthError("invalid_request", f"cloud must be one of {', '.join(CLOUDS)}")
    audience, (pattern, meaning) = form.audience(), _AUDIENCES[version]
    if not pattern.fullmatch(audience):
        raise OAuthError("invalid_request", f"aud must be {meaning}")
    return EntraToken(
        version=version,
        tenant=form.matching("tenant", _GUID, guid),
        audience=audience,
        subject=subject,
        caller=form.matching("caller", _GUID, guid, optional=True) or _made_up(subject),
        roles=form.texts("roles"),
        cloud=cloud,
        lifetime_s=form.lifetime(LIFETIME_S),
    )


def _made_up(subject: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, subject))
