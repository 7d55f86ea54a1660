"""Where the same programs run: on imitated clouds, or on real ones with credentials."""

import json
import os
import secrets
import shlex
import subprocess
from typing import Any, Protocol

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from dev.cloud.handle import Clouds
from tests.engine.clouds.cloud_stacks import ACCOUNT, APP, IDENTITY
from tests.support.servers import LocalIssuer
from tests.support.stacks import Stack

REAL_CLOUD = os.environ.get("CRDB_SSO_REAL_CLOUD", "")
"""`gcp` or `azure`: that cloud is the real one in this run; see `make test-gcp`, `test-azure`."""


class GooglePlace(Protocol):
    """Google Cloud, as far as the tests need it."""

    def account(self) -> dict[str, Any]:
        """Return the arguments of a new service account."""

    def token(self, output: dict[str, Any]) -> str:
        """Return an ID token of the account with this stack output."""

    def is_left(self, output: dict[str, Any]) -> bool:
        """Tell whether the account still exists."""


class ImitatedGoogle:
    """The stand-in, and the local issuer speaking as Google."""

    def __init__(self, clouds: Clouds, issuer: LocalIssuer) -> None:
        self._clouds = clouds
        self._issuer = issuer

    def account(self) -> dict[str, Any]:
        return {"account_id": "shop-orders", "jwks": self._issuer.google_jwks()}

    def token(self, output: dict[str, Any]) -> str:
        return self._issuer.google_token(output["id"], output["aud"])

    def is_left(self, output: dict[str, Any]) -> bool:
        ids = [account.outputs["uniqueId"] for account in self._clouds.objects(ACCOUNT)]
        return output["id"] in ids


class RealGoogle:
    """Google Cloud itself: GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_PROJECT, and gcloud on PATH.

    The recipe that the program exports gets the token, unchanged; gcloud acts as the
    member that `CRDB_SSO_TEST_MEMBER` names.
    """

    def __init__(self, stack: Stack) -> None:
        del stack.environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"]

    def account(self) -> dict[str, Any]:
        member = os.environ["CRDB_SSO_TEST_MEMBER"]
        return {
            "account_id": f"crdb-sso-{secrets.token_hex(6)}",
            "token_creators": {"tester": member},
        }

    def token(self, output: dict[str, Any]) -> str:
        """Mint one as soon as Google knows the grant, which takes a minute or two."""
        answer = _granted(_said_by_shell, output["recipes"]["impersonation"])
        return str(json.loads(answer)["token"])

    def is_left(self, output: dict[str, Any]) -> bool:
        asked = f"gcloud iam service-accounts list --project {os.environ['GOOGLE_PROJECT']}"
        return output["id"] in _said(f"{asked} --format=value(uniqueId)").split()


class AzurePlace(Protocol):
    """Azure and Entra ID, as far as the tests need them."""

    group: str
    """A resource group that is there."""

    def audience(self) -> dict[str, Any]:
        """Return the arguments of a new audience."""

    def is_left(self, output: dict[str, Any]) -> bool:
        """Tell whether the identity with this stack output, or its audience, still exists."""


class ImitatedAzure:
    """The stand-ins, and the local issuer's keys for Entra's."""

    group = "billing-rg"

    def __init__(self, clouds: Clouds, issuer: LocalIssuer) -> None:
        self._clouds = clouds
        self._issuer = issuer

    def audience(self) -> dict[str, Any]:
        return {"jwks": self._issuer.entra_jwks()}

    def is_left(self, output: dict[str, Any]) -> bool:
        ids = [identity.outputs["principalId"] for identity in self._clouds.objects(IDENTITY)]
        return output["id"] in ids or bool(self._clouds.objects(APP))


class RealAzure:
    """Azure itself: ARM_* credentials, az on PATH, and a resource group to work in."""

    def __init__(self, stack: Stack) -> None:
        del stack.environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"]
        self.group = os.environ["CRDB_SSO_TEST_RESOURCE_GROUP"]

    def audience(self) -> dict[str, Any]:
        return {}

    def is_left(self, output: dict[str, Any]) -> bool:
        subscription = os.environ["ARM_SUBSCRIPTION_ID"]
        listed = f"az identity list --subscription {subscription} -g {self.group}"
        apps = _said("az ad app list --show-mine --query [].appId -o tsv").split()
        return output["id"] in _said(f"{listed} --query [].principalId -o tsv").split() or any(
            f"api://{app}" in output["recipes"]["aks"] for app in apps
        )


_granted = Retrying(
    retry=retry_if_exception_type((KeyError, subprocess.CalledProcessError)),
    stop=stop_after_delay(180),
    wait=wait_fixed(10),
    reraise=True,
)


def _said_by_shell(command: str) -> str:
    """Return what a recipe prints; `KeyError` if that is not a token."""
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    if '"token"' not in ran.stdout:
        raise KeyError(ran.stdout)
    return ran.stdout


def _said(command: str) -> str:
    ran = subprocess.run(shlex.split(command), capture_output=True, text=True, check=True)
    return ran.stdout.strip()
