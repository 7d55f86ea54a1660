"""Azure managed identities as an identity source: their Entra access tokens open logins."""

from collections.abc import Mapping
from functools import partial

import pulumi
from typing_extensions import NotRequired, TypedDict

from crdb_sso.errors import InvalidInput
from crdb_sso.tokens import entra
from crdb_sso.tokens.entra import CloudName
from crdb_sso.tokens.kubernetes import ServiceAccount

from ._options import (
    applied,
    as_run_error,
    check_bool,
    check_names,
    child_options,
    needs_package,
)
from .azure_audience import AzureAudience, AzureAudienceArgs
from .identity import IdentityFacts

with needs_package("pulumi-azure-native", "azure"):
    from pulumi_azure_native import managedidentity

__all__ = ["AksAccount", "AzureAudience", "AzureAudienceArgs", "AzureIdentity", "AzureIdentityArgs"]

TYPE_TOKEN = "crdb-sso:index:AzureIdentity"  # noqa: S105 - stored in every stack: never change, alias instead


class AksAccount(TypedDict):
    """A Kubernetes service account of an AKS cluster that acts as the managed identity."""

    issuer: pulumi.Input[str]
    """OIDC issuer URL of the AKS cluster, with its trailing slash."""

    namespace: str
    """Namespace of the Kubernetes service account."""

    service_account: str
    """Its name. It also needs the annotation azure.workload.identity/client-id."""


class AzureIdentityArgs(TypedDict):
    """Arguments of `AzureIdentity`; None is the same as not given."""

    resource_group_name: NotRequired[pulumi.Input[str] | None]
    """Creates a user-assigned managed identity in this resource group."""

    location: NotRequired[pulumi.Input[str] | None]
    """Region of the created identity; by default azure-native:location of the stack, else that of
    the resource group."""

    existing_principal_id: NotRequired[pulumi.Input[str] | None]
    """Uses the existing identity with this principal (object) id instead."""

    existing_client_id: NotRequired[pulumi.Input[str] | None]
    """Client id of the existing identity, for its recipes: needed where a machine has several
    identities."""

    audience: NotRequired[AzureAudience | None]
    """What its tokens are for; by default an `AzureAudience` of its own."""

    assign_role: NotRequired[bool | None]
    """False leaves the app role assignment to the administrators of the directory; by default
    True."""

    aks: NotRequired[Mapping[str, AksAccount] | None]
    """Kubernetes service accounts of AKS clusters that act as the identity, by a name for each
    federated credential; at most 20. Azure accepts an issuer and subject only once: to rename one,
    remove it in one `up` and add it in the next."""

    jwks: NotRequired[pulumi.Input[str] | None]
    """The tenant's keys for an audience of its own, if this machine can't reach Entra."""


class AzureIdentity(pulumi.ComponentResource):
    """A managed identity whose Entra tokens open logins.

    The subject is its principal (object) id, which changes when the identity is recreated.
    """

    facts: IdentityFacts
    """For `identities` of a login; a plain dict."""

    principal_id: pulumi.Output[str]
    """Object id of its service principal: the `sub` of its tokens."""

    client_id: pulumi.Output[str]
    """Its client id, by which a workload chooses among several; "" if it was not given."""

    recipes: pulumi.Output[Mapping[str, str]]
    """Shell commands that get a token: `imds`, `app_service`, `aks`."""

    def __init__(
        self, name: str, args: AzureIdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE_TOKEN, name, None, opts)
        self._label = f"AzureIdentity {name!r}"
        with as_run_error(self._label):
            _check_args(args)
            workloads = _workloads(args.get("aks") or {})
        audience = args.get("audience") or AzureAudience(
            f"{name}-audience", {"jwks": args.get("jwks")}, child_options(self)
        )
        existing = args.get("existing_principal_id")
        if existing is None:
            self._make(name, args, workloads, audience.cloud)
        else:
            guid = partial(entra.guid, "the principal id")
            self.principal_id = applied(self._label, guid, existing)
            self.client_id = pulumi.Output.from_input(args.get("existing_client_id") or "")
        if args.get("assign_role") is not False:
            audience.assign(f"{name}-role", self.principal_id, self)
        self.recipes = audience.token_recipes(self.client_id)
        self.facts = {
            **audience.source(),
            "subject": self.principal_id,
            "name": name,
            "token": audience.token_hint(self.client_id),
            "token_from": {
                # pods exchange their own token; a machine's identity would be somebody else's
                "kind": "azure_workload_identity" if workloads else "azure",
                "app_id": audience.client_id,
                "client_id": self.client_id,
            },
            "proof_from": None,  # only what runs as the identity gets its tokens
        }
        self.register_outputs(
            {
                "principal_id": self.principal_id,
                "client_id": self.client_id,
                "recipes": self.recipes,
            }
        )

    def _make(
        self,
        name: str,
        args: AzureIdentityArgs,
        workloads: Mapping[str, ServiceAccount],
        cloud: CloudName,
    ) -> None:
        identity = managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_group_name=args.get("resource_group_name"),
            location=args.get("location"),
            opts=child_options(self),
        )
        self.principal_id, self.client_id = identity.principal_id, identity.client_id
        before: list[pulumi.Resource] = []  # Azure refuses concurrent writes on one identity
        for label, account in (args.get("aks") or {}).items():
            credential = managedidentity.FederatedIdentityCredential(
                f"{name}-aks-{label}",
                resource_group_name=args.get("resource_group_name"),
                resource_name_=identity.name,
                federated_identity_credential_resource_name=label,
                issuer=account["issuer"],
                subject=workloads[label].subject,
                audiences=[entra.CLOUDS[cloud].exchange_audience],
                opts=child_options(self, depends_on=before),
            )
            before = [*before, credential]  # all of them: removing one leaves no gap in the order


def _check_args(args: AzureIdentityArgs) -> None:
    check_names("AzureIdentity", args, AzureIdentityArgs)
    group, existing = args.get("resource_group_name"), args.get("existing_principal_id")
    if (group is None) == (existing is None):
        raise InvalidInput(
            "it needs either `resource_group_name` or `existing_principal_id`",
            hint="Give `resource_group_name` to create a managed identity, or"
            " `existing_principal_id` to use an existing one.",
        )
    if isinstance(existing, str):
        entra.guid("the principal id", existing)
    check_bool("assign_role", args.get("assign_role"))
    if existing is None and args.get("existing_client_id") is not None:
        raise InvalidInput(
            "`existing_client_id` is for an existing managed identity",
            hint="Leave it out: an identity created here gets its own client id.",
        )
    for key in ("location", "aks"):
        if existing is not None and args.get(key) is not None:
            raise InvalidInput(
                f"`{key}` is for a managed identity that is created here",
                hint="Leave it out, and set it where the identity is created.",
            )
    audience = args.get("audience")
    if audience is not None and not isinstance(audience, AzureAudience):
        raise InvalidInput(
            "`audience` is not an AzureAudience",
            hint='Write e.g. AzureAudience("crdb", {}), and give it to all identities.',
        )
    if audience is not None and args.get("jwks") is not None:
        raise InvalidInput(
            "`jwks` belongs to the AzureAudience here", hint="Give it to that component."
        )


def _workloads(aks: Mapping[str, AksAccount]) -> Mapping[str, ServiceAccount]:
    if not isinstance(aks, Mapping):
        raise InvalidInput(
            "`aks` is not a dict",
            hint='Write {"a name": {"issuer": ..., "namespace": ..., "service_account": ...}}.',
        )
    entra.check_federated_credentials(aks)
    for label, account in aks.items():
        check_names(f"`aks` {label!r}", account, AksAccount)
    workloads = {
        label: ServiceAccount(account["namespace"], account["service_account"])
        for label, account in aks.items()
    }
    first: dict[tuple[object, ServiceAccount], str] = {}
    for label, account in aks.items():
        other = first.setdefault((account["issuer"], workloads[label]), label)
        if other != label:
            raise InvalidInput(
                f"`aks` {other!r} and {label!r} are one service account of one cluster",
                hint="Azure accepts it only once: leave one of them out.",
            )
    return workloads
