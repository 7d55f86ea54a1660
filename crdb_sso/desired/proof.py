"""Which logins a change proves, with whose tokens, and what becomes of it if one fails.

That is about how to check what was written, not a wish for the cluster: no entry follows from it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from crdb_sso.desired.logins import Desired, Identity
from crdb_sso.desired.unknown import UNKNOWN, NotKnownYet, Text
from crdb_sso.errors import InvalidInput

KIND, IDENTITY = "kind", "identity"
"""Which token source, and which identity of the login; everything else is a parameter of it."""

_NOT_PARAMETERS = (KIND, IDENTITY)


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proven.

    Attributes:
        logins: Where the token of each login comes from, by SQL user.
        restores: Whether a change is taken back if a login fails.
    """

    logins: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    restores: bool = False


NO_PROOF = Proof()
"""What is proven unless a program asks for it."""


def proven_users(proof: Proof, desired: Desired) -> tuple[str, ...]:
    """Return the users whose logins are tried: those that are shut out can't log in."""
    logins = desired.logins
    return tuple(u for u in proof.logins if u in logins and logins[u].may_login)


def shut_out_users(proof: Proof, desired: Desired) -> tuple[str, ...]:
    """Return the users whose logins would be tried if they were not shut out."""
    logins = desired.logins
    return tuple(u for u in proof.logins if u in logins and not logins[u].may_login)


def parameters(source: Mapping[str, Text]) -> dict[str, Text]:
    """Return the parameters of a token source, as a program names it."""
    return {name: text for name, text in source.items() if name not in _NOT_PARAMETERS}


def known_texts(given: Mapping[str, Text]) -> dict[str, str] | None:
    """Return parameters once all of them are known, None until then."""
    texts = {name: text for name, text in given.items() if not isinstance(text, NotKnownYet)}
    return texts if len(texts) == len(given) else None


def proven_identity(desired: Desired, user: str, source: Mapping[str, Text]) -> Identity:
    """Return the identity whose token a login is tried with.

    Args:
        desired: The wish.
        user: A user with a login.
        source: Where its token comes from.

    Raises:
        InvalidInput: There is no such identity, or it matters which of several it is.
    """
    identities = desired.logins[user].identities
    name, names = source.get(IDENTITY, ""), ", ".join(sorted(identities)) or "none"
    if name is not UNKNOWN and name in identities:
        return identities[name]
    if name:
        raise InvalidInput(
            f"the login {user} has no identity {str(name)!r}", hint=f"It has {names}."
        )
    if not identities:
        raise InvalidInput(
            f"the login {user} has no identity, so no token opens it",
            hint="Prove another login.",
        )
    first, *others = identities.values()
    if any((one.source, one.audience) != (first.source, first.audience) for one in others):
        raise InvalidInput(
            f"the login {user} has several identities: {names}",
            hint=f"Say whose token it is: add `{IDENTITY}`.",
        )
    return first


def proof_problems(proof: Proof, desired: Desired) -> Iterator[tuple[str, InvalidInput]]:
    """Yield what is wrong with a proof, by the user that it is about."""
    for user, source in proof.logins.items():
        if user not in desired.logins:
            yield (
                user,
                InvalidInput(
                    f"there is no login {user!r} to prove",
                    hint="Name one of `logins`, or remove it from `prove`.",
                ),
            )
            continue
        try:
            proven_identity(desired, user, source)
        except InvalidInput as error:
            yield user, error
