"""`prove` of `ClusterSso`: which logins are tried once they are written, and with whose tokens."""

from collections.abc import Mapping

import pulumi

from crdb_sso.desired.proof import IDENTITY, KIND
from crdb_sso.errors import InvalidInput
from crdb_sso.workload.tokens.by_name import check_source

from ._logins import Login
from .identity import IdentityFacts

Sources = Mapping[str, Mapping[str, pulumi.Input[str]]]

_OUTCOMES = (None, "keep", "restore")


def check_proof(prove: Sources | None, on_failed: str | None, logins: Mapping[str, Login]) -> None:
    """Check what a program wants proven.

    Raises:
        InvalidInput: The program must be changed.
    """
    if on_failed not in _OUTCOMES:
        raise InvalidInput(
            f"on_failed_proof={on_failed!r} is neither 'keep' nor 'restore'",
            hint="Write one of them.",
        )
    if on_failed == "restore" and not prove:
        raise InvalidInput(
            "`on_failed_proof` is set, but nothing is proven",
            hint="Add `prove`, or remove `on_failed_proof`.",
        )
    if not isinstance(prove, Mapping | None):
        raise InvalidInput(
            "`prove` is not a dict", hint='Write {"app": {"kind": "file", "path": "token"}}.'
        )
    for user, source in (prove or {}).items():
        _check_source(user, source, logins)


def proof_props(
    prove: Sources | None, on_failed: str | None, logins: Mapping[str, Login]
) -> Mapping[str, object]:
    """Return the properties of ClusterLogins, none where nothing is proven."""
    if not prove:
        return {}
    sources = {user: _source(source, logins[user]) for user, source in prove.items()}
    return {"prove": sources} | ({"on_failed_proof": on_failed} if on_failed == "restore" else {})


def _check_source(user: str, source: object, logins: Mapping[str, Login]) -> None:
    what = f"`prove` of login {user!r}"
    if user not in logins:
        raise InvalidInput(
            f"there is no login {user!r} to prove",
            hint="Name one of `logins`, or remove it from `prove`.",
        )
    if not isinstance(source, Mapping):
        raise InvalidInput(
            f"{what} does not name a token source", hint='Write e.g. {"kind": "file", "path": "t"}.'
        )
    for name in (KIND, IDENTITY):
        if not isinstance(source.get(name, ""), str):
            raise InvalidInput(f"`{name}` in {what} is not plain text", hint="Write it as text.")
    found = _source(source, logins[user])
    if not found.get(KIND):
        raise InvalidInput(
            f"{what} does not say where this machine gets the token",
            hint="Name a source of crdb_sso.workload.tokens, e.g."
            ' {"kind": "command", "command": "..."}.',
        )
    check_source(str(found[KIND]), [name for name in found if name not in (KIND, IDENTITY)])


def _source(
    given: Mapping[str, pulumi.Input[str]], login: Login
) -> Mapping[str, pulumi.Input[str]]:
    """Return where a token comes from: as the program says, else as the identity does."""
    if given.get(KIND):
        return given
    facts = _facts(given, login)
    return {**(facts.get("proof_from") or {}), **given} if facts else given


def _facts(given: Mapping[str, pulumi.Input[str]], login: Login) -> IdentityFacts | None:
    """Return the identity whose token it is, None if that is not clear."""
    name, identities = given.get(IDENTITY), login["identities"]
    named = [facts for facts in identities if name in (None, facts["name"])]
    return named[0] if len(named) == 1 else None
