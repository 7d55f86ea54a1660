"""A Google service account as an identity source: its ID tokens open logins.

It does not create a key file, or decide what the account may do in Google Cloud.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import pulumi
from typing_extensions import NotRequired, TypedDict

from crdb_sso.errors import InvalidInput
from crdb_sso.tokens import google
from crdb_sso.tokens.kubernetes import ServiceAccount

from ._keys import KeyPlace, pinned_keys, source_facts
from ._options import (
    applied,
    as_run_error,
    check_bool,
    check_names,
    child_options,
    needs_package,
)
from .identity import IdentityFacts, SourceFacts

with needs_package("pulumi-gcp", "gcp"):
    from pulumi_gcp import projects, serviceaccount

TYPE_TOKEN = "crdb-sso:index:GcpIdentity"  # noqa: S105 - stored in every stack: never change, alias instead

SOURCE = "google"
"""All service accounts share one key source: Google's."""


class GkeAccount(TypedDict):
    """A Kubernetes service account that acts as the Google one (Workload Identity Federation).

    Google knows it by project, namespace and name: the account of that name in every GKE cluster of
    the project may do so. The project must already have a cluster with Workload Identity.
    """

    namespace: str
    """Namespace of the Kubernetes service account."""

    service_account: str
    """Its name. It also needs the annotation iam.gke.io/gcp-service-account with the email."""

    project: NotRequired[pulumi.Input[str] | None]
    """Project whose workload identity pool the GKE cluster uses; by default the account's."""


class GcpIdentityArgs(TypedDict):
    """Arguments of `GcpIdentity`; None is the same as not given."""

    account_id: NotRequired[str | None]
    """Creates a service account with this id: 6 to 30 lower-case letters, digits and dashes."""

    existing_email: NotRequired[pulumi.Input[str] | None]
    """Uses the existing service account with this address instead."""

    project: NotRequired[pulumi.Input[str] | None]
    """Id of the project of the created account, and of `enable_apis`; by default the provider's."""

    display_name: NotRequired[pulumi.Input[str] | None]
    """Display name of the created account."""

    audience: NotRequired[pulumi.Input[str] | None]
    """The `aud` that its tokens carry; by default "crdb-sso/<project>/<stack>" of Pulumi."""

    token_creators: NotRequired[Sequence[str] | Mapping[str, pulumi.Input[str]] | None]
    """IAM members that may mint its ID tokens, e.g. ["group:ops@example.com"]; if a member is an
    Output, a dict from a name of your choice to the member. Each of them can log in: a domain or a
    principalSet means everyone in it."""

    gke: NotRequired[GkeAccount | None]
    """Lets a Kubernetes service account of a GKE cluster act as the account."""

    enable_apis: NotRequired[bool | None]
    """Turns on the two Google APIs that this needs, and leaves them on at destroy."""

    jwks: NotRequired[pulumi.Input[str] | None]
    """Google's keys, JSON text of a JWKS, if this machine can't reach Google; the same for every
    GcpIdentity of a program."""

    close_passthrough: NotRequired[bool | None]
    """Whether to end logins of others that rely on Google not having an identity map line."""


class GcpIdentity(pulumi.ComponentResource):
    """A Google service account whose ID tokens open logins.

    The subject is its numeric unique id, which changes when the account is recreated. Anyone can
    mint Google tokens with any audience for their own accounts: the identity map, which names only
    this account, keeps them out.
    """

    facts: IdentityFacts
    """For `identities` of a login; a plain dict."""

    email: pulumi.Output[str]
    """The account's address."""

    unique_id: pulumi.Output[str]
    """Its numeric id, as a string: the `sub` of its tokens."""

    audience: pulumi.Output[str]
    """The `aud` that its tokens must carry."""

    recipes: pulumi.Output[Mapping[str, str]]
    """Shell commands that get a token: `metadata_server`, `impersonation`, `gcloud`. The last one
    needs roles/iam.serviceAccountTokenCreator, as gcloud requests an access token first."""

    def __init__(
        self, name: str, args: GcpIdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE_TOKEN, name, None, opts)
        label = f"GcpIdentity {name!r}"
        with as_run_error(label):
            _check_args(args)
            creators = _token_creators(args.get("token_creators") or (), label)
            gke = args.get("gke")
            workload = ServiceAccount(gke["namespace"], gke["service_account"]) if gke else None
        account = self._account(name, args)
        audience = args.get("audience") or google.default_audience(
            pulumi.get_project(), pulumi.get_stack()
        )
        self.email, self.unique_id = account.email, account.unique_id
        self.audience = pulumi.Output.from_input(audience)
        both = pulumi.Output.all(self.email, audience)
        self.recipes = both.apply(_recipes)
        for creator, member in creators.items():
            self._member(f"{name}-creator-{creator}", account, google.TOKEN_CREATOR_ROLE, member)
        if gke and workload:
            project = pulumi.Output.from_input(gke.get("project") or account.project)
            member = project.apply(partial(_gke_member, workload))
            self._member(f"{name}-gke", account, google.WORKLOAD_IDENTITY_ROLE, member)
        self.facts = {
            **self._source(args, label, audience),
            "subject": self.unique_id,
            "name": name,
            "token": both.apply(_token_hint),
            "token_from": {"kind": "gcp"},
            "proof_from": {"kind": "gcp", "impersonate": self.email},
        }
        self.register_outputs(
            {
                "email": self.email,
                "unique_id": self.unique_id,
                "audience": self.audience,
                "recipes": self.recipes,
            }
        )

    def _source(
        self, args: GcpIdentityArgs, label: str, audience: pulumi.Input[str]
    ) -> SourceFacts:
        place = KeyPlace(google.ISSUER, google.JWKS_URI, args.get("jwks"), is_fixed=True)
        return source_facts(
            SOURCE,
            google.ISSUER,
            audience,
            pinned_keys(self, label, place),
            close_passthrough=args.get("close_passthrough"),
        )

    def _account(
        self, name: str, args: GcpIdentityArgs
    ) -> "serviceaccount.Account | pulumi.Output[serviceaccount.GetAccountResult]":
        apis = self._apis(name, args) if args.get("enable_apis") else []
        email = args.get("existing_email")
        if email is not None:
            asked = pulumi.InvokeOutputOptions(parent=self, depends_on=apis)
            return serviceaccount.get_account_output(account_id=email, opts=asked)
        return serviceaccount.Account(
            f"{name}-account",
            account_id=args.get("account_id"),
            display_name=args.get("display_name"),
            project=args.get("project"),
            # an account id is unique in Google Cloud, so the old account must be deleted first
            opts=child_options(self, depends_on=apis, delete_before_replace=True),
        )

    def _apis(self, name: str, args: GcpIdentityArgs) -> list[pulumi.Resource]:
        return [
            projects.Service(
                f"{name}-{service.partition('.')[0]}",
                service=service,
                project=args.get("project"),
                disable_on_destroy=False,  # others in the project may need it
                opts=child_options(self),
            )
            for service in google.API_SERVICES
        ]

    def _member(
        self,
        name: str,
        account: "serviceaccount.Account | pulumi.Output[serviceaccount.GetAccountResult]",
        role: str,
        member: pulumi.Input[str],
    ) -> None:
        serviceaccount.IAMMember(
            name,
            service_account_id=account.name,
            role=role,
            member=member,
            opts=child_options(self),
        )


def _check_args(args: GcpIdentityArgs) -> None:
    check_names("GcpIdentity", args, GcpIdentityArgs)
    _check_options(args)
    account_id, email = args.get("account_id"), args.get("existing_email")
    if (account_id is None) == (email is None):
        raise InvalidInput(
            "it needs either `account_id` or `existing_email`",
            hint="Give `account_id` to create a service account, or `existing_email` to use an"
            " existing one.",
        )
    if account_id is not None:
        google.check_account_id(account_id)
        return
    if not isinstance(email, pulumi.Output):
        google.check_email(email)
    alone = ("display_name",) if args.get("enable_apis") else ("display_name", "project")
    for key in alone:
        if args.get(key) is not None:
            raise InvalidInput(
                f"`{key}` is for an account that is created here",
                hint="Leave it out if you give `existing_email`.",
            )


def _check_options(args: GcpIdentityArgs) -> None:
    for key in ("enable_apis", "close_passthrough"):
        check_bool(key, args.get(key))
    if args.get("gke") is not None:
        check_names("`gke`", args["gke"] or {}, GkeAccount)


def _token_creators(
    given: Sequence[str] | Mapping[str, pulumi.Input[str]], label: str
) -> Mapping[str, pulumi.Input[str]]:
    """Return the members that may mint tokens, by the name for their resource."""
    if isinstance(given, str) or not isinstance(given, Sequence | Mapping):
        raise InvalidInput(
            "`token_creators` is not a list", hint="Write [...], even around a single member."
        )
    members = given if isinstance(given, Mapping) else dict(zip(given, given, strict=True))
    for name, member in members.items():
        if not isinstance(name, str) or not name:
            raise InvalidInput(
                "a member of `token_creators` is not plain text",
                hint='Write {"a name for it": member} if the member is an Output.',
            )
        if not isinstance(member, pulumi.Output):
            google.check_member(member)
    return {name: _checked_member(label, member) for name, member in members.items()}


def _checked_member(label: str, member: pulumi.Input[str]) -> pulumi.Input[str]:
    """Return a member; an Output is checked once its value is known."""
    if isinstance(member, pulumi.Output):
        return applied(label, _checked, member)
    return member


def _checked(member: str) -> str:
    google.check_member(member)
    return member


def _gke_member(workload: ServiceAccount, project: str) -> str:
    return google.gke_member(project, workload)


def _recipes(email_and_audience: Sequence[str]) -> Mapping[str, str]:
    return google.token_recipes(*email_and_audience)


def _token_hint(email_and_audience: Sequence[str]) -> str:
    return google.token_hint(*email_and_audience)
