"""What an identity source knows about one principal: all that logins need from it."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import pulumi
from typing_extensions import NotRequired, TypedDict

_Value = TypeVar("_Value")

Asked = pulumi.Input[_Value] | Callable[[], pulumi.Input[_Value]]
"""A value, or a function that finds it once it is needed."""


def asked(value: Asked[_Value]) -> pulumi.Input[_Value]:
    """Return a value, finding it now if need be."""
    return value() if callable(value) else value


class SourceFacts(TypedDict):
    """What all principals of one source share.

    Values are plain if the program gave them plain, so that a thousand identities do not cost any
    Outputs.
    """

    issuer: pulumi.Input[str]
    """The exact `iss` of the tokens, byte for byte."""

    audience: pulumi.Input[str]
    """The `aud` that the tokens carry."""

    jwks_uri: NotRequired[Asked[str]]
    """Absolute https URL where the keys are published, if there is one; a function if finding out
    takes a request."""

    has_discovery: NotRequired[bool]
    """Whether a discovery document leads to `jwks_uri`, so that nodes find it themselves."""

    keys: Asked[Mapping[str, str]]
    """The public keys that sign the tokens: JWK text by kid. A function is called once they are
    needed; it is not called where the nodes fetch the keys. Instead of keys that could not be
    fetched, those of the last `up` count: see `crdb_sso.desired.not_fetched`."""

    ca_file: NotRequired[pulumi.Input[str]]
    """Path of a PEM file with the private CA of the key server."""

    source: str
    """Name of the key source; all facts with the same `source` share issuer and keys."""

    close_passthrough: NotRequired[bool]
    """Whether to end logins of others that rely on the issuer not having an identity map line."""


class IdentityFacts(SourceFacts):
    """One principal whose tokens open a login. A plain dict; new identity sources return these."""

    subject: pulumi.Input[str]
    """The exact `sub`, or `/` and an anchored RE2 regular expression: `/^...$`."""

    name: str
    """Label in previews and state, unique within a login."""

    token: pulumi.Input[str]
    """How the workload gets its token, in a few words."""

    token_from: NotRequired[Mapping[str, pulumi.Input[str]] | None]
    """How its program does: `kind`, a source of `crdb_sso.workload.tokens`, and parameters of that
    source, e.g. {"kind": "kubernetes", "path": "/var/run/secrets/crdb/token"}."""

    proof_from: NotRequired[Mapping[str, pulumi.Input[str]] | None]
    """How the machine that runs `pulumi up` gets such a token, for `prove` of `ClusterSso`, in the
    same words."""
