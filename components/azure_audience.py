"""What Entra tokens are for: an app registration with no other purpose.

It has no permissions, and only identities with its app role get tokens for it. One audience serves
many identities.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
from typing_extensions import NotRequired, TypedDict

from crdb_sso.errors import InvalidInput
from crdb_sso.tokens import entra
from crdb_sso.tokens.entra import CloudName, Tenant, TokenVersion

from ._keys import KeyPlace, pinned_keys, source_facts
from ._options import (
    applied,
    as_run_error,
    check_bool,
    check_names,
    child_options,
    needs_package,
)
from .identity import SourceFacts

with needs_package("pulumi-azuread", "azure"):
    import pulumi_azuread as azuread

TYPE_TOKEN = "crdb-sso:index:AzureAudience"  # noqa: S105 - stored in every stack: never change, alias instead


class AzureAudienceArgs(TypedDict):
    """Arguments of `AzureAudience`; all are optional, None is the same as not given."""

    display_name: NotRequired[pulumi.Input[str] | None]
    """Name of the created app registration; by default "crdb-sso <project>/<stack> <name>"."""

    existing_client_id: NotRequired[pulumi.Input[str] | None]
    """Uses the existing app registration with this client id instead. It needs the identifier URI
    api://<client id>, and a service principal (enterprise application) in the tenant."""

    token_version: NotRequired[TokenVersion | None]
    """Version of the tokens for an existing app, 1 or 2, as in its `requestedAccessTokenVersion`
    (null there means 1); by default 2."""

    app_role: NotRequired[str | None]
    """Value of the app role of an existing app that identities get; by default its only one."""

    tenant_id: NotRequired[pulumi.Input[str] | None]
    """GUID of the Entra tenant; by default the azuread provider's."""

    cloud: NotRequired[CloudName | None]
    """Which of Microsoft's clouds: "public" (the default), "usgovernment" or "china". Set it for
    the providers too: azuread:environment and azure-native:environment, or ARM_ENVIRONMENT."""

    jwks: NotRequired[pulumi.Input[str] | None]
    """The tenant's keys, JSON text of a JWKS, if this machine can't reach Entra."""

    close_passthrough: NotRequired[bool | None]
    """Whether to end logins of others that rely on the tenant not having an identity map line."""


@dataclass(frozen=True, slots=True)
class _Resource:
    """The app as the target of role assignments.

    Attributes:
        object_id: Object id of its service principal.
        role_id: The app role that identities get.
    """

    object_id: pulumi.Input[str]
    role_id: pulumi.Input[str]


class AzureAudience(pulumi.ComponentResource):
    """What Entra tokens are for: an app registration of its own, or an existing one.

    A created app has no permissions. Its tokens have version 2, its identifier URI is
    api://<client id>, and only identities with its one app role get tokens for it.
    """

    client_id: pulumi.Output[str]
    """Client id of the app."""

    issuer: pulumi.Output[str]
    """The exact `iss` of its tokens."""

    audience: pulumi.Output[str]
    """The `aud` of its tokens: the client id, or api://<client id> in version 1."""

    def __init__(
        self, name: str, args: AzureAudienceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE_TOKEN, name, None, opts)
        self._label = f"AzureAudience {name!r}"
        with as_run_error(self._label):
            _check_args(args)
        self.cloud: CloudName = args.get("cloud") or "public"
        self._token_version: TokenVersion = args.get("token_version") or 2
        self._app_role = args.get("app_role")
        self._tenant = self._in_tenant(args.get("tenant_id"))
        self._resource: _Resource | None = None
        existing = args.get("existing_client_id")
        if existing is None:
            self.client_id = self._make(name, args)
        else:
            guid = partial(entra.guid, "the client id")
            self.client_id = applied(self._label, guid, existing)
        self.issuer = self._tenant.apply(_issuer)
        self.audience = self.client_id.apply(partial(_audience, self._token_version))
        self._facts = source_facts(
            name,
            self.issuer,
            self.audience,
            pinned_keys(
                self,
                self._label,
                KeyPlace(
                    self.issuer, self._tenant.apply(_jwks_uri), args.get("jwks"), is_fixed=True
                ),
            ),
            close_passthrough=args.get("close_passthrough"),
        )
        self.register_outputs(
            {"client_id": self.client_id, "issuer": self.issuer, "audience": self.audience}
        )

    def source(self) -> SourceFacts:
        """Return what all identities of this audience share; does not create a resource."""
        return self._facts

    def token_hint(self, identity_client_id: pulumi.Input[str]) -> pulumi.Output[str]:
        """Return one line that tells how an identity gets its token."""
        return self._token_request(identity_client_id).apply(_token_hint)

    def token_recipes(
        self, identity_client_id: pulumi.Input[str]
    ) -> pulumi.Output[Mapping[str, str]]:
        """Return shell commands that get an identity's token, by where they run."""
        return self._token_request(identity_client_id).apply(_recipes)

    def assign(
        self, name: str, principal_id: pulumi.Input[str], parent: pulumi.ComponentResource
    ) -> None:
        """Give an identity the app role that it needs to get a token from Entra.

        Args:
            name: Name of the resource.
            principal_id: Object id of the identity's service principal.
            parent: The parent of the resource.
        """
        resource = self._resource = self._resource or self._looked_up()
        azuread.AppRoleAssignment(
            name,
            app_role_id=resource.role_id,
            principal_object_id=principal_id,
            resource_object_id=resource.object_id,
            opts=child_options(parent),
        )

    def _looked_up(self) -> "_Resource":
        found = azuread.get_service_principal_output(
            client_id=self.client_id, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return _Resource(found.object_id, applied(self._label, self._role_id, found.app_role_ids))

    def _token_request(self, identity_client_id: pulumi.Input[str]) -> pulumi.Output[list[str]]:
        endpoint = self._tenant.apply(_token_endpoint)
        return pulumi.Output.all(endpoint, self.client_id, identity_client_id)

    def _in_tenant(self, given: pulumi.Input[str] | None) -> pulumi.Output[Tenant]:
        tenant_id = given
        if tenant_id is None:
            asked = pulumi.InvokeOutputOptions(parent=self)
            tenant_id = azuread.get_client_config_output(opts=asked).tenant_id
        return applied(self._label, self._tenant_of, tenant_id)

    def _tenant_of(self, tenant_id: str) -> Tenant:
        return Tenant(self.cloud, self._token_version, entra.guid("the tenant id", tenant_id))

    def _role_id(self, role_ids: Mapping[str, str]) -> str:
        return entra.role_id(role_ids, self._app_role)

    def _make(self, name: str, args: AzureAudienceArgs) -> pulumi.Output[str]:
        app = self._app(name, args)
        uri = azuread.ApplicationIdentifierUri(
            f"{name}-uri",
            application_id=app.id,
            identifier_uri=app.client_id.apply(entra.identifier_uri),
            opts=child_options(self),
        )
        principal = azuread.ServicePrincipal(
            f"{name}-principal",
            client_id=app.client_id,
            app_role_assignment_required=True,
            opts=child_options(self, depends_on=[uri]),
        )
        self._resource = _Resource(principal.object_id, entra.APP_ROLE_ID)
        client_id: pulumi.Output[str] = app.client_id
        return client_id

    def _app(self, name: str, args: AzureAudienceArgs) -> azuread.Application:
        where = f"{pulumi.get_project()}/{pulumi.get_stack()}"
        return azuread.Application(
            f"{name}-app",
            display_name=args.get("display_name") or f"crdb-sso {where} {name}",
            description="Audience of tokens that log in to CockroachDB; has no permissions",
            sign_in_audience="AzureADMyOrg",
            api=azuread.ApplicationApiArgs(requested_access_token_version=2),
            app_roles=[
                azuread.ApplicationAppRoleArgs(
                    id=entra.APP_ROLE_ID,
                    value=entra.APP_ROLE,
                    display_name="SQL login",
                    description="May get tokens that log in to CockroachDB",
                    allowed_member_types=["Application"],
                    enabled=True,
                )
            ],
            # the URI contains the client id, so it is a resource of its own
            opts=child_options(self, ignore_changes=["identifierUris"]),
        )


def _check_args(args: AzureAudienceArgs) -> None:
    check_names("AzureAudience", args, AzureAudienceArgs)
    check_bool("close_passthrough", args.get("close_passthrough"))
    if args.get("cloud") is not None:
        entra.check_cloud(args.get("cloud"))
    if args.get("token_version") is not None:
        entra.check_token_version(args.get("token_version"))
    existing = args.get("existing_client_id")
    if isinstance(existing, str):
        entra.guid("the client id", existing)
    for key in ("token_version", "app_role"):
        if existing is None and args.get(key) is not None:
            raise InvalidInput(
                f"`{key}` is for an existing app registration",
                hint=f"Leave it out: an app created here has tokens of version 2 and the app role"
                f" {entra.APP_ROLE!r}. Or give `existing_client_id`.",
            )
    if existing is not None and args.get("display_name") is not None:
        raise InvalidInput(
            "`display_name` is for an app registration that is created here",
            hint="Leave it out if you give `existing_client_id`.",
        )


def _issuer(tenant: Tenant) -> str:
    return tenant.issuer


def _jwks_uri(tenant: Tenant) -> str:
    return tenant.jwks_uri


def _token_endpoint(tenant: Tenant) -> str:
    return tenant.token_endpoint


def _audience(version: TokenVersion, client_id: str) -> str:
    return entra.audience(client_id, version)


def _token_hint(texts: Sequence[str]) -> str:
    return entra.token_hint(*texts)


def _recipes(texts: Sequence[str]) -> Mapping[str, str]:
    return entra.token_recipes(*texts)
