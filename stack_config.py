"""The only reader of the stack's configuration (namespace `crdb-sso`, described in Pulumi.yaml)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi

from stack_args import (
    AZURE_SHAPE,
    GCP_SHAPE,
    GROUP_SYNC_SHAPE,
    NAMESPACE,
    Args,
    audience_args,
    check_known,
    named_args,
    option_args,
    texts,
    wrong,
)

Keys = Literal["pinned", "fetched"]


@dataclass(frozen=True, slots=True)
class LoginConfig:
    """One SQL user; somebody may log in as it.

    Attributes:
        subjects: Whose tokens of the issuer open it: exact `sub` values, or `/^...$`.
        roles: Existing roles it is a member of.
        may_login: False shuts it out now.
        identities: Names of the cloud identities whose tokens open it.
        on_delete: What becomes of a user made here once its login goes.
    """

    subjects: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    may_login: bool = True
    identities: tuple[str, ...] = ()
    on_delete: Literal["drop", "disable"] = "drop"


@dataclass(frozen=True, slots=True)
class StackConfig:
    """What a `Pulumi.<stack>.yaml` says; what is not given is None or empty.

    Attributes:
        cluster_url: libpq URL of the operator, secret.
        keys: Who keeps the issuers' keys.
        logins: Logins by SQL user.
        issuer: The exact `iss` of the tokens.
        audience: The `aud` of the tokens.
        protect: Whether logins and identities are guarded against `pulumi destroy`.
        issuer_ca_file: PEM file with the private CA of the issuer.
        jwks_uri: Where the issuer's keys are, if discovery is not to be asked.
        jwks: The issuer's keys as JSON text, if nothing is to be fetched.
        subject_is_username: Whether each subject of the issuer is the SQL user of its name.
        gcp: Arguments of each `GcpIdentity`, by its name.
        azure_audience: Arguments of the `AzureAudience` of all `azure`.
        azure: Arguments of each `AzureIdentity`, by its name.
        sso_only: Who may still come in without a token, None if the rules stay as they are.
        auto_provisioning: Whether tokens may create the users they name.
        group_sync: Where the groups of tokens are, None if the settings stay as they are.
        connect_host: Where workloads reach the cluster, if not as `cluster_url` says.
        connect_port: The port there.
        connect_database: Database that workloads connect to.
        claim: Which claim of a token names its principal, for the whole cluster.
        retire_keys_after_hours: How long keys stay that are published no more, in hours.
    """

    cluster_url: pulumi.Output[str] = field(repr=False)
    keys: Keys
    logins: Mapping[str, LoginConfig]
    issuer: str | None = None
    audience: str | None = None
    protect: bool = False
    issuer_ca_file: str | None = None
    jwks_uri: str | None = None
    jwks: str | None = None
    subject_is_username: bool = False
    gcp: Mapping[str, Args] = field(default_factory=dict)
    azure_audience: Args = field(default_factory=dict)
    azure: Mapping[str, Args] = field(default_factory=dict)
    sso_only: Args | None = None
    auto_provisioning: bool = False
    group_sync: Args | None = None
    connect_host: str | None = None
    connect_port: int | None = None
    connect_database: str | None = None
    retire_keys_after_hours: int = 24
    claim: str | None = None


def load() -> StackConfig:
    """Read the configuration of the stack that is being deployed.

    Raises:
        pulumi.RunError: A key is missing or has a value that can't be used; the text names it.
    """
    config = pulumi.Config(NAMESPACE)
    hours = config.get_int("retireKeysAfterHours")
    takes_subjects = config.get_bool("subjectIsUsername") or False
    loaded = StackConfig(
        cluster_url=config.require_secret("clusterUrl"),
        keys=_keys(config.require("keys")),
        logins=_logins(config.require_object("logins"), may_be_none=takes_subjects),
        issuer=config.get("issuer") or None,
        audience=config.get("audience") or None,
        protect=config.get_bool("protect") or False,
        issuer_ca_file=config.get("issuerCaFile") or None,
        jwks_uri=config.get("jwksUri") or None,
        jwks=config.get("jwks") or None,
        subject_is_username=takes_subjects,
        gcp=named_args("gcp", config.get_object("gcp"), GCP_SHAPE, config.get("gcpJwks")),
        azure_audience=audience_args(config),
        azure=named_args("azure", config.get_object("azure"), AZURE_SHAPE),
        sso_only=_sso_only(config.get_object("ssoOnly")),
        auto_provisioning=config.get_bool("autoProvisioning") or False,
        group_sync=option_args("groupSync", config.get_object("groupSync"), GROUP_SYNC_SHAPE),
        connect_host=config.get("connectHost") or None,
        connect_port=config.get_int("connectPort") or None,
        connect_database=config.get("connectDatabase") or None,
        retire_keys_after_hours=24 if hours is None else hours,
        claim=config.get("claim") or None,
    )
    _check_issuer(loaded)
    _check_identities(loaded)
    return loaded


def _keys(text: str) -> Keys:
    if text == "pinned":
        return "pinned"
    if text == "fetched":
        return "fetched"
    hint = f"`pulumi config set {NAMESPACE}:keys pinned`, or fetched."
    raise wrong("keys", f"is {text!r}", hint)


def _logins(value: object, *, may_be_none: bool) -> Mapping[str, LoginConfig]:
    if not isinstance(value, dict) or not (value or may_be_none):
        raise wrong("logins", "names no login", f"Write {_EXAMPLE}.")
    return {user: _login(f"logins.{user}", login) for user, login in value.items()}


_EXAMPLE = "{app_batch: {subjects: [batch-runner], roles: [reader]}}"
_KNOWN = ("subjects", "identities", "roles", "login", "onDelete")


def _login(key: str, value: object) -> LoginConfig:
    if not isinstance(value, dict) or not value:
        raise wrong(key, "is no object", f"Write logins as {_EXAMPLE}.")
    check_known(key, value, _KNOWN)
    may_login = value.get("login", True)
    if not isinstance(may_login, bool):
        raise wrong(f"{key}.login", f"is {may_login!r}", "Write true or false.")
    login = LoginConfig(
        subjects=texts(f"{key}.subjects", value.get("subjects", [])),
        roles=texts(f"{key}.roles", value.get("roles", [])),
        may_login=may_login,
        identities=texts(f"{key}.identities", value.get("identities", [])),
        on_delete=_on_delete(f"{key}.onDelete", value.get("onDelete", "drop")),
    )
    if not login.subjects and not login.identities:
        what = "has neither subjects nor identities"
        raise wrong(key, what, "Name who may log in; `login: false` bars all.")
    return login


def _on_delete(key: str, value: object) -> Literal["drop", "disable"]:
    if value == "drop":
        return "drop"
    if value == "disable":
        return "disable"
    raise wrong(key, f"is {value!r}", "Write drop or disable.")


def _sso_only(value: object) -> Args | None:
    """Return the argument as it stands: the component checks what is in it."""
    if not value:
        return None
    if not isinstance(value, dict):
        raise wrong("ssoOnly", f"is {value!r}", "Write {keep: [{user: ops, method: cert}]}.")
    return value


def _check_issuer(config: StackConfig) -> None:
    users = sorted(user for user, login in config.logins.items() if login.subjects)
    if users and config.issuer is None:
        hint = f"The subjects of {users[0]} are those of its tokens."
        raise wrong("issuer", "is missing", f"Write the exact `iss`. {hint}")
    if config.issuer is not None and config.audience is None:
        raise wrong("audience", "is missing", "Write the `aud` of the issuer's tokens.")
    idle = {
        "audience": config.audience,
        "jwksUri": config.jwks_uri,
        "jwks": config.jwks,
        "issuerCaFile": config.issuer_ca_file,
        "subjectIsUsername": config.subject_is_username,
    }
    for key, value in idle.items():
        if value and config.issuer is None:
            raise wrong(key, "is given without issuer", "Write the issuer too, or neither.")


def _check_identities(config: StackConfig) -> None:
    if pulumi.Config(NAMESPACE).get("gcpJwks") and not config.gcp:
        raise wrong("gcpJwks", "is given without gcp", "Write the identities too, or neither.")
    both = sorted(config.gcp.keys() & config.azure.keys())
    if both:
        what = f"and gcp both have {both[0]!r}"
        raise wrong("azure", what, "Give one of them another name.")
    if config.azure_audience and not config.azure:
        what = "is given, or azureJwks, without azure"
        raise wrong("azureAudience", what, "Write the identities too, or neither.")
    known = [*config.gcp, *config.azure]
    for user, login in config.logins.items():
        for name in login.identities:
            if name not in known:
                hint = f"Known are {', '.join(known)}." if known else "There are none."
                raise wrong(
                    f"logins.{user}.identities",
                    f"names {name!r}",
                    f"Write names out of {NAMESPACE}:gcp and {NAMESPACE}:azure. {hint}",
                )
