"""Microsoft Entra ID as issuer: access tokens of managed identities, for an app of our own.

* A token is requested for the resource `api://<client id>`, whatever its version. Version 2 tokens
  carry the bare client id as `aud`, version 1 tokens the resource as requested. The version is a
  property of the app that is the audience (`requestedAccessTokenVersion`), not of the caller.
* The issuer of version 1 ends with a slash, that of version 2 does not.
* `sub` of an app-only token is the object id of the identity's service principal: its `oid`.
* An identity takes at most 20 federated credentials, and refuses concurrent writes of them.

Hosts of the national clouds: Microsoft's "National clouds" and "Workload identity federation".
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import quote

from crdb_sso.errors import InvalidInput

CloudName = Literal["public", "usgovernment", "china"]
TokenVersion = Literal[1, 2]

MOST_FEDERATED_CREDENTIALS = 20
"""Azure's limit for one managed identity."""

APP_ROLE = "sql.login"
"""Value of the app role whose holders may get tokens; appears in the tokens' `roles`."""

APP_ROLE_ID = "3db80c3e-a840-46b2-9c45-dbeae85b3c66"
"""Id of that role in every app created here: ids need only be unique within one app."""

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
"""The app role id that stands for plain access to an app without roles."""

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CREDENTIAL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}")


@dataclass(frozen=True, slots=True)
class Cloud:
    """The addresses of one of Microsoft's clouds.

    Attributes:
        authority: Base URL of its sign-in service, without a trailing slash.
        issuer_v1: Base of the issuer of version 1 tokens, without a trailing slash.
        exchange_audience: The audience of a token that is to be exchanged for one of Entra's.
    """

    authority: str
    issuer_v1: str
    exchange_audience: str


CLOUDS: Mapping[CloudName, Cloud] = {
    "public": Cloud(
        "https://login.microsoftonline.com",
        "https://sts.windows.net",
        "api://AzureADTokenExchange",
    ),
    "usgovernment": Cloud(
        "https://login.microsoftonline.us",
        "https://sts.windows.net",
        "api://AzureADTokenExchangeUSGov",
    ),
    "china": Cloud(
        "https://login.partner.microsoftonline.cn",
        "https://sts.chinacloudapi.cn",
        "api://AzureADTokenExchangeChina",
    ),
}


@dataclass(frozen=True, slots=True)
class Tenant:
    """One directory, and the version of the tokens requested from it.

    Attributes:
        cloud: Name of its cloud.
        version: 1 or 2.
        id: Its GUID, in lower case as in tokens.

    Raises:
        InvalidInput: One of them is not valid.
    """

    cloud: CloudName
    version: TokenVersion
    id: str

    def __post_init__(self) -> None:
        """Check the values at the door."""
        check_cloud(self.cloud)
        check_token_version(self.version)
        if self.id != guid("the tenant id", self.id):
            raise InvalidInput(
                f"the tenant id {self.id!r} is not in lower case", hint="Write it as in tokens."
            )

    @property
    def issuer(self) -> str:
        """The exact `iss` of its tokens."""
        if self.version == 1:
            return f"{CLOUDS[self.cloud].issuer_v1}/{self.id}/"
        return f"{CLOUDS[self.cloud].authority}/{self.id}/v2.0"

    @property
    def jwks_uri(self) -> str:
        """Where the keys of its tokens are published."""
        path = "discovery/keys" if self.version == 1 else "discovery/v2.0/keys"
        return f"{CLOUDS[self.cloud].authority}/{self.id}/{path}"

    @property
    def token_endpoint(self) -> str:
        """Where a federated token is exchanged; the app decides the version of what comes out."""
        return f"{CLOUDS[self.cloud].authority}/{self.id}/oauth2/v2.0/token"


def check_cloud(name: object) -> None:
    """Check the name of a cloud.

    Raises:
        InvalidInput: There is no such cloud.
    """
    _check_one_of("cloud", name, get_args(CloudName))


def check_token_version(version: object) -> None:
    """Check the version of tokens.

    Raises:
        InvalidInput: There is no such version.
    """
    _check_one_of("token_version", version, get_args(TokenVersion))


def _check_one_of(what: str, value: object, known: Collection[object]) -> None:
    if isinstance(value, bool) or value not in known:
        raise InvalidInput(
            f"{what} {value!r} is unknown", hint=f"Write {' or '.join(map(repr, known))}."
        )


def guid(what: str, text: object) -> str:
    """Return a GUID in lower case, as it is in tokens and the identity map.

    Args:
        what: What it is, e.g. "the tenant id".
        text: The GUID, in any case.

    Raises:
        InvalidInput: It is not a GUID.
    """
    lower = text.lower() if isinstance(text, str) else ""
    if not _GUID.fullmatch(lower):
        raise InvalidInput(
            f"{what} {text!r} is not a GUID",
            hint="Copy it from the portal, e.g. 3f2504e0-4f89-11d3-9a0c-0305e82c3301.",
        )
    return lower


def identifier_uri(client_id: str) -> str:
    """Return the identifier URI of an app: what workloads request tokens for, in any version."""
    return f"api://{client_id}"


def audience(client_id: str, version: TokenVersion) -> str:
    """Return the `aud` of tokens for an app."""
    return identifier_uri(client_id) if version == 1 else client_id


def role_id(role_ids: Mapping[str, str], wanted: str | None) -> str:
    """Return the id of the app role that identities get on an existing app.

    Args:
        role_ids: Its roles, id by value.
        wanted: Value of the role; None takes the only one, or plain access where there is none.

    Raises:
        InvalidInput: It has no such role, or several and none was named.
    """
    named = f"It has {', '.join(map(repr, sorted(role_ids))) or 'none'}."
    if wanted is None and len(role_ids) > 1:
        raise InvalidInput("the app has several app roles", hint=f"Name one as `app_role`. {named}")
    if wanted is None:
        return next(iter(role_ids.values()), DEFAULT_ACCESS)
    if wanted not in role_ids:
        raise InvalidInput(f"the app has no app role {wanted!r}", hint=named)
    return role_ids[wanted]


def check_federated_credentials(names: Collection[str]) -> None:
    """Check the number and the names of a managed identity's federated credentials.

    Raises:
        InvalidInput: There are more than Azure allows, or Azure would refuse a name.
    """
    if len(names) > MOST_FEDERATED_CREDENTIALS:
        raise InvalidInput(
            f"{len(names)} federated credentials are too many: a managed identity takes at most"
            f" {MOST_FEDERATED_CREDENTIALS}",
            hint="Spread them over several identities; a login takes any number of identities.",
        )
    for name in names:
        if not _CREDENTIAL_NAME.fullmatch(name):
            raise InvalidInput(
                f"{name!r} is not a valid name for a federated credential",
                hint="3 to 120 letters, digits, dashes and underscores, a letter or digit first.",
            )


def token_hint(token_endpoint: str, app_client_id: str, identity_client_id: str) -> str:
    """Return one line that tells how a workload on a virtual machine gets its token."""
    recipes = token_recipes(token_endpoint, app_client_id, identity_client_id)
    return f"Entra access token: {recipes['imds']}"


def token_recipes(
    token_endpoint: str, app_client_id: str, identity_client_id: str
) -> Mapping[str, str]:
    """Return shell commands that fetch a token, by where they run.

    Args:
        token_endpoint: Where a federated token is exchanged, see `Tenant.token_endpoint`.
        app_client_id: Client id of the app that is the audience.
        identity_client_id: Client id of the managed identity; "" where it is not known, or where
            the machine has only one.

    Returns:
        `imds` for virtual machines and scale sets, `app_service` for App Service and Functions,
        `aks` for AKS with workload identity. The answer is JSON with the token under
        `access_token`.
    """
    resource = identifier_uri(app_client_id)
    query = f"resource={quote(resource, safe='')}"
    query += f"&client_id={identity_client_id}" if identity_client_id else ""
    return {
        "imds": (
            "curl -sS -H 'Metadata: true' 'http://169.254.169.254/metadata/identity/oauth2/token"
            f"?api-version=2018-02-01&{query}'"
        ),
        "app_service": (
            'curl -sS -H "X-IDENTITY-HEADER: $IDENTITY_HEADER"'
            f' "$IDENTITY_ENDPOINT?api-version=2019-08-01&{query}"'
        ),
        "aks": (
            "curl -sS -d grant_type=client_credentials"
            f" -d client_id={identity_client_id or '$AZURE_CLIENT_ID'}"
            f" -d scope={resource}/.default"
            " -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            ' --data-urlencode "client_assertion@$AZURE_FEDERATED_TOKEN_FILE"'
            f" {token_endpoint}"
        ),
    }
