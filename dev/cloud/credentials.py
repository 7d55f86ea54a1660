"""Azure: who may act as a managed identity (federated identity credentials)."""

import re
from collections.abc import Iterator

from dev.cloud.arm import (
    ADDED,
    IDENTITY_VERSION,
    defaults,
    existing_id,
    free_id,
    identity_id,
    keeps_name,
    refusal,
    renewed_but_name,
    written,
)
from dev.cloud.kinds import Config, Kind, Problem, echoed
from dev.cloud.tokens import CREDENTIAL
from dev.cloud.values import Values, known
from dev.cloud.world import Refused, World

MOST_CREDENTIALS = 20  # of one managed identity
CREDENTIAL_NAME = r"^[a-zA-Z0-9]{1}[a-zA-Z0-9-_]{2,119}$"

_CREDENTIAL_COMPUTED = ("name", "systemData", "type")


def credential_problems(inputs: Values) -> Iterator[Problem]:
    """Yield that a credential's name breaks Azure's rule."""
    name = known(inputs, "federatedIdentityCredentialResourceName")
    if isinstance(name, str) and not re.match(CREDENTIAL_NAME, name):
        property_ = "federatedIdentityCredentialResourceName"
        yield Problem(property_, f"'{property_}' does not match expression '{CREDENTIAL_NAME}'")


def create_credential(world: World, inputs: Values, config: Config) -> tuple[str, Values]:
    """Let a managed identity trust one subject of one issuer."""
    identity = existing_id(world, identity_id(inputs, config))
    if identity is None:
        raise refusal(
            404,
            "ParentResourceNotFound",
            "Failed to perform 'write' on resource(s) of type"
            " 'userAssignedIdentities/federatedIdentityCredentials', because the parent resource"
            f" '{identity_id(inputs, config)}' could not be found.",
        )
    name = inputs["federatedIdentityCredentialResourceName"]
    id_ = free_id(world, f"{identity}/federatedIdentityCredentials/{name}")
    others = _credentials(world, identity, id_)
    if len(others) >= MOST_CREDENTIALS:
        raise refusal(
            400,
            "BadRequest",
            f"Too many Federated Identity Credentials: the managed identity '{identity}' has the"
            f" maximum of {MOST_CREDENTIALS} already.",
        )
    _refuse_second_meaning(others, inputs)
    kind = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
    return id_, {**written(inputs), "name": name, "type": kind}


def update_credential(
    world: World, id_: str, news: Values, olds: Values, _config: Config
) -> Values:
    """Change what a credential trusts."""
    _refuse_second_meaning(_credentials(world, id_.rsplit("/", 2)[0], id_), news)
    return echoed(world.objects[id_].outputs, news, olds)


def busy_identity(identity: str) -> Refused:
    """Return the refusal of a write while another one is in progress on the same identity."""
    return refusal(
        409,
        "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
        "Too many Federated Identity Credentials are written concurrently for the managed identity"
        f" '{identity.lower()}'. Concurrent Federated Identity Credentials writes under the same"
        " managed identity are not supported.",
    )


def _credentials(world: World, identity: str, but: str) -> list[Values]:
    """Return the other credentials of an identity."""
    inside = f"{identity}/federatedIdentityCredentials/".lower()
    return [
        entry.outputs
        for id_, entry in world.of_type(CREDENTIAL)
        if id_.lower().startswith(inside) and id_ != but
    ]


def _refuse_second_meaning(others: list[Values], inputs: Values) -> None:
    meaning = (inputs["issuer"], inputs["subject"])
    if meaning in [(other["issuer"], other["subject"]) for other in others]:
        text = "Issuer and subject combination already exists for this Managed Identity."
        raise refusal(409, "Conflict", text)


CREDENTIAL_KIND = Kind(
    token=CREDENTIAL,
    sdk="pulumi_azure_native.managedidentity:FederatedIdentityCredential",
    create=create_credential,
    replaces=frozenset(
        {"resourceGroupName", "resourceName", "federatedIdentityCredentialResourceName"}
    ),
    added=ADDED,
    computed=_CREDENTIAL_COMPUTED,
    renewed=renewed_but_name(_CREDENTIAL_COMPUTED),
    defaults=defaults("federatedIdentityCredentialResourceName", IDENTITY_VERSION, placed=False),
    problems=credential_problems,
    update=update_credential,
    delete_first=keeps_name,
    one_writer=identity_id,
    busy=busy_identity,
)
