"""Issuers whose tokens come from one place only: what a stack can tell its workloads of it."""

import re
from collections.abc import Mapping

_BY_ISSUER: Mapping[str, str] = {
    "https://token.actions.githubusercontent.com": "github",
    "https://gitlab.com": "gitlab",
    "https://agent.buildkite.com": "buildkite",
    "https://oidc.circleci.com": "circleci",
}


_OF_AWS = re.compile(r"https://[0-9a-z-]+\.tokens\.sts\.global\.api\.aws")
"""One for each account."""


def source_of(issuer: object, subject: object) -> Mapping[str, str]:
    """Return `kind` and parameters of the source of an identity's tokens, nothing if unknown.

    Args:
        issuer: Its issuer, if that is plain text.
        subject: Its subject, if that is plain text.
    """
    if isinstance(issuer, str) and issuer in _BY_ISSUER:
        return {"kind": _BY_ISSUER[issuer]}
    if isinstance(issuer, str) and _OF_AWS.fullmatch(issuer):
        return {"kind": "aws"}
    if isinstance(subject, str) and subject.startswith("system:serviceaccount:"):
        return {"kind": "kubernetes"}
    if isinstance(subject, str) and subject.startswith("spiffe://"):
        return {"kind": "spiffe", "spiffe_id": subject}
    return {}
