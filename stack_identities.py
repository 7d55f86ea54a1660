"""The sources of tokens that a stack's configuration names: an issuer, and identities of clouds."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

import pulumi

from components import IdentityFacts, OidcIssuer
from stack_args import Args
from stack_config import StackConfig

if TYPE_CHECKING:
    from components.azure import AzureAudienceArgs, AzureIdentityArgs
    from components.gcp import GcpIdentityArgs


def oidc_issuer(config: StackConfig) -> OidcIssuer | None:
    """Make the issuer, if anybody logs in with its tokens."""
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


def cloud_identities(config: StackConfig) -> Mapping[str, IdentityFacts]:
    """Make the identities; a cloud's package loads only where the configuration names the cloud."""
    opts = pulumi.ResourceOptions(protect=config.protect)
    return dict(
        [*_gcp(config.gcp, opts), *_azure(config.azure_audience, config.azure, opts)],
    )


def _gcp(
    identities: Mapping[str, Args], opts: pulumi.ResourceOptions
) -> Iterator[tuple[str, IdentityFacts]]:
    if not identities:
        return
    from components.gcp import GcpIdentity  # noqa: PLC0415 - see above

    for name, args in identities.items():
        yield name, GcpIdentity(name, cast("GcpIdentityArgs", args), opts).facts


def _azure(
    audience_args: Args, identities: Mapping[str, Args], opts: pulumi.ResourceOptions
) -> Iterator[tuple[str, IdentityFacts]]:
    if not identities:
        return
    from components.azure import AzureAudience, AzureIdentity  # noqa: PLC0415 - see above

    audience = AzureAudience("azure", cast("AzureAudienceArgs", audience_args), opts)
    for name, args in identities.items():
        given = {**args, "audience": audience}
        yield name, AzureIdentity(name, cast("AzureIdentityArgs", given), opts).facts
