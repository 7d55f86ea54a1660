"""What is wrong with inputs, and at which property: for the engine's `check`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from crdb_sso.crdb.hba import check_door
from crdb_sso.desired.logins import Logins, OnDelete
from crdb_sso.errors import CrdbSsoError


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the inputs.

    Attributes:
        path: Property path, "" where the engine must not print the value.
        reason: For people, without any secret.
    """

    path: str
    reason: str


def tried(path: str, check: Callable[[], object]) -> Iterator[Problem]:
    """Yield the problem that a check raises, if it raises one."""
    try:
        check()
    except CrdbSsoError as exc:
        yield Problem(path, str(exc))


def on_delete_problems(path: str, value: object) -> Iterator[Problem]:
    """Yield what is wrong with what shall become of a user; None is the same as not given."""
    if value is not None and value not in [choice.value for choice in OnDelete]:
        yield Problem(path, "it is neither `drop` nor `disable`. Write one of them, as plain text.")


def door_problems(wanted: Logins) -> Iterator[Problem]:
    """Yield the rules of forced SSO that can't be."""
    for door, method in (wanted.sso_only or {}).items():
        yield from tried(f'sso_only["{door.text}"]', partial(check_door, door, method))


def passthrough_problems(wanted: Logins) -> Iterator[Problem]:
    """Yield the sources that can't have their subjects as user names."""
    first: dict[str, tuple[str, bool]] = {}
    for name, source in wanted.sources.items():
        at, takes_subjects = f"sources.{name}.subject_is_username", source.subject_is_username
        if takes_subjects and source.close_passthrough:
            yield Problem(at, "it is the opposite of `close_passthrough`. Take one of them.")
        if takes_subjects and source.audience == "":
            reason = "the audience is empty. Give the `aud` that the tokens carry."
            yield Problem(f"sources.{name}.audience", reason)
        if source.issuer is None:
            continue
        other, does_other = first.setdefault(source.issuer, (name, takes_subjects))
        if does_other is not takes_subjects:
            reason = (
                f"{other} and {name} are one issuer: its subjects are user names, or lines map"
                " them. Take one of both."
            )
            yield Problem(at, reason)
