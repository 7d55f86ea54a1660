"""What shutting a SQL user out by hand means, and letting it in again, in lines for people."""

from collections.abc import Iterator, Sequence

from crdb_sso.crdb.sql_users import LoginState
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.registry.claims import Claim, Kind


def claims_on_user(live: ClusterState, user: str) -> list[Claim]:
    """Return the claims of all stacks on a SQL user, by the names of their owners."""
    found = [c for c in live.claims if c.entry.kind is Kind.USER and c.entry.name == user]
    return sorted(found, key=lambda claim: claim.owner)


def owner_lines(user: str, claims: Sequence[Claim], state: LoginState) -> Iterator[str]:
    """Yield what the stacks that claim a user will say and do about its new state."""
    if not claims:
        yield f"no stack has claimed {user}"
    for claim in claims:
        if claim.text == state:
            yield f"{claim.owner} claims {user}, and has it as {state.value} itself"
        elif state is LoginState.LOGIN:
            yield (
                f"{claim.owner} shuts {user} out (`login: false`): it warns that {user} may log in"
                " again, and shuts it out after `pulumi refresh` and `pulumi up`"
            )
        else:
            yield (
                f"{claim.owner} claims {user}: it warns that {user} is shut out, and lets it in"
                " after `pulumi refresh` and `pulumi up`"
            )


def session_lines(user: str, applications: Sequence[str], *, sees_all: bool) -> Iterator[str]:
    """Yield the open sessions of a user.

    Args:
        user: The user.
        applications: What each session calls itself.
        sees_all: Whether the operator sees the sessions of others for certain.
    """
    if applications:
        names = sorted({name or "without a name" for name in applications})
        yield f"{user} has {len(applications)} open sessions ({', '.join(names)})"
    elif sees_all:
        yield f"{user} has no open sessions"
    else:
        yield (
            f"no open sessions of {user} are visible: without the privilege VIEWACTIVITY, an"
            " operator sees only their own"
        )
