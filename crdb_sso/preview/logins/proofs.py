"""The proof of logins, in lines for people: before it, while it goes on, and what comes of it."""

from collections.abc import Collection, Iterator

from crdb_sso.desired.logins import Desired
from crdb_sso.desired.proof import KIND, Proof, proven_users, shut_out_users
from crdb_sso.plan.proving import Failure
from crdb_sso.preview.on_cluster.notes import named
from crdb_sso.printing import cut, first_told, printable
from crdb_sso.registry.claims import Entry

_LONGEST_SAID = 500
_MOST_REVOKED, _LONGEST_NAME = 3, 120

STAYS = "What was written stays, and the next `pulumi up` tries these logins again."
PUT_BACK = "What this update changed was put back."
UNDONE = "What was written before was undone."
NOTHING_CHANGED = "This update changed nothing on the cluster, so nothing was put back."


def proof_lines(proof: Proof, desired: Desired) -> Iterator[str]:
    """Yield which logins a change will try once it is written."""
    users = proven_users(proof, desired)
    for user in users:
        source = proof.logins[user].get(KIND, "")
        yield f"? {user}: will log in once all is written, with a token from {source}"
    for user in shut_out_users(proof, desired):
        yield f"? {user}: is shut out, so its login is not tried"
    if users and proof.restores:
        yield "? if a login fails, what this update changed is put back unless it takes access away"


def trying_line(users: Collection[str], longest_s: float) -> str:
    """Return that logins are tried now."""
    return f"proof: logging in as {', '.join(users)}, for up to {longest_s:g} s"


def let_in_line(user: str) -> str:
    """Return that a login was let in."""
    return f"proof: {user} logged in"


def again_line(failures: Collection[Failure], waited_s: float) -> str:
    """Return who was not let in so far."""
    who = "; ".join(f"{failure.user} ({said_of(failure)})" for failure in failures)
    return f"proof: not let in after {waited_s:.0f} s, trying again: {who}"


def not_put_back_line(reason: str) -> str:
    """Return that a change could not be put back."""
    return f"What this update changed could not be put back: {reason}. {STAYS}"


def resumed_line() -> str:
    """Return why a creation is not undone."""
    return f"It completes a creation that was killed, so it was not undone. {STAYS}"


def revoked_line(revoked: Collection[Entry]) -> str:
    """Return why a change that takes access away is not put back."""
    told = first_told(
        revoked,
        lambda entry: cut(printable(named(entry)), _LONGEST_NAME),
        "{count} more",
        _MOST_REVOKED,
    )
    return (
        f"This update also takes access away ({', '.join(told)}), which a failed proof never gives"
        f" back: nothing was put back. {STAYS}"
    )


def other_user_words(user: str) -> str:
    """Return that a login was let in as somebody else."""
    return f"was let in as {printable(user)!r}"


def said_of(failure: Failure) -> str:
    """Return what was said as a login failed, short and fit to print."""
    return cut(printable(failure.said), _LONGEST_SAID)
