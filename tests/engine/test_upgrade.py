"""A stack that an older version brought up: this version brings it up to date, and continues it.

The stacks are in `upgrade/`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.engine.upgrade.older_stacks import (
    CONFIGURED,
    FETCHED,
    HOST_RULES,
    PINNED,
    Contents,
    OlderStack,
    read_contents,
    resources_in,
    rows_of,
)
from tests.support.servers import EmbeddedCluster, embedded_cluster
from tests.support.stacks import Stack
from tests.support.versions import chosen_version

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        chosen_version() is not None, reason="each stack was made on a version of its own"
    ),
]

AUDIENCE = "server.jwt_authentication.audience"
IDENTITY_MAP = "server.identity_map.configuration"

Users = Mapping[str, tuple[str, str] | None]
"""Options and roles by user; None for a user that is gone."""


@dataclass(frozen=True)
class Case:
    """A stack, and the expected effects of two commands on its cluster.

    Attributes:
        older: The stack.
        logins: The logins that the program changes before an `up`; None removes one.
        old_line: The identity map line that this `up` removes.
        new_line: The one that it adds.
        users: The users that it changes.
        left_settings: The settings that `destroy` of the unchanged stack does not restore.
        left_users: The users that it does not restore.
        new_owner: The name of its owner from now on, if that changes.
        warned: What it is warned of now whenever it runs, if anything.
    """

    older: OlderStack
    logins: Mapping[str, Any]
    old_line: str
    new_line: str = ""
    users: Users = field(default_factory=dict)
    left_settings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    left_users: Users = field(default_factory=dict)
    new_owner: str = ""
    warned: str = ""


CASES = (
    Case(
        PINNED,
        logins={
            "app_orders": {
                "identities": [["one", "orders-v2"], ["one", "/^orders-pr-[0-9]+$"]],
                "roles": ["writers"],
            }
        },
        old_line="https://one.example.com/ orders app_orders\n",
        new_line="https://one.example.com/ orders-v2 app_orders\n",
        users={"app_orders": ("", "{writers}")},
        left_users={"app_batch": ("NOLOGIN", "{}")},  # `on_delete` is "disable"
    ),
    Case(
        CONFIGURED,
        logins={"app_batch": None},
        old_line="https://idp.example.com/realms/shop batch app_batch\n",
        users={"app_batch": ("NOLOGIN", "{}")},
        left_users={"app_batch": ("NOLOGIN", "{}")},
    ),
    Case(
        FETCHED,
        logins={
            "web": {
                "identities": [
                    ["staff", "web-v2@example.com"],
                    ["partners", "web@partners.example.com"],
                ]
            }
        },
        old_line="https://staff.example.com web@example.com web\n",
        new_line="https://staff.example.com web-v2@example.com web\n",
        left_settings={  # it took over what was found
            IDENTITY_MAP: ("cert_map bob bob\n", "override"),
            AUDIENCE: ("[]", "override"),
        },
        left_users={"ann": None},
        new_owner="organization/shop/test/shop:index:Platform/platform/sso",
        warned="group sync is on for this stack alone, and lets tokens make admins",
    ),
)

each_stack = pytest.mark.parametrize(
    ("running_cluster", "case"),
    [pytest.param(case.older.version, case, id=case.older.name) for case in CASES],
    indirect=["running_cluster"],
    scope="module",
)


@pytest.fixture(scope="module")
def running_cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedCluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with embedded_cluster(folder, "--version", request.param) as cluster:
        yield cluster


@pytest.fixture
def found(cluster: EmbeddedCluster, case: Case) -> Contents:
    """What was on the cluster before the first `up` of the stack."""
    case.older.rebuild(cluster, "found.sql")
    contents = read_contents(cluster)
    wipe(cluster)
    return contents


@pytest.fixture
def rebuilt(cluster: EmbeddedCluster, case: Case) -> Iterator[EmbeddedCluster]:
    """The cluster as the older version left it."""
    case.older.rebuild(cluster, "written.sql")
    yield cluster
    wipe(cluster)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A stack whose key comes from a passphrase, as that of the older ones did."""
    return Stack(tmp_path / "project", has_passphrase=True)


@pytest.fixture
def upgraded(stack: Stack, rebuilt: EmbeddedCluster, case: Case) -> Stack:
    """The stack with the state of the older version and the code of this one."""
    (stack.folder / "__main__.py").write_text(case.older.program())
    case.older.write_input(stack, rebuilt)
    case.older.import_state(stack, rebuilt)
    return stack


def wipe(cluster: EmbeddedCluster) -> None:
    cluster.wipe()
    cluster.execute(f"RESET CLUSTER SETTING {HOST_RULES}")


def changed(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with changes; None removes an item."""
    return {name: value for name, value in {**before, **changes}.items() if value is not None}


def run_without_changes(stack: Stack, *command: str, warned: str = "") -> None:
    outcome = stack.pulumi(*command, "--yes", "--expect-no-changes", "-s", stack.name)
    assert outcome.code == 0, outcome.text
    lines = [line for line in outcome.text.splitlines() if not warned or warned not in line]
    for told in ("info:", "warning:"):  # the provider reports what it would change, and drift
        assert told not in "\n".join(lines)


def after_destroy(found: Contents, case: Case) -> Contents:
    return Contents(
        changed(found.settings, case.left_settings),
        changed(found.users, case.left_users),
        found.rows,
    )


def claims(contents: Contents, *owners: str) -> set[tuple[Any, ...]]:
    """Return the claims of some owners, without owner and time."""
    rows = contents.rows["claims"]
    return {
        (kind, entry, text, is_found)
        for kind, entry, owner, text, is_found, _ in rows
        if owner in owners
    }


def instance_of(stack: Stack) -> str:
    """Return the uuid by which a state identifies itself."""
    resources = json.loads(stack.state())["deployment"]["resources"]
    (found,) = [r["outputs"]["instance"] for r in resources if "instance" in r.get("outputs", {})]
    return str(found)


@each_stack
def test_a_state_is_refreshed_without_a_diff_and_destroyed(
    found: Contents, rebuilt: EmbeddedCluster, upgraded: Stack, case: Case
) -> None:
    written = read_contents(rebuilt)
    assert written.settings != found.settings

    run_without_changes(upgraded, "refresh", "--skip-preview", warned=case.warned)

    exported = upgraded.pulumi("stack", "export", "--show-secrets", "-s", upgraded.name).text
    assert resources_in(exported) == resources_in(case.older.state(rebuilt))
    assert read_contents(rebuilt) == written
    upgraded.destroy()
    assert read_contents(rebuilt) == after_destroy(found, case)


@each_stack
def test_one_up_moves_the_claims_to_a_uuid_and_then_nothing_changes(
    found: Contents, rebuilt: EmbeddedCluster, upgraded: Stack, case: Case
) -> None:
    written = read_contents(rebuilt)
    owner = case.older.owner

    shown = upgraded.preview()
    printed = upgraded.up()

    assert "~ the claims of this stack get a uuid (version 3 of the claim tables)" in shown
    assert "~ 1 updated" in printed
    now = read_contents(rebuilt)
    assert (now.settings, now.users) == (written.settings, written.users)
    instance = instance_of(upgraded)
    assert claims(now, instance) == claims(written, owner)
    assert claims(now, owner) == set()
    others = [row for row in now.rows["claims"] if row[2] != instance]
    assert others == [row for row in written.rows["claims"] if row[2] != owner]
    assert now.rows["found_text"] == written.rows["found_text"]
    assert [(uuid, name) for uuid, name, *_ in rows_of(rebuilt, "owners")] == [
        (instance, case.new_owner or owner)
    ]

    run_without_changes(upgraded, "up", warned=case.warned)  # it previews first
    run_without_changes(upgraded, "refresh", "--skip-preview", warned=case.warned)
    assert read_contents(rebuilt) == now
    upgraded.destroy()
    assert read_contents(rebuilt) == after_destroy(found, case)
    assert rows_of(rebuilt, "owners") == []


@each_stack
def test_a_changed_login_is_updated_and_everything_else_stays(
    rebuilt: EmbeddedCluster, upgraded: Stack, case: Case
) -> None:
    written = read_contents(rebuilt)
    text, origin = written.settings[IDENTITY_MAP]
    assert case.old_line in text
    case.older.change_logins(upgraded, case.logins)

    printed = upgraded.up()

    assert "~ 1 updated" in printed
    now = read_contents(rebuilt)
    new_text = text.replace(case.old_line, "") + case.new_line
    assert now.settings == changed(written.settings, {IDENTITY_MAP: (new_text, origin)})
    assert now.users == changed(written.users, case.users)
    ours = (case.older.owner, instance_of(upgraded))
    assert [row for row in now.rows["claims"] if row[2] not in ours] == [
        row for row in written.rows["claims"] if row[2] not in ours
    ]
