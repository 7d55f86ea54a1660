"""What an identity source knows of one principal: the only thing that logins need of it."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import pulumi
from typing_extensions import NotRequired, TypedDict

_Value = TypeVar("_Value")

Asked = pulumi.Input[_Value] | Callable[[], pulumi.Input[_Value]]
"""A value, or what finds it when it is called: not before somebody needs it."""


def asked(value: Asked[_Value]) -> pulumi.Input[_Value]:
    """Return a value, found now if need be."""
    return value() if callable(value) else value


class SourceFacts(TypedDict):
    """What all principals of one source share.

    Values are plain wherever the program gave them plain, so that a thousand identities cost no
    Outputs.
    """

    issuer: pulumi.Input[str]
    """The exact `iss` of the tokens, byte for byte."""

    audience: pulumi.Input[str]
    """The `aud` that the tokens carry."""

    jwks_uri: NotRequired[Asked[str]]
    """Absolute https URL where the keys are published, if there is one; a function where it takes a
    request to find out."""

    has_discovery: NotRequired[bool]
    """Whether a discovery document leads to `jwks_uri`, so that nodes need not be told."""

    keys: Asked[Mapping[str, str]]
    """The public keys that sign the tokens: JWK text by kid. A function is called once they are
    needed, which is not so where the nodes fetch them."""

    ca_file: NotRequired[pulumi.Input[str]]
    """Path of a PEM file with the private CA of the server of the keys."""

    source: str
    """Which key source it is; all facts with one `source` share issuer and keys."""

    close_passthrough: NotRequired[bool]
    """Whether to end logins of others that rely on the issuer having no identity map line."""


class IdentityFacts(SourceFacts):
    """One principal: whose tokens open a login. A plain dict; a new identity source makes these."""

    subject: pulumi.Input[str]
    """The exact `sub`, or `/` and an anchored RE2 regular expression: `/^...$`."""

    name: str
    """Label in previews and state, unique within a login."""

    token: pulumi.Input[str]
    """How the workload gets its token, in a few words."""
