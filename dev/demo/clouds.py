"""`make demo-clouds`: logins of a Google service account and an Azure managed identity.

The clouds are imitated (`dev/cloud`): that proves the wiring, not the clouds. The engine is the
real one. The tokens look exactly like Google's and Entra's, but the local issuer signs them.
"""

import sys
from pathlib import Path

from dev.cloud import tokens
from dev.cloud.handle import TENANT_ID, Clouds
from dev.demo.stage import (
    STACK,
    Issuer,
    Login,
    Project,
    Workload,
    make_role,
    perform,
    say,
    show,
    show_refusal,
    start_servers,
)
from dev.processes import Processes

PROJECT_NAME = "crdb-sso"
GROUP = "billing"
SETTINGS = {
    "gcp.orders.accountId": "shop-orders",
    "azure.billing.resourceGroupName": GROUP,
    "logins.app_orders.identities[0]": "orders",
    "logins.app_billing.identities[0]": "billing",
}


class Platforms:
    """The clouds' own token services, which workloads ask for tokens."""

    def __init__(self, clouds: Clouds, issuer: Issuer) -> None:
        self._clouds = clouds
        self._issuer = issuer

    def google_account(self) -> Login:
        """Return the login of the workload on Google Cloud."""
        (account,) = self._clouds.objects(tokens.ACCOUNT)
        audience = f"crdb-sso/{PROJECT_NAME}/{STACK}"
        return Login(str(account.outputs["uniqueId"]), audience)

    def google_token(self, login: Login) -> str:
        """Return a token like Google's."""
        return self._issuer.token(login, **{"as": "google"})

    def entra_token(self) -> str:
        """Return a token like Entra's for the managed identity."""
        (identity,) = self._clouds.objects(tokens.MANAGED_IDENTITY)
        (app,) = self._clouds.objects(tokens.APPLICATION)
        login = Login(str(identity.outputs["principalId"]), str(app.outputs["clientId"]))
        return self._issuer.token(login, **{"as": "entra-v2", "tenant": TENANT_ID})


def tell(processes: Processes, folder: Path) -> None:
    """Tell the story step by step."""
    say("starting the embedded cluster and the local issuer, on loopback; the clouds are imitated")
    cluster, issuer = start_servers(processes, folder)
    project, clouds = Project(processes, folder), Clouds(folder / "clouds")
    clouds.install(project.home)
    clouds.add_resource_group(GROUP)
    for role in project.roles():
        make_role(cluster["admin_url"], role)

    say("besides its issuer, the stack gets a Google service account and a managed identity")
    for path, value in SETTINGS.items():
        project.set_path(path, value)
    project.configure(
        {
            "clusterUrl": cluster["admin_url"],
            "issuer": issuer.name,
            "issuerCaFile": issuer.ca_cert,
            "gcpJwks": issuer.keys_as("google"),
            "azureJwks": issuer.keys_as("entra"),
        }
    )
    say("pulumi preview: what would be created")
    project.pulumi("preview")
    say("pulumi up: identities, their audience, users, identity map, keys, issuers and audiences")
    project.pulumi("up", "--yes", "--skip-preview")

    platforms = Platforms(clouds, issuer)
    first = platforms.google_account()
    orders, billing = (
        Workload(project.connect_url(user), cluster["ca_cert"])
        for user in ("app_orders", "app_billing")
    )
    say("a workload on Google Cloud logs in with its account's token")
    show(orders.log_in(platforms.google_token(first)))
    say("a workload on Azure logs in with its managed identity's token")
    show(billing.log_in(platforms.entra_token()))
    user, login = project.subject_login()
    say(f"a workload of the issuer logs in as {login.subject!r}")
    show(Workload(project.connect_url(user), cluster["ca_cert"]).log_in(issuer.token(login)))
    say("the token of one does not open the login of another")
    show_refusal(processes, cluster, orders, platforms.entra_token())

    say("somebody deletes the service account: a new one gets another unique id")
    (account,) = clouds.objects(tokens.ACCOUNT)
    clouds.remove(account.id)
    say("pulumi preview --refresh: a new line replaces the old one in the identity map")
    project.pulumi("preview", "--refresh")
    say("pulumi up --refresh: apply it")
    project.pulumi("up", "--refresh", "--yes", "--skip-preview")
    show(orders.log_in(platforms.google_token(platforms.google_account())))
    say("a token of the deleted account no longer opens anything")
    show_refusal(processes, cluster, orders, platforms.google_token(first))

    say("pulumi destroy: logins first, then the identities")
    project.pulumi("destroy", "--yes", "--skip-preview")
    left = [*clouds.objects(tokens.ACCOUNT), *clouds.objects(tokens.APPLICATION)]
    show(f"left on the clouds: {len(left)}")


if __name__ == "__main__":
    sys.exit(perform(tell))
