"""The only reader of the stack's configuration (namespace `crdb-sso`, described in Pulumi.yaml)."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi

NAMESPACE = "crdb-sso"

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


Args = Mapping[str, object]
"""Arguments of a component, which checks their values."""


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
        gcp: Arguments of each `GcpIdentity`, by its name.
        azure_audience: Arguments of the `AzureAudience` of all `azure`.
        azure: Arguments of each `AzureIdentity`, by its name.
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
    gcp: Mapping[str, Args] = field(default_factory=dict)
    azure_audience: Args = field(default_factory=dict)
    azure: Mapping[str, Args] = field(default_factory=dict)
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
    loaded = StackConfig(
        cluster_url=config.require_secret("clusterUrl"),
        keys=_keys(config.require("keys")),
        logins=_logins(config.require_object("logins")),
        issuer=config.get("issuer") or None,
        audience=config.get("audience") or None,
        protect=config.get_bool("protect") or False,
        issuer_ca_file=config.get("issuerCaFile") or None,
        jwks_uri=config.get("jwksUri") or None,
        jwks=config.get("jwks") or None,
        gcp=_named_args("gcp", config.get_object("gcp"), GCP_SHAPE, config.get("gcpJwks")),
        azure_audience=_audience_args(config),
        azure=_named_args("azure", config.get_object("azure"), AZURE_SHAPE),
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
    raise _wrong("keys", f"is {text!r}", hint)


def _logins(value: object) -> Mapping[str, LoginConfig]:
    if not isinstance(value, dict) or not value:
        raise _wrong("logins", "names no login", f"Write {_EXAMPLE}.")
    return {user: _login(f"logins.{user}", login) for user, login in value.items()}


_EXAMPLE = "{app_batch: {subjects: [batch-runner], roles: [reader]}}"
_KNOWN = ("subjects", "identities", "roles", "login", "onDelete")


def _login(key: str, value: object) -> LoginConfig:
    if not isinstance(value, dict) or not value:
        raise _wrong(key, "is no object", f"Write logins as {_EXAMPLE}.")
    _check_known(key, value, _KNOWN)
    may_login = value.get("login", True)
    if not isinstance(may_login, bool):
        raise _wrong(f"{key}.login", f"is {may_login!r}", "Write true or false.")
    login = LoginConfig(
        subjects=_texts(f"{key}.subjects", value.get("subjects", [])),
        roles=_texts(f"{key}.roles", value.get("roles", [])),
        may_login=may_login,
        identities=_texts(f"{key}.identities", value.get("identities", [])),
        on_delete=_on_delete(f"{key}.onDelete", value.get("onDelete", "drop")),
    )
    if not login.subjects and not login.identities:
        what = "has neither subjects nor identities"
        raise _wrong(key, what, "Name who may log in; `login: false` bars all.")
    return login


def _on_delete(key: str, value: object) -> Literal["drop", "disable"]:
    if value == "drop":
        return "drop"
    if value == "disable":
        return "disable"
    raise _wrong(key, f"is {value!r}", "Write drop or disable.")


def _check_issuer(config: StackConfig) -> None:
    users = sorted(user for user, login in config.logins.items() if login.subjects)
    if users and config.issuer is None:
        hint = f"The subjects of {users[0]} are those of its tokens."
        raise _wrong("issuer", "is missing", f"Write the exact `iss`. {hint}")
    if config.issuer is not None and config.audience is None:
        raise _wrong("audience", "is missing", "Write the `aud` of the issuer's tokens.")
    idle = {
        "audience": config.audience,
        "jwksUri": config.jwks_uri,
        "jwks": config.jwks,
        "issuerCaFile": config.issuer_ca_file,
    }
    for key, value in idle.items():
        if value and config.issuer is None:
            raise _wrong(key, "is given without issuer", "Write the issuer too, or neither.")


def _check_identities(config: StackConfig) -> None:
    if pulumi.Config(NAMESPACE).get("gcpJwks") and not config.gcp:
        raise _wrong("gcpJwks", "is given without gcp", "Write the identities too, or neither.")
    both = sorted(config.gcp.keys() & config.azure.keys())
    if both:
        what = f"and gcp both have {both[0]!r}"
        raise _wrong("azure", what, "Give one of them another name.")
    if config.azure_audience and not config.azure:
        what = "is given, or azureJwks, without azure"
        raise _wrong("azureAudience", what, "Write the identities too, or neither.")
    known = [*config.gcp, *config.azure]
    for user, login in config.logins.items():
        for name in login.identities:
            if name not in known:
                hint = f"Known are {', '.join(known)}." if known else "There are none."
                raise _wrong(
                    f"logins.{user}.identities",
                    f"names {name!r}",
                    f"Write names out of {NAMESPACE}:gcp and {NAMESPACE}:azure. {hint}",
                )


# arguments of cloud components

Shape = Mapping[str, "Shape | None"]
"""What an object may hold: None for a value, a shape for an object; "*" is any name."""

GCP_SHAPE: Shape = {
    "accountId": None,
    "existingEmail": None,
    "project": None,
    "displayName": None,
    "audience": None,
    "tokenCreators": None,
    "gke": {"namespace": None, "serviceAccount": None, "project": None},
    "enableApis": None,
    "closePassthrough": None,
}
AZURE_AUDIENCE_SHAPE: Shape = {
    "displayName": None,
    "existingClientId": None,
    "tokenVersion": None,
    "appRole": None,
    "tenantId": None,
    "cloud": None,
    "closePassthrough": None,
}
AZURE_SHAPE: Shape = {
    "resourceGroupName": None,
    "location": None,
    "existingPrincipalId": None,
    "existingClientId": None,
    "assignRole": None,
    "aks": {"*": {"issuer": None, "namespace": None, "serviceAccount": None}},
}


def _named_args(
    key: str, value: object, shape: Shape, jwks: str | None = None
) -> Mapping[str, Args]:
    more = {"jwks": jwks} if jwks else {}
    return {name: _args(f"{key}.{name}", bag, shape) | more for name, bag in _object(key, value)}


def _audience_args(config: pulumi.Config) -> Args:
    jwks = config.get("azureJwks")
    args = _args("azureAudience", config.get_object("azureAudience") or {}, AZURE_AUDIENCE_SHAPE)
    return args | ({"jwks": jwks} if jwks else {})


def _args(key: str, value: object, shape: Shape) -> dict[str, object]:
    """Return an object of the configuration as arguments: `accountId` becomes `account_id`."""
    if "*" not in shape:
        _check_known(key, dict(_object(key, value)), shape)
    args: dict[str, object] = {}
    for name, inner in _object(key, value):
        below = shape.get(name, shape.get("*"))
        args[name if "*" in shape else _snake(name)] = (
            inner if below is None else _args(f"{key}.{name}", inner, below)
        )
    return args


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def _texts(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(key, f"is {value!r}", 'Write a list of texts, numbers in quotes: ["1077"].')
    return tuple(value)


def _object(key: str, value: object) -> Collection[tuple[str, object]]:
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise _wrong(key, f"is {value!r}, no object", "See docs/configuration.md for its shape.")
    return value.items()


def _check_known(key: str, value: Mapping[str, object], known: Collection[str]) -> None:
    for name in value:
        if name not in known:
            raise _wrong(f"{key}.{name}", "is unknown", f"Known are {', '.join(known)}.")


def _wrong(key: str, what: str, hint: str) -> pulumi.RunError:
    return pulumi.RunError(
        f"configuration {NAMESPACE}:{key} {what}\n"
        f"  Next step: {hint} It stands in Pulumi.{pulumi.get_stack()}.yaml."
    )
