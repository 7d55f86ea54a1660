"""`crdb-sso disable` and `enable`: a SQL user, in an emergency; stacks respect it and name it."""

from dataclasses import dataclass
from typing import Annotated

import typer

from crdb_sso.cli.cluster_options import (
    DatabaseOption,
    JsonOption,
    UrlOption,
    YesOption,
    chosen_database,
    chosen_url,
)
from crdb_sso.cli.exit_codes import NOT_CONFIRMED
from crdb_sso.cli.screen import is_confirmed, say, say_aside, say_json
from crdb_sso.clients.cluster import Cluster, open_cluster
from crdb_sso.crdb.sql_users import LoginState
from crdb_sso.crdb.user_names import check_role_name, is_reserved
from crdb_sso.errors import GuardRefused, InvalidInput
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.preview.logins.by_hand import claims_on_user, owner_lines, session_lines

UserArgument = Annotated[str, typer.Argument(help="name of the SQL user")]


@dataclass(frozen=True, slots=True)
class Answers:
    """How a command speaks, and what it was told in advance.

    Attributes:
        is_sure: Whether it does not ask.
        as_json: Whether standard output is for the result alone.
    """

    is_sure: bool
    as_json: bool

    def tell(self, line: str) -> None:
        """Say something that is not the result."""
        (say_aside if self.as_json else say)(line)


def disable(
    context: typer.Context,
    *,
    user: UserArgument,
    yes: YesOption = False,
    close_sessions: Annotated[
        bool, typer.Option("--close-sessions", help="close its open sessions, without asking")
    ] = False,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Shut a SQL user out (NOLOGIN), then close its open sessions.

    Stacks leave it so, and say so.
    """
    answers = Answers(yes, as_json)
    url, where = chosen_url(context, cluster_url), chosen_database(context, database)
    with open_cluster(url, database=where, checks_owners=False) as cluster:
        live = _set_state(cluster, user, LoginState.NOLOGIN, answers)
        found, closed = _close(cluster, live, user, answers, is_asked_for=close_sessions)
    if as_json:
        said = {"open_sessions": found, "closed_sessions": closed}
        say_json({**_as_json(live, user, LoginState.NOLOGIN), **said})


def enable(
    context: typer.Context,
    *,
    user: UserArgument,
    yes: YesOption = False,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Let a SQL user log in again (LOGIN)."""
    url, where = chosen_url(context, cluster_url), chosen_database(context, database)
    with open_cluster(url, database=where, checks_owners=False) as cluster:
        live = _set_state(cluster, user, LoginState.LOGIN, Answers(yes, as_json))
    if as_json:
        say_json(_as_json(live, user, LoginState.LOGIN))


def _set_state(cluster: Cluster, user: str, state: LoginState, answers: Answers) -> ClusterState:
    """Bring a user to a login state, after asking.

    Raises:
        InvalidInput: The user is reserved.
        GuardRefused: There is no such user, or it is the operator.
    """
    live = _checked(cluster, user, state, answers)
    verb = "log in again" if state.may_login else "log in no longer"
    if live.users[user].state is state:
        answers.tell(f"{user} may {'log in' if state.may_login else 'not log in'} already")
        return live
    question = f"Let {user} {verb} ({state.value})?"
    if not answers.is_sure and not is_confirmed(question, aside=answers.as_json):
        raise typer.Exit(NOT_CONFIRMED)
    cluster.set_login(user, state)
    answers.tell(f"{user} may {verb}")
    return live


def _checked(cluster: Cluster, user: str, state: LoginState, answers: Answers) -> ClusterState:
    """Return what there is of a user, after saying what a new state means to stacks."""
    if is_reserved(user):
        raise InvalidInput(
            f"the SQL user {user!r} is reserved: it is not shut out or let in by hand",
            hint="Name the SQL user of a login.",
        )
    check_role_name(user)
    live, unread = cluster.read_user(user)
    if user not in live.users:
        raise GuardRefused(
            f"there is no SQL user {user} on this cluster",
            hint="`crdb-sso claims list` shows the users of all stacks, SHOW USERS all users.",
        )
    if user == live.operator.user:
        raise GuardRefused(
            f"{user} is who runs this command", hint="Run it as another operator, or as root."
        )
    if unread:
        answers.tell(f"which stacks claim {user} is not known: {unread}")
    else:
        for line in owner_lines(user, claims_on_user(live, user), state):
            answers.tell(line)
    return live


def _close(
    cluster: Cluster, live: ClusterState, user: str, answers: Answers, *, is_asked_for: bool
) -> tuple[int, int]:
    """Close the open sessions of a user, if that is wanted; return how many there were and are."""
    applications = cluster.sessions_of(user)
    for line in session_lines(user, applications, sees_all=live.operator.is_admin):
        answers.tell(line)
    if not applications:
        return 0, 0
    if not is_asked_for and not answers.is_sure:
        is_asked_for = is_confirmed("Close them?", aside=answers.as_json)
    if not is_asked_for:
        answers.tell(f"they stay open: `crdb-sso disable {user} --close-sessions` closes them")
        return len(applications), 0
    left = cluster.close_sessions(user)
    closed = len(applications) - left
    answers.tell(f"closed: {closed}")
    if left:
        answers.tell(f"{left} of them are still closing")
    return len(applications), closed


def _as_json(live: ClusterState, user: str, state: LoginState) -> dict[str, object]:
    owners = [claim.owner for claim in claims_on_user(live, user)]
    was = live.users[user].state
    return {"user": user, "state": state.value, "was": was.value, "claimed_by": owners}
