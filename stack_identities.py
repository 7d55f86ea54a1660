"""The sources of tokens that a stack's configuration names: an issuer, and identities of clouds."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import pulumi
from pydantic import Discriminator, Tag

from components import IdentityFacts, OidcIssuer
from components.config_names import ConfigNames
from stack_keys import LIST, MAP, Keys, Switch, Text, keys_of, path_text

if TYPE_CHECKING:
    from components.azure import AksAccount, AzureAudience, AzureAudienceArgs, AzureIdentityArgs
    from components.gcp import GcpIdentityArgs, GkeAccount
    from stack_config import StackConfig


def _list_or_map(value: object) -> str:
    return MAP if isinstance(value, Mapping) else LIST


Members = Annotated[
    Annotated[tuple[str, ...], Tag(LIST)] | Annotated[Mapping[Text, str], Tag(MAP)],
    Discriminator(_list_or_map),
]


class GkeConfig(Keys):
    """The keys of `GkeAccount`, described in docs/components.md."""

    namespace: str
    service_account: str
    project: str | None = None

    def args(self) -> "GkeAccount":
        """Return them as the component takes them."""
        return {
            "namespace": self.namespace,
            "service_account": self.service_account,
            "project": self.project,
        }


class GcpConfig(Keys):
    """The arguments of `GcpIdentity`, described in docs/components.md."""

    account_id: str | None = None
    existing_email: str | None = None
    project: str | None = None
    display_name: str | None = None
    audience: str | None = None
    token_creators: Members | None = None
    gke: GkeConfig | None = None
    enable_apis: Switch | None = None
    close_passthrough: Switch | None = None

    def args(self, jwks: str | None) -> "GcpIdentityArgs":
        """Return them as the component takes them, with Google's keys."""
        return {
            "account_id": self.account_id,
            "existing_email": self.existing_email,
            "project": self.project,
            "display_name": self.display_name,
            "audience": self.audience,
            "token_creators": self.token_creators,
            "gke": self.gke.args() if self.gke else None,
            "enable_apis": self.enable_apis,
            "close_passthrough": self.close_passthrough,
            "jwks": jwks,
        }


class AzureAudienceConfig(Keys):
    """The arguments of `AzureAudience`, described in docs/components.md."""

    display_name: str | None = None
    existing_client_id: str | None = None
    token_version: Literal[1, 2] | None = None
    app_role: str | None = None
    tenant_id: str | None = None
    cloud: Literal["public", "usgovernment", "china"] | None = None
    close_passthrough: Switch | None = None

    def args(self, jwks: str | None) -> "AzureAudienceArgs":
        """Return them as the component takes them, with the keys of the tenant."""
        return {
            "display_name": self.display_name,
            "existing_client_id": self.existing_client_id,
            "token_version": self.token_version,
            "app_role": self.app_role,
            "tenant_id": self.tenant_id,
            "cloud": self.cloud,
            "close_passthrough": self.close_passthrough,
            "jwks": jwks,
        }


class AksConfig(Keys):
    """The keys of `AksAccount`, described in docs/components.md."""

    issuer: str
    namespace: str
    service_account: str

    def args(self) -> "AksAccount":
        """Return them as the component takes them."""
        return {
            "issuer": self.issuer,
            "namespace": self.namespace,
            "service_account": self.service_account,
        }


class AzureConfig(Keys):
    """The arguments of `AzureIdentity`, described in docs/components.md."""

    resource_group_name: str | None = None
    location: str | None = None
    existing_principal_id: str | None = None
    existing_client_id: str | None = None
    assign_role: Switch | None = None
    aks: Mapping[Text, AksConfig] | None = None

    def args(self, audience: "AzureAudience") -> "AzureIdentityArgs":
        """Return them as the component takes them, with the audience of its tokens."""
        aks = self.aks
        return {
            "resource_group_name": self.resource_group_name,
            "location": self.location,
            "existing_principal_id": self.existing_principal_id,
            "existing_client_id": self.existing_client_id,
            "assign_role": self.assign_role,
            "aks": None if aks is None else {name: one.args() for name, one in aks.items()},
            "audience": audience,
        }


def oidc_issuer(config: "StackConfig") -> OidcIssuer | None:
    """Create the issuer, if any login uses its tokens."""
    is_used = config.subject_is_username or any(of.subjects for of in config.logins.values())
    if not (config.issuer and config.audience and is_used):
        return None
    return OidcIssuer(
        "idp",
        {
            "issuer": config.issuer,
            "audience": config.audience,
            "jwks_uri": config.jwks_uri,
            "jwks": config.jwks,
            "ca_file": config.issuer_ca_file,
        },
    )


def cloud_identities(config: "StackConfig") -> Mapping[str, IdentityFacts]:
    """Create the identities; a cloud's package loads only if the configuration uses the cloud."""
    opts = pulumi.ResourceOptions(protect=config.protect)
    return dict([*_gcp(config, opts), *_azure(config, opts)])


def _gcp(
    config: "StackConfig", opts: pulumi.ResourceOptions
) -> Iterator[tuple[str, IdentityFacts]]:
    if not config.gcp:
        return
    from components.gcp import GcpIdentity  # noqa: PLC0415 - see above

    for name, keys in config.gcp.items():
        yield name, GcpIdentity(name, keys.args(config.gcp_jwks), opts).facts


def _azure(
    config: "StackConfig", opts: pulumi.ResourceOptions
) -> Iterator[tuple[str, IdentityFacts]]:
    if not config.azure:
        return
    from components.azure import AzureAudience, AzureIdentity  # noqa: PLC0415 - see above

    audience = AzureAudience("azure", config.azure_audience.args(config.azure_jwks), opts)
    for name, keys in config.azure.items():
        yield name, AzureIdentity(name, keys.args(audience), opts).facts


def config_names(config: "StackConfig") -> Mapping[str, ConfigNames]:
    """Return the keys under which each component of the program is configured."""
    file = f"Pulumi.{pulumi.get_stack()}.yaml"
    outermost = {name: path_text((key,)) for key, name in keys_of(type(config)).items()}
    outermost["ca_file"] = outermost["issuer_ca_file"]
    of_issuer = ("issuer", "audience", "jwks_uri", "jwks", "ca_file")

    def inside(model: type[Keys], *path: str, jwks: str) -> ConfigNames:
        keys = {name: key for key, name in keys_of(model).items()}
        return ConfigNames(f"{path_text(path)} in {file}", keys | {"jwks": outermost[jwks]})

    return {
        "ClusterSso 'sso'": ConfigNames(file, outermost),
        "OidcIssuer 'idp'": ConfigNames(
            f"{outermost['issuer']} in {file}", {name: outermost[name] for name in of_issuer}
        ),
        "AzureAudience 'azure'": inside(AzureAudienceConfig, "azureAudience", jwks="azure_jwks"),
    } | {
        f"{component} {name!r}": inside(model, key, name, jwks=f"{key}_jwks")
        for component, model, key, names in (
            ("GcpIdentity", GcpConfig, "gcp", config.gcp),
            ("AzureIdentity", AzureConfig, "azure", config.azure),
        )
        for name in names
    }
