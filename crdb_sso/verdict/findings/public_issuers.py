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
