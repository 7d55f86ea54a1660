"""A stack's `connect` output, as `pulumi stack output connect --json` writes it.

docs/workloads/connect.md describes the shape; names are added over time, never renamed or dropped.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crdb_sso.errors import InvalidInput
from crdb_sso.files import reason_of
from crdb_sso.printing import cut, shown
from crdb_sso.virtual_clusters import routing_in

if TYPE_CHECKING:
    from crdb_sso.verdict.offline import ExportedTrust

WRITE_IT = "Write it with: pulumi stack output connect --json > connect.json"
_LONGEST_LIST = 300


@dataclass(frozen=True, slots=True)
class Shape:
    """What the output says of one login, for one of its identities."""

    host: str
    port: str
    user: str
    database: str
    virtual_cluster: str
    ca_file: str
    audience: str
    issuer: str
    subject: str
    claim: str
    source: Mapping[str, str]


def read_connect(
    connect: "str | os.PathLike[str] | Mapping[str, object]",
) -> Mapping[str, object]:
    """Return the output, by SQL user.

    Args:
        connect: Path of a JSON file, or what is in it.

    Raises:
        InvalidInput: It can't be read, or is not such an output.
    """
    if isinstance(connect, Mapping):
        return connect
    path = os.fspath(connect)
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        reason = reason_of(error)
        raise InvalidInput(f"can't read {path!r}: {reason}", hint=WRITE_IT) from error
    except (ValueError, RecursionError) as error:  # also of a path that no file can have
        raise InvalidInput(f"{path!r} is not JSON", hint=WRITE_IT) from error
    if not isinstance(found, dict):
        raise InvalidInput(f"{path!r} is not a stack's `connect` output", hint=WRITE_IT)
    return found


def shape_of(connect: Mapping[str, object], user: str, identity: str | None = None) -> Shape:
    """Return what an output says of one login.

    Args:
        connect: The output.
        user: The SQL user.
        identity: Name of one of its identities; None if they do not differ in what matters here.

    Raises:
        InvalidInput: There is no such login or identity, or several to choose from.
    """
    said = _login(connect, user)
    if "host" not in said:
        raise InvalidInput(
            f"the `connect` output of {user} was written by an older crdb-sso",
            hint="Run `pulumi up` with this version of it, and write the output again.",
        )
    chosen = _identity(_identities(said, user), user, identity)
    return Shape(
        **{name: _text(said, name, user) for name in _OF_LOGIN},
        virtual_cluster=_virtual_cluster(_text(said, "options", user)),
        audience=_text(chosen, "audience", user),
        issuer=_text(chosen, "issuer", user),
        subject=_subject(_identities(said, user), chosen, identity),
        claim=_text({"claim": "", **said}, "claim", user),
        source=_texts(chosen.get("source"), user),
    )


def trust_of(connect: Mapping[str, object], user: str) -> "ExportedTrust":
    """Return what an output says of the tokens of a login, of any age.

    Args:
        connect: The output.
        user: The SQL user.

    Raises:
        InvalidInput: There is no such login, or what is said of it is not a text.
    """
    from crdb_sso.verdict.offline import ExportedIdentity, ExportedTrust

    said = _login(connect, user)
    identities = tuple(
        ExportedIdentity(**{name: _text({name: "", **one}, name, user) for name in _OF_TOKENS})
        for one in _identities(said, user)
    )
    return ExportedTrust(user, identities, _text({"claim": "", **said}, "claim", user))


_OF_TOKENS = ("issuer", "audience", "subject")
_OF_LOGIN = ("host", "port", "user", "database", "ca_file")
_WHAT_MATTERS = ("audience", "issuer", "source")


def _login(connect: Mapping[str, object], user: str) -> Mapping[str, object]:
    said = connect.get(user)
    if not isinstance(said, Mapping):
        users = ", ".join(sorted(connect)) or "none"
        raise InvalidInput(
            f"there is no login {shown(user)} in the `connect` output",
            hint=f"It has {cut(users, _LONGEST_LIST)}. {WRITE_IT}",
        )
    return said


def _identities(said: Mapping[str, object], user: str) -> Sequence[Mapping[str, object]]:
    found = said.get("identities")
    if found is None:  # the only one
        return [{**said, "name": said.get("identity")}]
    if not isinstance(found, Sequence) or not all(isinstance(one, Mapping) for one in found):
        raise _strange(user, "identities", found)
    return found


def _identity(
    found: Sequence[Mapping[str, object]], user: str, wanted: str | None
) -> Mapping[str, object]:
    named = [one for one in found if wanted is None or one.get("name") == wanted]
    names = ", ".join(repr(one.get("name")) for one in found)
    if not named:
        raise InvalidInput(
            f"the login {shown(user)} has no identity {cut(repr(wanted), _LONGEST_LIST)}",
            hint=f"It has {cut(names, _LONGEST_LIST)}.",
        )
    first = [named[0].get(key) for key in _WHAT_MATTERS]
    if any([one.get(key) for key in _WHAT_MATTERS] != first for one in named):
        raise InvalidInput(
            f"the login {user!r} has several identities",
            hint=f"Say which one this workload is, with `identity`: {cut(names, _LONGEST_LIST)}.",
        )
    return named[0]


def _subject(
    found: Sequence[Mapping[str, object]], chosen: Mapping[str, object], wanted: str | None
) -> str:
    """Return the subject of an identity, "" if it is not said, or any of several may be meant."""
    subject = chosen.get("subject")
    if not isinstance(subject, str) or (wanted is None and len(found) > 1):
        return ""
    return subject


def _virtual_cluster(options: str) -> str:
    found = routing_in(options)
    return found.name if found else ""


def _text(said: Mapping[str, object], name: str, user: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise _strange(user, name, value)
    return value


def _texts(value: object, user: str) -> Mapping[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for one in value.values()):
        raise _strange(user, "source", value)
    return {str(name): str(text) for name, text in value.items()}


def _strange(user: str, name: str, value: object) -> InvalidInput:
    return InvalidInput(
        f"`{name}` of {user} in the `connect` output is {shown(value)}", hint=WRITE_IT
    )
