"""Issuers that give a token to anybody who asks for an account, and the subjects in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

GITHUB = "https://token.actions.githubusercontent.com"
"""GitHub Actions."""

_GOOGLE = ("100000000000000000007", "118273645501928374655", "109876543210987654321")
_PAIRWISE = (  # the `sub` of Entra: base64url, another one for each application
    "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
    "0bX-k_9QzPp1yVdYt3uN7rRw2fGhJkLmZ8cE4aSx5oI",
)
_PIPELINE = "organization:{owner}:pipeline:{name}"
_WITH_IDS = "repo:{owner}@987654321/{name}@1098765432"
"""How subjects begin for repositories from July 2026 on: the numbers are given, not chosen."""
_OF_ESC = (
    "pulumi:org:b2f6c1d0-5a3e-4c7b-9d18-6e0f4a2c8b71:env:0d9c8b7a-6f5e-4d3c-8b2a-190817263544",
    "pulumi:org:7e1a4c9d-2b8f-4036-a5d7-c3e9f1b0d864:env:f47ac10b-58cc-4372-a567-0e02b2c3d479",
)
_COMMIT = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"


@dataclass(frozen=True, slots=True)
class PublicIssuer:
    """An issuer where anybody can have an account.

    Attributes:
        name: What people call it.
        ids: Made-up `sub` values of strangers, where the issuer numbers accounts as it likes.
        forms: What its `sub` values look like, where people choose the names in them. `{owner}` is
            the one that is given to a single account; `{name}`, `{path}` (names with slashes
            between them) and `{label}` (of a branch, a tag, an environment) anybody can have.
    """

    name: str
    ids: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()


_ENTRA = PublicIssuer("Microsoft Entra for every tenant", _PAIRWISE)
_PERSONAL = PublicIssuer("personal Microsoft accounts", _PAIRWISE)

_ISSUERS: Mapping[str, PublicIssuer] = {
    "accounts.google.com": PublicIssuer("Google", _GOOGLE),
    GITHUB.removeprefix("https://"): PublicIssuer(
        "GitHub Actions",
        forms=(
            "repo:{owner}/{name}:ref:refs/heads/{label}",
            "repo:{owner}/{name}:ref:refs/tags/{label}",
            "repo:{owner}/{name}:environment:{label}",
            "repo:{owner}/{name}:pull_request",
            *(f"{_WITH_IDS}:{end}" for end in ("ref:refs/heads/{label}", "ref:refs/tags/{label}")),
            *(f"{_WITH_IDS}:{end}" for end in ("environment:{label}", "pull_request")),
        ),
    ),
    "gitlab.com": PublicIssuer(
        "GitLab.com",
        forms=(
            "project_path:{owner}/{path}:ref_type:branch:ref:{label}",
            "project_path:{owner}/{path}:ref_type:tag:ref:{label}",
        ),
    ),
    "app.terraform.io": PublicIssuer(
        "HCP Terraform",
        forms=(
            "organization:{owner}:project:{name}:workspace:{name}:run_phase:apply",
            "organization:{owner}:project:{name}:workspace:{name}:run_phase:plan",
        ),
    ),
    "api.pulumi.com/oidc": PublicIssuer(
        "Pulumi Cloud",
        forms=(
            "pulumi:deploy:org:{owner}:project:{name}:stack:{name}:operation:update:scope:write",
            "pulumi:deploy:org:{owner}:project:{name}:stack:{name}:operation:preview:scope:write",
            "pulumi:environments:org:{owner}:env:{path}",
        ),
    ),
    "api.pulumi.com/oidc/v2": PublicIssuer("Pulumi ESC", _OF_ESC),
    "agent.buildkite.com": PublicIssuer(
        "Buildkite",
        forms=(
            f"{_PIPELINE}:ref:refs/heads/{{label}}:commit:{_COMMIT}:step:{{name}}",
            f"{_PIPELINE}:ref:refs/tags/{{label}}:commit:{_COMMIT}:step:{{name}}",
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
