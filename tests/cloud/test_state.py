"""The folder that keeps the clouds: restarts, many processes, faults, edits by hand."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev.cloud.handle import Clouds
from dev.cloud.store import Store
from dev.cloud.tokens import (
    ACCOUNT,
    APPLICATION,
    IAM_MEMBER,
    MANAGED_IDENTITY,
    RESOURCE_GROUP,
    SERVICE_PRINCIPAL,
)
from dev.cloud.world import Refused
from tests.cloud.plugin_client import Made, Plugin, refused
from tests.support.servers import PROJECT

EMAIL = "orders@acme-sandbox.iam.gserviceaccount.com"
NAME = f"projects/acme-sandbox/serviceAccounts/{EMAIL}"


@contextmanager
def process(package: str, home: Path) -> Iterator[Plugin]:
    """Start a plugin as the engine does: by the program that was installed."""
    (program,) = (home / "plugins").glob(f"resource-{package}-v*/pulumi-resource-{package}")
    with subprocess.Popen(
        [program, "127.0.0.1:1", "-tracing="], stdout=subprocess.PIPE, text=True, cwd=home
    ) as started:
        assert started.stdout is not None
        try:
            plugin = Plugin(int(started.stdout.readline()))
            yield plugin
            plugin.channel.close()
        finally:
            started.terminate()
        assert started.wait(timeout=20) == 0


def test_plugins_are_found_by_the_version_that_the_sdks_ask_for(
    clouds: Clouds, tmp_path: Path
) -> None:
    clouds.install(tmp_path, packages=("gcp", "azure-native"))
    clouds.install(tmp_path, packages=("gcp",))

    found = {path.parent.name for path in (tmp_path / "plugins").glob("*/pulumi-resource-*")}
    assert found == {"resource-gcp-v10.2.0", "resource-azure-native-v3.29.0"}


def test_what_exists_outlives_the_plugin(clouds: Clouds, tmp_path: Path) -> None:
    clouds.install(tmp_path, packages=("gcp",))
    with process("gcp", tmp_path) as plugin:
        made = plugin.make(ACCOUNT, accountId="orders")
    with process("gcp", tmp_path) as plugin:
        assert plugin.read(made.id, ACCOUNT) == made


def test_two_plugins_write_at_once_and_lose_nothing(clouds: Clouds, tmp_path: Path) -> None:
    clouds.install(tmp_path, packages=("gcp",))
    ids = [f"orders-{number}" for number in range(40)]
    with process("gcp", tmp_path) as one, process("gcp", tmp_path) as other:
        with ThreadPoolExecutor(8) as pool:
            made = pool.map(
                lambda id_: (one, other)[int(id_[7:]) % 2].make(ACCOUNT, accountId=id_), ids
            )

        unique_ids = {account.outputs["uniqueId"] for account in made}
    assert len(unique_ids) == 40
    assert {found.inputs["accountId"] for found in clouds.objects(ACCOUNT)} == set(ids)
    assert len(clouds.calls("gcp", "create")) == 40


@pytest.mark.parametrize(
    ("package", "loads"),
    [("gcp", "pulumi_gcp"), ("azuread", "pulumi_azuread"), ("azure-native", "pulumi_azure_native")],
)
def test_a_plugin_loads_its_own_sdk_only(package: str, loads: str) -> None:
    code = (
        "import json, sys, dev.cloud.__main__\n"
        "from dev.cloud import sdk\n"
        "from dev.cloud.packages import PACKAGES, version_of\n"
        f"package = PACKAGES[{package!r}]\n"
        "version_of(package)\n"
        "sdk.resource_fields(package.kinds[0].sdk)\n"
        "sdks = [m for m in sys.modules if m.startswith('pulumi_') and '.' not in m]\n"
        "print(json.dumps(sdks))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == [loads]


def test_a_fault_hits_as_often_as_asked(gcp: Plugin, clouds: Clouds) -> None:
    clouds.fail(ACCOUNT, "create", "googleapi: Error 503: try later", times=2, code="UNAVAILABLE")

    gcp.planned(ACCOUNT, accountId="orders")
    for _ in range(2):
        with refused("Error 503: try later", code="UNAVAILABLE"):
            gcp.make(ACCOUNT, accountId="orders")
    assert gcp.make(ACCOUNT, accountId="orders").id == NAME


@pytest.mark.parametrize(
    ("op", "ask"),
    [
        ("check", lambda gcp, _: gcp.check(ACCOUNT, {"accountId": "orders"})),
        ("diff", lambda gcp, made: gcp.diff(made, ACCOUNT, accountId="billing")),
        ("create", lambda gcp, _: gcp.make(ACCOUNT, accountId="orders")),
        ("read", lambda gcp, made: gcp.read(made.id, ACCOUNT)),
        ("update", lambda gcp, made: gcp.update(made, ACCOUNT, accountId="billing")),
        ("delete", lambda gcp, made: gcp.delete(made, ACCOUNT)),
    ],
)
def test_any_operation_may_fail_once(
    gcp: Plugin, clouds: Clouds, op: str, ask: Callable[[Plugin, Made], object]
) -> None:
    made = gcp.make(ACCOUNT, accountId="billing")
    clouds.fail(ACCOUNT, op, "not now")

    with refused("not now"):
        ask(gcp, made)
    ask(gcp, made)


def test_a_fault_needs_a_known_operation(clouds: Clouds) -> None:
    with pytest.raises(ValueError, match="'creat' is not one of check, diff, create"):
        clouds.fail(ACCOUNT, "creat", "no")


def test_a_function_may_fail_once(gcp: Plugin, clouds: Clouds) -> None:
    token = "gcp:organizations/getProject:getProject"
    clouds.fail(token, "invoke", "googleapi: Error 403: forbidden")

    with refused("Error 403"):
        gcp.invoke(token)
    assert gcp.invoke(token).inputs["projectId"] == "acme-sandbox"


def test_calls_are_listed_in_their_order(gcp: Plugin, azure: Plugin, clouds: Clouds) -> None:
    gcp.configure(project="shop-dev")
    made = gcp.make(ACCOUNT, accountId="orders")
    gcp.delete(made, ACCOUNT)
    azure.check(RESOURCE_GROUP, {"location": "westeurope"})

    ops = [call["op"] for call in clouds.calls("gcp")]
    assert ops == ["configure", "configure", "check", "create", "delete"]
    assert clouds.calls("gcp", "create") == [
        {
            "package": "gcp",
            "op": "create",
            "type": ACCOUNT,
            "name": "orders",
            "preview": False,
            "inputs": {"accountId": "orders"},
        }
    ]
    assert [call["package"] for call in clouds.calls(op="check")] == ["gcp", "azure-native"]


def test_an_edit_by_hand_is_read_back(gcp: Plugin, clouds: Clouds) -> None:
    made = gcp.make(ACCOUNT, accountId="orders")
    clouds.change(made.id, displayName="by hand", uniqueId="1" * 21)

    seen = gcp.read(made.id, ACCOUNT)

    assert seen is not None
    assert seen.inputs == {"accountId": "orders", "displayName": "by hand"}
    assert (seen.outputs["displayName"], seen.outputs["uniqueId"]) == ("by hand", "1" * 21)


def test_what_does_not_exist_cannot_be_edited(clouds: Clouds) -> None:
    with pytest.raises(KeyError):
        clouds.remove(NAME)
    with pytest.raises(KeyError):
        clouds.change(NAME, displayName="x")


def test_things_made_by_hand_are_like_those_of_a_program(
    gcp: Plugin, azuread: Plugin, azure: Plugin, clouds: Clouds
) -> None:
    account = clouds.add_service_account("orders", project="shop-dev")
    app = clouds.add_application("crdb")
    principal = clouds.add_service_principal(app.outputs["clientId"])
    group = clouds.add_resource_group("billing")
    identity = clouds.add_managed_identity("orders", "billing")

    for plugin, type_, thing in (
        (gcp, ACCOUNT, account),
        (azuread, APPLICATION, app),
        (azuread, SERVICE_PRINCIPAL, principal),
        (azure, RESOURCE_GROUP, group),
        (azure, MANAGED_IDENTITY, identity),
    ):
        assert plugin.read(thing.id, type_) == Made(*thing)
        assert clouds.objects(type_) == [thing]


def test_what_a_cloud_refuses_cannot_be_added_by_hand_either(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="ResourceGroupNotFound"):
        clouds.add_managed_identity("orders", "billing")
    with pytest.raises(ValueError, match=r"accountId: .account_id. .* doesn't match regexp"):
        clouds.add_service_account("x")


def test_a_refusal_changes_nothing(gcp: Plugin, folder: Path) -> None:
    gcp.make(ACCOUNT, accountId="orders")
    before = (folder / "state.json").read_text()

    with refused("alreadyExists"):
        gcp.make(ACCOUNT, accountId="orders")
    with refused("notFound"):
        gcp.make(
            IAM_MEMBER,
            serviceAccountId=NAME.replace("orders", "nobody"),
            role="roles/iam.serviceAccountUser",
            member="user:ann@example.com",
        )

    assert (folder / "state.json").read_text() == before


def test_a_crashed_writer_blocks_others_only_for_a_while(folder: Path) -> None:
    store = Store(folder)
    with store.world() as world:
        world.writing = {"dead": 1.0, "alive": 4e9}

    with store.one_writer("dead", Refused("busy")):
        pass
    with pytest.raises(Refused, match="busy"), store.one_writer("alive", Refused("busy")):
        pass
