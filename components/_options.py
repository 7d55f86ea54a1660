"""What all components do alike: options of children, checks, errors, optional packages."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from functools import partial
from inspect import isawaitable
from typing import Any, TypeVar

import pulumi

from crdb_sso.crdb.storable import check_storable
from crdb_sso.errors import CrdbSsoError, InvalidInput, extra_hint
from crdb_sso.preview.masking import texts_in
from crdb_sso.provider import log

from .config_names import error_text

_Result = TypeVar("_Result")


def child_options(
    parent: pulumi.ComponentResource,
    *,
    depends_on: Sequence[pulumi.Resource] = (),
    ignore_changes: Sequence[str] = (),
    delete_before_replace: bool | None = None,
) -> pulumi.ResourceOptions:
    """Options for a direct child; `protect` and `providers` are inherited by Pulumi itself."""
    return pulumi.ResourceOptions(
        parent=parent,
        depends_on=list(depends_on),
        ignore_changes=list(ignore_changes),
        delete_before_replace=delete_before_replace,
    )


@contextmanager
def needs_package(package: str, extra: str) -> Iterator[None]:
    """Name the missing package if the import of a cloud's SDK fails.

    Args:
        package: Name of the pip package.
        extra: The extra of crdb-sso that installs it; the requirements file in this repository that
            pins it is named after it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != package.replace("-", "_"):
            raise  # the package is installed, something else is missing
        raise pulumi.RunError(
            f"the package {package} is not installed. {extra_hint(extra)}, or in its"
            f" repository pip install -r requirements-{extra}.txt"
        ) from error


@contextmanager
def as_run_error(where: str) -> Iterator[None]:
    """Turn our errors into a `RunError`: the engine prints only its text, without a traceback.

    Args:
        where: The component or config key that the error is about, e.g. "OidcIssuer 'idp'".
    """
    try:
        yield
    except CrdbSsoError as error:
        raise pulumi.RunError(log.without_secrets(error_text(where, error))) from error


def applied(
    where: str, rule: Callable[..., _Result | Awaitable[_Result]], *inputs: pulumi.Input[object]
) -> pulumi.Output[_Result]:
    """Apply a rule once its arguments are known; its errors end the program, and show no secret.

    Args:
        where: See `as_run_error`.
        rule: A function or a coroutine function; may raise our errors.
        inputs: Its arguments, which may be Outputs.
    """
    known = [pulumi.Output.from_input(each) for each in inputs]
    are_secret: pulumi.Output[object] = pulumi.Output.from_input(_are_secret(known))
    return pulumi.Output.all(are_secret, *known).apply(partial(_applied, where, rule))


async def _are_secret(outputs: Sequence[pulumi.Output[object]]) -> object:
    found = await asyncio.gather(*(one.is_secret() for one in outputs), return_exceptions=True)
    return [is_secret is True for is_secret in found]


async def _applied(
    where: str,
    rule: Callable[..., _Result | Awaitable[_Result]],
    values: Sequence[Any],  # any: each rule knows its arguments
) -> _Result:
    are_secret, *given = values
    pairs = zip(given, are_secret, strict=True)
    secrets = {text for value, is_secret in pairs if is_secret for text in texts_in(value)}
    with log.keeping(secrets), as_run_error(where):
        result = rule(*given)
        return await result if isawaitable(result) else result


def check_texts(value: object) -> None:
    """Check all plain texts in what becomes properties; Outputs are checked once they are known.

    Raises:
        InvalidInput: No cluster can store one of them.
    """
    for text in texts_in(value):
        check_storable(text)


def check_names(what: str, given: Mapping[str, object], shape: type) -> None:
    """Check that a dict has the keys that a TypedDict requires, and no unknown ones.

    Args:
        what: Whose dict it is, for the message, e.g. "login 'app'".
        given: The dict.
        shape: A TypedDict.

    Raises:
        InvalidInput: It is not a dict, a required key is missing, or one is unknown (usually a
            typo).
    """
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{what} is not a dict but {given!r}", hint="Write {...}.")
    required, optional = shape.__required_keys__, shape.__optional_keys__  # type: ignore[attr-defined] # every TypedDict has them
    known = required | optional
    for key in given:
        if key not in known:
            near = get_close_matches(str(key), known, 1)
            listed = ", ".join(map(repr, sorted(known)))
            raise InvalidInput(
                f"unknown key {str(key)!r} in {what}",
                hint=f"Did you mean {near[0]!r}?" if near else f"Known keys: {listed}.",
            )
    for key in sorted(required - given.keys()):
        raise InvalidInput(f"{what} needs {key!r}", hint=f"Add {key!r} to it.")


def check_bool(name: str, given: object) -> None:
    """Check a switch: text like "false" would count as true.

    Raises:
        InvalidInput: It is not True, False or None.
    """
    if given is not None and not isinstance(given, bool):
        raise InvalidInput(
            f"`{name}` is {given!r}, not True or False", hint="Write a plain bool, without quotes."
        )
