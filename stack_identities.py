"""The identities of clouds that a stack's configuration names."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from components import IdentityFacts
from stack_config import Args, StackConfig

if TYPE_CHECKING:
    from components.azure import AzureAudienceArgs, AzureIdentityArgs
    from components.gcp import GcpIdentityArgs


def cloud_identities(config: StackConfig) -> Mapping[str, IdentityFacts]:
    """Make the identities; a cloud's package loads only where the configuration names the cloud."""
    return dict([*_gcp(config.gcp), *_azure(config.azure_audience, config.azure)])


def _gcp(identities: Mapping[str, Args]) -> Iterator[tuple[str, IdentityFacts]]:
    if not identities:
        return
    from components.gcp import GcpIdentity  # noqa: PLC0415 - see above

    for name, args in identities.items():
        yield name, GcpIdentity(name, cast("GcpIdentityArgs", args)).facts


def _azure(
    audience_args: Args, identities: Mapping[str, Args]
) -> Iterator[tuple[str, IdentityFacts]]:
    if not identities:
        return
    from components.azure import AzureAudience, AzureIdentity  # noqa: PLC0415 - see above

    audience = AzureAudience("azure", cast("AzureAudienceArgs", audience_args))
    for name, args in identities.items():
        given = {**args, "audience": audience}
        yield name, AzureIdentity(name, cast("AzureIdentityArgs", given)).facts
