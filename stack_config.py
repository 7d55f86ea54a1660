"""The only reader of the stack's configuration (namespace `crdb-sso`, described in Pulumi.yaml)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi

NAMESPACE = "crdb-sso"


@dataclass(frozen=True, slots=True)
class LoginConfig:
    """One SQL user.

    Attributes:
        subjects: Whose tokens open it: exact `sub` values, or `/^...$`.
        roles: Existing roles it is a member of.
        may_login: False shuts it out now.
    """

    subjects: tuple[str, ...]
    roles: tuple[str, ...] = ()
    may_login: bool = True


@dataclass(frozen=True, slots=True)
class StackConfig:
    """What a `Pulumi.<stack>.yaml` says; what is not given is None.

    Attributes:
        cluster_url: libpq URL of the operator, secret.
        issuer: The exact `iss` of the tokens.
        audience: The `aud` of the tokens.
        keys: Who keeps the issuer's keys.
        logins: Logins by SQL user.
        protect: Whether the logins are guarded against `pulumi destroy`.
        issuer_ca_file: PEM file with the private CA of the issuer.
        jwks_uri: Where the issuer's keys are, if discovery is not to be asked.
        jwks: The issuer's keys as JSON text, if nothing is to be fetched.
        connect_host: Where workloads reach the cluster, if not as `cluster_url` says.
        connect_port: The port there.
        connect_database: Database that workloads connect to.
    """

    cluster_url: pulumi.Output[str] = field(repr=False)
    issuer: str
    audience: str
    keys: Literal["pinned"]
    logins: Mapping[str, LoginConfig]
    protect: bool = False
    issuer_ca_file: str | None = None
    jwks_uri: str | None = None
    jwks: str | None = None
    connect_host: str | None = None
    connect_port: int | None = None
    connect_database: str | None = None


def load() -> StackConfig:
    """Read the configuration of the stack that is being deployed.

    Raises:
        pulumi.RunError: A key is missing or has a value that can't be used; the text names it.
    """
    config = pulumi.Config(NAMESPACE)
    return StackConfig(
        cluster_url=config.require_secret("clusterUrl"),
        issuer=config.require("issuer"),
        audience=config.require("audience"),
        keys=_keys(config.require("keys")),
        logins=_logins(config.require_object("logins")),
        protect=config.get_bool("protect") or False,
        issuer_ca_file=config.get("issuerCaFile") or None,
        jwks_uri=config.get("jwksUri") or None,
        jwks=config.get("jwks") or None,
        connect_host=config.get("connectHost") or None,
        connect_port=config.get_int("connectPort") or None,
        connect_database=config.get("connectDatabase") or None,
    )


def _keys(text: str) -> Literal["pinned"]:
    if text != "pinned":
        raise _wrong("keys", f"is {text!r}", f"`pulumi config set {NAMESPACE}:keys pinned`.")
    return "pinned"


def _logins(value: object) -> Mapping[str, LoginConfig]:
    if not isinstance(value, dict) or not value:
        raise _wrong("logins", "names no login", f"Write {_EXAMPLE}.")
    return {user: _login(f"logins.{user}", login) for user, login in value.items()}


_EXAMPLE = "{app_batch: {subjects: [batch-runner], roles: [reader]}}"
_KNOWN = ("subjects", "roles", "login")


def _login(key: str, value: object) -> LoginConfig:
    if not isinstance(value, dict) or not value:
        raise _wrong(key, "is no object", f"Write logins as {_EXAMPLE}.")
    for name in value:
        if name not in _KNOWN:
            raise _wrong(f"{key}.{name}", "is unknown", f"Known are {', '.join(_KNOWN)}.")
    may_login = value.get("login", True)
    if not isinstance(may_login, bool):
        raise _wrong(f"{key}.login", f"is {may_login!r}", "Write true or false.")
    subjects = _texts(f"{key}.subjects", value.get("subjects"))
    if not subjects:
        raise _wrong(f"{key}.subjects", "is empty", "Name who may log in; `login: false` bars all.")
    return LoginConfig(subjects, _texts(f"{key}.roles", value.get("roles", [])), may_login)


def _texts(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(key, f"is {value!r}", 'Write a list of texts, numbers in quotes: ["1077"].')
    return tuple(value)


def _wrong(key: str, what: str, hint: str) -> pulumi.RunError:
    return pulumi.RunError(
        f"configuration {NAMESPACE}:{key} {what}\n"
        f"  Next step: {hint} It stands in Pulumi.{pulumi.get_stack()}.yaml."
    )
