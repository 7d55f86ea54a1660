"""Google as issuer: the ID tokens of its service accounts, who may mint them, how to get one.

* Every Google service account's ID token has the same issuer; `sub` is the account's unique id, 21
  digits, and `aud` is whatever text was requested. So anyone with a Google service account can mint
  a token for our audience: the identity map is the only gate.
* A deleted and recreated account has another unique id.
* Account ids have 6 to 30 characters (Google Cloud IAM, "Create service accounts").
"""

import json
import re
from collections.abc import Mapping
from shlex import quote as shell_quoted
from urllib.parse import quote

from crdb_sso.errors import InvalidInput
from crdb_sso.tokens.kubernetes import ServiceAccount

ISSUER = "https://accounts.google.com"
JWKS_URI = "https://www.googleapis.com/oauth2/v3/certs"

TOKEN_CREATOR_ROLE = "roles/iam.serviceAccountOpenIdTokenCreator"  # noqa: S105 - a role's name
"""Lets a member mint ID tokens of an account, and nothing else."""

WORKLOAD_IDENTITY_ROLE = "roles/iam.workloadIdentityUser"
"""Lets a Kubernetes service account act as a Google one."""

API_SERVICES = ("iam.googleapis.com", "iamcredentials.googleapis.com")
"""The APIs that a project needs: for accounts, and for minting their tokens."""

_ACCOUNT_ID = re.compile(r"[a-z][-a-z0-9]{4,28}[a-z0-9]")
_MEMBER = re.compile(r"(user|serviceAccount|group|domain):\S+|(principal|principalSet)://\S+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_ANYONE = ("allUsers", "allAuthenticatedUsers")

_METADATA = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default"
_CREDENTIALS = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"


def check_account_id(account_id: object) -> None:
    """Check the id of a service account to be created.

    Raises:
        InvalidInput: Google would refuse it.
    """
    if not isinstance(account_id, str) or not _ACCOUNT_ID.fullmatch(account_id):
        raise InvalidInput(
            f"account_id {account_id!r} is not a valid service account id",
            hint="6 to 30 lower-case letters, digits and dashes, a letter first, no dash last,"
            " e.g. shop-orders.",
        )


def check_email(email: object) -> None:
    """Check the address of an existing service account.

    Raises:
        InvalidInput: It is not an e-mail address.
    """
    if not isinstance(email, str) or not _EMAIL.fullmatch(email):
        raise InvalidInput(
            f"existing_email {email!r} is not an e-mail address",
            hint="Write it in full, e.g. orders@project.iam.gserviceaccount.com.",
        )


def check_member(member: object) -> None:
    """Check an IAM member that may mint tokens.

    Raises:
        InvalidInput: It is not a member, or it stands for everyone.
    """
    if member in _ANYONE:
        raise InvalidInput(
            f"{member} as token creator would let anyone log in",
            hint="Name a member, e.g. serviceAccount:ci@project.iam.gserviceaccount.com.",
        )
    if not isinstance(member, str) or not _MEMBER.fullmatch(member):
        raise InvalidInput(
            f"{member!r} is not an IAM member",
            hint="Write user:..., serviceAccount:..., group:..., domain:..., principal://... or"
            " principalSet://...",
        )


def default_audience(project: str, stack: str) -> str:
    """Return a stack's own audience for its tokens: no dev token opens another cluster's prod."""
    return f"crdb-sso/{project}/{stack}"


def gke_member(project: str, account: ServiceAccount) -> str:
    """Return the IAM member for a service account of a GKE cluster.

    Args:
        project: Id of the project whose workload identity pool the cluster uses.
        account: The Kubernetes service account.
    """
    return f"serviceAccount:{project}.svc.id.goog[{account.namespace}/{account.name}]"


def token_hint(email: str, audience: str) -> str:
    """Return one line that tells how a workload running as an account gets its token."""
    return f"Google ID token of {email}: {_from_metadata_server(audience)}"


def token_recipes(email: str, audience: str) -> Mapping[str, str]:
    """Return shell commands that print a token, by where they run.

    Args:
        email: The service account's address.
        audience: What the token's `aud` has to be.

    Returns:
        `metadata_server` for a workload that runs as the account (Compute Engine, Cloud Run, GKE),
        `impersonation` for a token creator with its own access token, `gcloud` for a member with
        `roles/iam.serviceAccountTokenCreator`: gcloud first requests an access token of the
        account, which the role for ID tokens does not allow.
        The answer to `impersonation` is JSON with the token under `token`.
    """
    wanted = json.dumps({"audience": audience, "includeEmail": True})
    return {
        "metadata_server": _from_metadata_server(audience),
        "impersonation": (
            'curl -sS -H "Authorization: Bearer $(gcloud auth print-access-token)"'
            f" -H 'Content-Type: application/json' -d {shell_quoted(wanted)}"
            f" {shell_quoted(f'{_CREDENTIALS}/{email}:generateIdToken')}"
        ),
        "gcloud": (
            "gcloud auth print-identity-token"
            f" --impersonate-service-account={shell_quoted(email)}"
            f" --audiences={shell_quoted(audience)} --include-email"
        ),
    }


def _from_metadata_server(audience: str) -> str:
    url = f"{_METADATA}/identity?audience={quote(audience, safe='')}&format=full"
    return f"curl -sS -H 'Metadata-Flavor: Google' {shell_quoted(url)}"
