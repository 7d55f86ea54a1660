"""For tests and the demo: the imitated clouds as an operator sees them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dev.cloud import tokens
from dev.cloud.kinds import Asked
from dev.cloud.operations import Operations, remove
from dev.cloud.packages import PACKAGES, kind_of
from dev.cloud.plugins import install_plugins
from dev.cloud.store import OPERATIONS, Store
from dev.cloud.values import Value, Values
from dev.cloud.world import DEFAULT_PROJECT, SUBSCRIPTION_ID, TENANT_ID, Entry

__all__ = ["DEFAULT_PROJECT", "SUBSCRIPTION_ID", "TENANT_ID", "Clouds", "Object"]


class Object(NamedTuple):
    """One object in a cloud: its id, its inputs, and what its cloud says about it."""

    id: str
    inputs: Values
    outputs: Values


class Clouds:
    """The clouds in a folder.

    Args:
        folder: Created when something is written to it.
    """

    def __init__(self, folder: Path) -> None:
        self._store = Store(folder)

    def install(self, home: Path, packages: Sequence[str] = tuple(PACKAGES)) -> None:
        """Let the engine with this PULUMI_HOME work on these clouds."""
        install_plugins(home, self._store.folder, packages)

    def calls(self, package: str | None = None, op: str | None = None) -> list[dict[str, Any]]:
        """Return the calls that plugins got, the oldest first.

        Args:
            package: Only calls of this package.
            op: Only calls of this operation: `configure` or one of `dev.cloud.store.OPERATIONS`.

        Returns:
            For each call `package` and `op`, and where it has them `type` (for `invoke`, the
            function's token), `name`, `id`, `preview`, `inputs`, `config`.
        """
        return [
            call
            for call in self._store.calls()
            if package in (None, call["package"]) and op in (None, call["op"])
        ]

    def fail(
        self, type_: str, op: str, message: str, times: int = 1, *, code: str = "UNKNOWN"
    ) -> None:
        """Make the next calls of an operation fail; its previews don't fail.

        Args:
            type_: Type token, or the token of a function.
            op: One of `dev.cloud.store.OPERATIONS`.
            message: The error that the engine gets.
            times: How many calls fail.
            code: Name of the gRPC status.

        Raises:
            ValueError: Unknown operation.
        """
        if op not in OPERATIONS:
            raise ValueError(f"{op!r} is not one of {', '.join(OPERATIONS)}")
        fault = {"type": type_, "op": op, "message": message, "code": code, "times": times}
        self._store.add_fault(fault)

    def objects(self, type_: str) -> list[Object]:
        """Return all objects of a kind, the oldest first."""
        with self._store.world() as world:
            return [_object(id_, entry) for id_, entry in world.of_type(type_)]

    def remove(self, id_: str) -> None:
        """Delete an object by hand, with everything that depends on it.

        Raises:
            KeyError: It does not exist.
        """
        with self._store.world() as world:
            if id_ not in world.objects:
                raise KeyError(id_)
            remove(world, id_)

    def change(self, id_: str, **outputs: Value) -> None:
        """Change an object by hand: `change(id, displayName="x")`, `change(id, uniqueId="1")`.

        Raises:
            KeyError: It does not exist.
        """
        with self._store.world() as world:
            entry = world.objects[id_]
            kind = kind_of(entry.type)
            derived = {*kind.computed, *kind.planned(entry.inputs, {})}
            entry.outputs = {**entry.outputs, **outputs}
            settable = {name: outputs[name] for name in outputs if name not in derived}
            entry.inputs = {**entry.inputs, **settable}

    def let_writes_take(self, seconds: float) -> None:
        """Set how long a write takes where only one at a time is allowed; 0.4 s by default."""
        with self._store.world() as world:
            world.write_s = seconds

    def add_service_account(self, account_id: str, project: str = DEFAULT_PROJECT) -> Object:
        """Make a Google service account that no program knows."""
        return self._add(tokens.ACCOUNT, accountId=account_id, project=project)

    def add_resource_group(self, name: str, location: str = "westeurope") -> Object:
        """Make an Azure resource group that no program knows."""
        return self._add(tokens.RESOURCE_GROUP, resourceGroupName=name, location=location)

    def add_managed_identity(
        self, name: str, resource_group_name: str, location: str = "westeurope"
    ) -> Object:
        """Make a managed identity that no program knows; its resource group must exist."""
        return self._add(
            tokens.MANAGED_IDENTITY,
            resourceName=name,
            resourceGroupName=resource_group_name,
            location=location,
        )

    def add_application(self, display_name: str, **inputs: Value) -> Object:
        """Register an application that no program knows.

        Args:
            display_name: Its name.
            inputs: More arguments of `azuread.Application` by Pulumi name, e.g. `appRoles`.
        """
        return self._add(tokens.APPLICATION, displayName=display_name, **inputs)

    def add_service_principal(self, client_id: str, **inputs: Value) -> Object:
        """Make an application's service principal; inputs like `appRoleAssignmentRequired`."""
        return self._add(tokens.SERVICE_PRINCIPAL, clientId=client_id, **inputs)

    def _add(self, type_: str, **inputs: Value) -> Object:
        """Make something as its plugin would.

        Raises:
            Refused: Its cloud says no.
            ValueError: The arguments are wrong.
        """
        package = next(package for package in PACKAGES.values() if package.kind(type_))
        operations = Operations(package, self._store, {})
        checked, problems = operations.check(type_, Asked("by-hand", b"", {}, inputs))
        if problems:
            raise ValueError("; ".join(f"{found.path}: {found.reason}" for found in problems))
        id_, outputs = operations.create(type_, checked)
        return Object(id_, checked, outputs)


def _object(id_: str, entry: Entry) -> Object:
    return Object(id_, entry.inputs, entry.outputs)
