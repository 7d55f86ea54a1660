"""What an identity source knows of one principal: the only thing that logins need of it."""

from collections.abc import Mapping

import pulumi
from typing_extensions import NotRequired, TypedDict


class SourceFacts(TypedDict):
    """What all principals of one source share.

    Values are plain wherever the program gave them plain, so that a thousand identities cost no
    Outputs.
    """

    issuer: pulumi.Input[str]
    """The exact `iss` of the tokens, byte for byte."""

    audience: pulumi.Input[str]
    """The `aud` that the tokens carry."""

    jwks_uri: NotRequired[pulumi.Input[str]]
    """Absolute https URL where the keys are published, if there is one."""

    keys: pulumi.Input[Mapping[str, str]]
    """The public keys that sign the tokens: JWK text by kid."""

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
