"""Which keys a `Pulumi.<stack>.yaml` may hold, in the namespace `crdb-sso`.

The text below a key describes it, here and in docs/configuration.md. A key without a default is
required. "", {} and the port 0 stand for "not set".
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import pulumi
from pydantic import Field

from stack_identities import AzureAudienceConfig, AzureConfig, GcpConfig
from stack_keys import (
    MISSING,
    Keys,
    Mistake,
    Switch,
    Text,
    WholeNumber,
    how_to_set,
    read,
)

if TYPE_CHECKING:
    from components import GroupSync, SsoOnly


class LoginConfig(Keys):
    """One SQL user, and who may log in as it."""

    subjects: tuple[Text, ...] = ()
    """Whose tokens of the issuer open it: exact `sub` values, or `/` and an anchored RE2 regular
    expression"""

    identities: tuple[Text, ...] = ()
    """Whose cloud tokens open it: names from `gcp` and `azure`"""

    roles: tuple[Text, ...] = ()
    """Existing roles that it is a member of"""

    login: Switch = True
    """Whether it may log in; false shuts it out now and leaves everything else in place"""

    on_delete: Literal["drop", "disable"] = "drop"
    """What happens to a SQL user that was created here once its login is removed: with `disable` it
    stays, shut out ([what becomes of users](users.md))"""

    allow_privileged: Switch = False
    """Whether it may open a SQL user that is a member of admin or holds system privileges, or make
    one a member of admin with its roles; by default that is refused"""

    def mistakes(self) -> Iterator[Mistake]:
        """Yield what is wrong with the two lists of those who may log in."""
        if not self.subjects and not self.identities:
            hint = "List who may log in; `login: false` shuts out everybody for a while."
            yield Mistake((), "has neither subjects nor identities", hint)
        for position, subject in enumerate(self.subjects):
            path = ("subjects", position)
            if subject in self.subjects[:position]:
                yield Mistake(path, "repeats {}", "Write it once.", subject)
            if subject in self.identities:
                what = "is {}, which is also the name of an identity"
                yield Mistake(path, what, "Rename the identity in gcp or azure.", subject)


class KeptConfig(Keys):
    """The keys of `Kept`, described in docs/components.md."""

    user: str
    method: str
    address: str | None = None


class SsoOnlyConfig(Keys):
    """The keys of `SsoOnly`, described in docs/components.md."""

    keep: tuple[KeptConfig, ...] | None = None

    def args(self) -> "SsoOnly":
        """Return them as the component takes them."""
        kept = self.keep or ()
        return {
            "keep": [{"user": k.user, "method": k.method, "address": k.address} for k in kept],
        }


class GroupSyncConfig(Keys):
    """The keys of `GroupSync`, described in docs/components.md."""

    group_claim: str | None = None
    userinfo_group_key: str | None = None
    allow_privileged: Switch = False

    def args(self) -> "GroupSync":
        """Return them as the component takes them."""
        return {
            "group_claim": self.group_claim,
            "userinfo_group_key": self.userinfo_group_key,
            "allow_privileged": self.allow_privileged,
        }


class StackConfig(Keys):
    """What a `Pulumi.<stack>.yaml` says."""

    elsewhere = {  # noqa: RUF012 - read only
        "issuers": "Set issuer and audience, each to one text; published recipes that list issuers"
        " as objects do not work (docs/from-the-published-recipe.md)."
    }

    cluster_url: pulumi.Output[str] = Field(
        repr=False,
        examples=["postgresql://ops@db.example.com:26257/defaultdb?sslmode=verify-full"],
    )
    """libpq URL of the operator; leave the password to PGPASSWORD, or use a client certificate"""

    issuer: str | None = None
    """The exact `iss` of an OIDC issuer's tokens, byte for byte; needed where logins have
    subjects"""

    audience: str | None = None
    """The `aud` that the issuer's tokens carry; needed with issuer"""

    issuer_ca_file: str | None = None
    """PEM file with the private CA of the issuer's server, if it has one, or a bundle of several"""

    jwks_uri: str | None = None
    """https URL of the issuer's keys, if discovery can't be used"""

    jwks: str | None = None
    """The issuer's keys, JSON text of a JWK or JWKS, if this machine can't reach the issuer"""

    subject_is_username: Switch = False
    """Whether each subject of the issuer logs in as the SQL user of the same name, so that the
    issuer chooses the user; by default only the subjects of logins may log in"""

    gcp: Mapping[Text, GcpConfig] = Field(
        default={},
        examples=[
            "{orders: {accountId: shop-orders, gke: {namespace: shop, serviceAccount: orders}}}"
        ],
    )
    """Google service accounts whose tokens open logins, by a name you choose; the keys are the
    arguments of [`GcpIdentity`](components.md#gcpidentity)"""

    gcp_jwks: str | None = None
    """Google's keys, JSON text of a JWKS, if this machine can't reach Google"""

    azure_audience: AzureAudienceConfig = Field(
        default=AzureAudienceConfig(), examples=["{existingClientId: ..., tokenVersion: 1}"]
    )
    """The app registration that is the audience of all Azure identities; the keys are the arguments
    of [`AzureAudience`](components.md#azureaudience); by default one is created"""

    azure: Mapping[Text, AzureConfig] = Field(
        default={}, examples=["{billing: {resourceGroupName: billing-rg, location: westeurope}}"]
    )
    """Azure managed identities whose tokens open logins, by a name you choose; the keys are the
    arguments of [`AzureIdentity`](components.md#azureidentity)"""

    azure_jwks: str | None = None
    """The Entra tenant's keys, JSON text of a JWKS, if this machine can't reach Entra"""

    keys: Literal["pinned", "fetched"] = Field(examples=["pinned"])
    """Who keeps the issuers' keys: `pinned` writes them into the cluster on each `pulumi up`,
    `fetched` has the nodes fetch them on each login"""

    claim: str | None = None
    """Which claim of a token names its principal, for all logins to the cluster, if not sub; from
    26.3 on it may be a JSON Pointer, e.g. /kubernetes.io/serviceaccount/uid"""

    retire_keys_after_hours: Annotated[WholeNumber, Field(ge=0, le=8784)] = 24  # a year
    """How long a key stays trusted, in hours, after its issuer stopped publishing it; 0 drops it at
    once"""

    protect: Switch = False
    """Whether to refuse `pulumi destroy` of the logins, and of the identities created for them"""

    connect_host: str | None = None
    """Host name where workloads reach the cluster, if not that of clusterUrl"""

    connect_port: Annotated[WholeNumber, Field(ge=0, le=65535)] = 0
    """Port where workloads reach the cluster, if not that of clusterUrl"""

    connect_database: str | None = None
    """Database that workloads connect to, if not defaultdb"""

    connect_ca_file: str | None = Field(default=None, examples=["/etc/crdb/ca.crt"])
    """Absolute path where workloads find the CA of the cluster, if it is a private one; `system`
    for the CAs of their system"""

    sso_only: SsoOnlyConfig | None = Field(
        default=None, examples=["{keep: [{user: backup_svc, method: cert, address: 10.0.0.0/8}]}"]
    )
    """Who may still log in without a token, besides root where nodes let root in; everybody else is
    rejected; the keys are those of [`SsoOnly`](components.md#ssoonly); without it the rules stay as
    they are"""

    auto_provisioning: Switch = False
    """Whether a token may create the SQL user that it names, on the whole cluster (25.4 and newer);
    even an expired token does, and such users stay; false leaves the setting as it is"""

    group_sync: GroupSyncConfig | None = Field(
        default=None, examples=["{groupClaim: groups, userinfoGroupKey: groups}"]
    )
    """Where tokens list the groups that give users their roles, on the whole cluster (25.4 and
    newer); each login revokes every other role; the keys are those of
    [`GroupSync`](components.md#groupsync); without it the settings stay as they are"""

    accept: Mapping[Text, Text] = Field(
        default={}, examples=["{CRDB-SSO-002: the test stack replays tokens of prod}"]
    )
    """Findings of `crdb-sso analyze` that this stack lives with: the reason by
    [id](findings.md)"""

    prove: Mapping[Text, Mapping[Text, Text]] = Field(
        default={}, examples=["{app_batch: {kind: command, command: vault-token app_batch}}"]
    )
    """Logins that each `up` which changes something tries once all is written, by SQL user: where
    this machine gets the token ([proving logins](prove.md)); `{}` for an identity of gcp"""

    on_failed_proof: Literal["keep", "restore"] = "keep"
    """What becomes of a change after which such a login is not let in; `restore` puts it back"""

    logins: Mapping[Text, LoginConfig] = Field(
        examples=["{app_batch: {subjects: [batch-runner], roles: [reader]}}"]
    )
    """Who may log in as whom, by SQL user; each login has the keys below"""

    def mistakes(self) -> Iterator[Mistake]:
        """Yield what does not fit together."""
        yield from self._issuer_mistakes()
        yield from self._cloud_mistakes()
        yield from self._login_mistakes()

    def _issuer_mistakes(self) -> Iterator[Mistake]:
        with_subjects = sorted(user for user, login in self.logins.items() if login.subjects)
        if self.issuer is None and with_subjects:
            whose = f"The subjects of {with_subjects[0]} are from its tokens."
            yield Mistake(("issuer",), MISSING, f"Set it to the exact `iss`. {whose}")
        elif self.issuer is None:
            needs_issuer = {
                "audience": self.audience,
                "jwksUri": self.jwks_uri,
                "jwks": self.jwks,
                "issuerCaFile": self.issuer_ca_file,
                "subjectIsUsername": self.subject_is_username,
            }
            for key in (key for key, value in needs_issuer.items() if value):
                yield _set_alone(key, "issuer")
        elif self.audience is None:
            hint = "Set it to the `aud` of the issuer's tokens."
            yield Mistake(("audience",), MISSING, hint)

    def _cloud_mistakes(self) -> Iterator[Mistake]:
        if self.gcp_jwks and not self.gcp:
            yield _set_alone("gcpJwks", "gcp")
        if self.azure_jwks and not self.azure:
            yield _set_alone("azureJwks", "azure")
        if self.azure_audience.model_fields_set and not self.azure:
            yield _set_alone("azureAudience", "azure")
        for name in sorted(self.gcp.keys() & self.azure.keys()):
            what = "has the same name as an identity in gcp"
            yield Mistake(("azure", name), what, "Rename one of them.")

    def _login_mistakes(self) -> Iterator[Mistake]:
        if not self.logins and not self.subject_is_username:
            yield Mistake(("logins",), "has no logins", how_to_set("logins", StackConfig))
        known = [*self.gcp, *self.azure]
        for user, login in self.logins.items():
            for position, name in enumerate(login.identities):
                if name not in known:
                    names = f"Known names: {', '.join(known)}." if known else "There are none."
                    yield Mistake(
                        ("logins", user, "identities", position),
                        "is {}, which is not an identity",
                        f"Use a name from gcp or azure. {names}",
                        name,
                    )


def _set_alone(key: str, other: str) -> Mistake:
    return Mistake((key,), f"is set without {other}", f"Set {other} too, or remove {key}.")


def load() -> StackConfig:
    """Read the configuration of the stack that is being deployed.

    Raises:
        pulumi.RunError: Something has to be fixed; the text names each key.
    """
    return read(StackConfig)
