"""Issuers that give a token to anybody who asks for an account, and what strangers look like there.

A pattern that takes every made-up stranger of such an issuer opens its SQL user to everybody.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

GITHUB = "https://token.actions.githubusercontent.com"
"""GitHub Actions."""

_MAILS = ("stranger@gmail.com", "Some.Body+x@example.org", "x@y.co", "nobody@stranger.example")
_GOOGLE = ("100000000000000000007", "118273645501928374655", "109876543210987654321")
_PAIRWISE = (  # the `sub` of Entra: base64url, another one for each application
    "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
    "0bX-k_9QzPp1yVdYt3uN7rRw2fGhJkLmZ8cE4aSx5oI",
)


@dataclass(frozen=True, slots=True)
class PublicIssuer:
    """An issuer where anybody can have an account.

    Attributes:
        name: What people call it.
        strangers: Made-up `sub` values as it gives them.
    """

    name: str
    strangers: tuple[str, ...]


_ENTRA = PublicIssuer("Microsoft Entra for every tenant", _PAIRWISE)
_PERSONAL = PublicIssuer("personal Microsoft accounts", _PAIRWISE)

_ISSUERS: Mapping[str, PublicIssuer] = {
    "accounts.google.com": PublicIssuer("Google", _GOOGLE),
    GITHUB.removeprefix("https://"): PublicIssuer(
        "GitHub Actions",
        (
            "repo:stranger/unknown:ref:refs/heads/main",
            "repo:Some-Body/a.b_c:pull_request",
            "repo:x/y:environment:prod",
        ),
    ),
    "gitlab.com": PublicIssuer(
        "GitLab.com",
        (
            "project_path:stranger/unknown:ref_type:branch:ref:main",
            "project_path:some-body/a/b:ref_type:tag:ref:v1",
        ),
    ),
    "app.terraform.io": PublicIssuer(
        "HCP Terraform",
        (
            "organization:stranger:project:p:workspace:w:run_phase:apply",
            "organization:x:project:a b:workspace:y:run_phase:plan",
        ),
    ),
    "api.pulumi.com/oidc": PublicIssuer(
        "Pulumi Cloud",
        (
            "pulumi:deploy:org:stranger:project:p:stack:dev:operation:update:scope:write",
            "pulumi:environments:org:x:env:y",
        ),
    ),
    "agent.buildkite.com": PublicIssuer(
        "Buildkite",
        (
            "organization:stranger:pipeline:p:ref:refs/heads/main:commit:0a1b:step:build",
            "organization:x:pipeline:y:ref:refs/tags/v1:commit:ffff:step:",
        ),
    ),
    "appleid.apple.com": PublicIssuer(
        "Apple",
        (
            "001234.0123456789abcdef0123456789abcdef.0123",
            "000001.ffffffffffffffffffffffffffffffff.2359",
        ),
    ),
    "login.microsoftonline.com/common/v2.0": _ENTRA,
    "login.microsoftonline.com/organizations/v2.0": _ENTRA,
    "login.microsoftonline.com/{tenantid}/v2.0": _ENTRA,
    "login.microsoftonline.com/consumers/v2.0": _PERSONAL,
    "login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0": _PERSONAL,
}
"""By issuer in lower case, without the scheme and a slash at its end."""


def public_issuer(issuer: str) -> PublicIssuer | None:
    """Return the public issuer that an `iss` stands for, None if not everybody can get a token."""
    return _ISSUERS.get(re.sub(r"^https?://", "", issuer.lower()).rstrip("/"))


def strangers(public: PublicIssuer, claim: str) -> tuple[str, ...]:
    """Return made-up principals of an issuer.

    Args:
        public: The issuer.
        claim: The claim that names the principal; of one that is not known any text may be one.
    """
    if claim in ("sub", "/sub"):
        return public.strangers
    is_mail = re.search("mail|upn|preferred_username", claim, re.IGNORECASE)
    return _MAILS if is_mail else (*_MAILS, *public.strangers, "x", "\u00e9 /:|", "-" * 200)
