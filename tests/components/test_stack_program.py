"""The example program, `__main__.py`, with a stack's configuration."""

import json
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import get_root_resource
from pulumi.runtime.stack import Stack

from tests.components import azure_programs, test_gcp_identity
from tests.components.mockrun import Run, Secret, World, run
from tests.components.programs import JWK_TEXT

PROGRAM = Path(__file__).resolve().parents[2] / "__main__.py"
WORLD = World(
    outputs={**azure_programs.WORLD.outputs, **test_gcp_identity.WORLD.outputs},
    answers=azure_programs.WORLD.answers,
)
URL = "postgresql://ops@db.example.com:26257/defaultdb?sslmode=verify-full"
LEAST: Mapping[str, Any] = {
    "clusterUrl": URL,
    "issuer": "https://idp.example.com",
    "audience": "crdb",
    "jwks": JWK_TEXT,
    "keys": "pinned",
    "logins": {"app": {"subjects": ["batch"]}},
}


def programmed(changes: Mapping[str, Any]) -> Run:
    """Run the program on a configuration."""
    texts = {
        f"crdb-sso:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in {**LEAST, **changes}.items()
    }

    def program() -> Mapping[str, Any]:
        runpy.run_path(str(PROGRAM), run_name="__main__")
        stack = get_root_resource()
        assert isinstance(stack, Stack)
        return stack.outputs

    return run(program, config=texts, secret_keys=["crdb-sso:clusterUrl"], world=WORLD)


def test_the_smallest_configuration_makes_an_issuer_and_a_cluster() -> None:
    done = programmed({})
    assert [(r.type, r.name) for r in done.resources] == [
        ("crdb-sso:index:OidcIssuer", "idp"),
        ("crdb-sso:index:ClusterSso", "sso"),
        ("pulumi-python:dynamic/crdb-sso:ClusterLogins", "sso-logins"),
    ]
    inputs = done.resources[2].inputs
    assert inputs["cluster_url"] == Secret(URL)
    assert inputs["mode"] == "pinned"
    assert inputs["retire_after_h"] == 24
    assert set(inputs["logins"]) == {"app"}
    assert not {"sso_only", "group_sync", "auto_provisioning", "claim"} & set(inputs)


def test_every_option_reaches_the_cluster() -> None:
    done = programmed(
        {
            "subjectIsUsername": "true",
            "claim": "email",
            "retireKeysAfterHours": "0",
            "protect": "true",
            "connectHost": "front.example.com",
            "connectPort": "5433",
            "connectDatabase": "shop",
            "connectCaFile": "/etc/crdb/ca.crt",
            "ssoOnly": {"keep": [{"user": "ops", "method": "cert"}]},
            "autoProvisioning": "true",
            "groupSync": {"groupClaim": "teams"},
            "gcp": {"orders": {"accountId": "shop-orders"}},
            "gcpJwks": JWK_TEXT,
            "logins": {
                "batch": {
                    "subjects": ["batch"],
                    "identities": ["orders"],
                    "login": False,
                    "onDelete": "disable",
                    "allowPrivileged": True,
                }
            },
        }
    )
    logins = done.named("sso-logins")
    assert logins.protect
    assert {name: logins.inputs[name] for name in ("claim", "retire_after_h")} == {
        "claim": "email",
        "retire_after_h": 0,
    }
    assert logins.inputs["sources"]["idp"]["subject_is_username"] is True
    assert logins.inputs["sso_only"] == {"ops all": "cert"}
    assert logins.inputs["auto_provisioning"] is True
    assert logins.inputs["group_sync"] == {"group_claim": "teams"}
    login = logins.inputs["logins"]["batch"]
    assert set(login["identities"]) == {"batch", "orders"}
    assert login["login"] is False
    assert login["on_delete"] == "disable"
    assert login["allow_privileged"] is True
    url = done.exports["connect"]["batch"]["url"]
    assert url.startswith("postgresql://batch@front.example.com:5433/shop?")
    assert url.endswith("&sslrootcert=%2Fetc%2Fcrdb%2Fca.crt")


CLOUD = {"issuer": "", "audience": "", "jwks": ""}


@pytest.mark.parametrize(
    ("changes", "starts", "key"),
    [
        pytest.param(
            {"jwks": "no keys"},
            "OidcIssuer 'idp' (crdb-sso:issuer in Pulumi.prod.yaml): ",
            "`crdb-sso:jwks`",
            id="keys of the issuer",
        ),
        pytest.param(
            {"keys": "fetched", "issuerCaFile": "/no/such/file"},
            "ClusterSso 'sso', source 'idp' (Pulumi.prod.yaml): ",
            "`crdb-sso:issuerCaFile`",
            id="the private CA",
        ),
        pytest.param(
            {"clusterUrl": "db.example.com"},
            "ClusterSso 'sso' (Pulumi.prod.yaml): `crdb-sso:clusterUrl` ",
            "`crdb-sso:clusterUrl`",
            id="the operator's URL",
        ),
        pytest.param(
            {"connectHost": "db:26257"},
            "ClusterSso 'sso' (Pulumi.prod.yaml): `crdb-sso:connectHost` 'db:26257' ",
            "`crdb-sso:connectPort`",
            id="a port with the host",
        ),
        pytest.param(
            {**CLOUD, "gcp": {"orders": {}}, "logins": {"app": {"identities": ["orders"]}}},
            "GcpIdentity 'orders' (crdb-sso:gcp.orders in Pulumi.prod.yaml): ",
            "either `accountId` or `existingEmail`",
            id="no account",
        ),
        pytest.param(
            {
                **CLOUD,
                "gcp": {"orders": {"accountId": "Orders"}},
                "logins": {"app": {"identities": ["orders"]}},
            },
            "GcpIdentity 'orders' (crdb-sso:gcp.orders in Pulumi.prod.yaml): `accountId` 'Orders' ",
            "`accountId`",
            id="not an account id",
        ),
        pytest.param(
            {
                **CLOUD,
                "gcp": {"orders": {"accountId": "shop-orders"}},
                "gcpJwks": "no keys",
                "logins": {"app": {"identities": ["orders"]}},
            },
            "GcpIdentity 'orders' (crdb-sso:gcp.orders in Pulumi.prod.yaml): ",
            "`crdb-sso:gcpJwks`",
            id="keys of Google",
        ),
        pytest.param(
            {**CLOUD, "azure": {"billing": {}}, "logins": {"app": {"identities": ["billing"]}}},
            "AzureIdentity 'billing' (crdb-sso:azure.billing in Pulumi.prod.yaml): ",
            "either `resourceGroupName` or `existingPrincipalId`",
            id="no managed identity",
        ),
        pytest.param(
            {
                **CLOUD,
                "azureAudience": {"tokenVersion": 1},
                "azure": {"billing": {"resourceGroupName": "rg"}},
                "logins": {"app": {"identities": ["billing"]}},
            },
            "AzureAudience 'azure' (crdb-sso:azureAudience in Pulumi.prod.yaml): `tokenVersion` ",
            "`existingClientId`",
            id="a version of what is made here",
        ),
        pytest.param(
            {
                **CLOUD,
                "azureJwks": "no keys",
                "azure": {"billing": {"resourceGroupName": "rg"}},
                "logins": {"app": {"identities": ["billing"]}},
            },
            "AzureAudience 'azure' (crdb-sso:azureAudience in Pulumi.prod.yaml): ",
            "`crdb-sso:azureJwks`",
            id="keys of Entra",
        ),
    ],
)
def test_errors_of_components_name_the_keys_of_the_configuration(
    changes: Mapping[str, Any], starts: str, key: str
) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        programmed(changes)
    said = str(caught.value)
    assert said.startswith(starts)
    assert key in said
    assert "\n  Next step: " in said
