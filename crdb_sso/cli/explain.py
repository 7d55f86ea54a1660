"""`crdb-sso explain`: why a login is refused, or would be; the rules are in `crdb_sso.verdict`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Annotated

import typer

from crdb_sso.cli.cluster_options import (
    DatabaseOption,
    JsonOption,
    UrlOption,
    check_owner,
    chosen_database,
    chosen_url,
)
from crdb_sso.cli.exit_codes import LOGIN_REFUSED, UNDECIDED
from crdb_sso.cli.given_token import (
    HOW,
    SOURCES,
    STANDARD_INPUT,
    check_no_options,
    token_from_file,
    token_from_source,
)
from crdb_sso.cli.screen import say, say_json, say_table
from crdb_sso.cli.token_options import AudienceOption, TokenOption
from crdb_sso.cli.verdict_json import foreseen_json, token_json, verdict_json
from crdb_sso.clients.cluster import open_cluster
from crdb_sso.clients.issuers.issuer_keys import ask_issuers
from crdb_sso.clients.judging import decoded_or_none, judge_on_cluster
from crdb_sso.crdb.storable import check_storable
from crdb_sso.crdb.user_names import LONGEST_NAME
from crdb_sso.errors import InvalidInput
from crdb_sso.preview.logins.verdicts import (
    check_row,
    foreseen_line,
    foreseen_summary,
    token_lines,
    verdict_lines,
)
from crdb_sso.printing import shown
from crdb_sso.registry.claims import Kind, owned
from crdb_sso.registry.known_owners import check_owner_known
from crdb_sso.verdict import Verdict
from crdb_sso.verdict.foreseen import Foreseen, foreseen_logins
from crdb_sso.verdict.jose.decoding import Decoded
from crdb_sso.verdict.offline import judge_offline
from crdb_sso.workload.outputs import read_connect, trust_of

_LONGEST_USER = 300
_HEADINGS = ("", "check", "seen")

_Dash = Annotated[
    str | None,
    typer.Argument(metavar="[-]", show_default=False, help="the token is on standard input"),
]
_User = Annotated[
    str | None,
    typer.Option("--user", show_default=False, help="the SQL user, as in the client's URL"),
]
_TokenFile = Annotated[
    str | None,
    typer.Option(
        "--token-file", show_default=False, metavar="FILE", help="a file with the token alone"
    ),
]
_TokenFrom = Annotated[
    str | None,
    typer.Option(
        "--token-from",
        show_default=False,
        metavar="SOURCE",
        help=SOURCES,
    ),
]
_Connect = Annotated[
    str | None,
    typer.Option(
        "--connect",
        show_default=False,
        metavar="FILE",
        help="judge by a stack's `connect` output alone, without the cluster",
    ),
]
_Stack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        show_default=False,
        metavar="OWNER",
        help="judge every login of a stack, without a token",
    ),
]


@dataclass(frozen=True, slots=True)
class _Explained:
    """A login with a token, and what becomes of it."""

    user: str
    where: str
    token: Decoded | None
    now: datetime
    verdict: Verdict


def explain(
    context: typer.Context,
    *,
    dash: _Dash = None,
    user: _User = None,
    token_file: _TokenFile = None,
    token_from: _TokenFrom = None,
    token_option: TokenOption = None,
    audience: AudienceOption = None,
    connect: _Connect = None,
    stack: _Stack = None,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Tell what becomes of a login: every check, the first that fails, and what to do.

    The token is read, judged and forgotten; it is never sent or shown.
    """
    if stack is not None:
        of_a_token = (dash, token_file, token_from, token_option, audience)
        if user is not None or connect is not None or any(of_a_token):
            raise InvalidInput(
                "--stack judges without a token", hint="Give --stack, or --user and a token."
            )
        _explain_stack(*_where(context, cluster_url, database), stack, as_json=as_json)
        return
    user = _checked(user)
    wanted = audience, _audience_of(connect, user)
    token = _given_token(dash, token_file, token_from, token_option, wanted)
    if connect is None:
        found = _on_cluster(*_where(context, cluster_url, database), user, token)
    else:
        found = _by_output(connect, user, token)
    _show(found, as_json=as_json)


def _checked(user: str | None) -> str:
    """Return the user; a text that can't be a user name is refused, as every line repeats it."""
    if not user:
        raise InvalidInput("no SQL user is given", hint="Give --user, or --stack OWNER.")
    if len(user) > _LONGEST_USER:
        raise InvalidInput(
            f"--user {shown(user)} has {len(user)} characters",
            hint=f"A SQL user has a name of at most {LONGEST_NAME} bytes.",
        )
    check_storable(user)
    return user


def _where(context: typer.Context, url: str | None, database: str | None) -> tuple[str, str]:
    return chosen_url(context, url), chosen_database(context, database)


def _given_token(
    dash: str | None,
    token_file: str | None,
    token_from: str | None,
    token_option: Sequence[str] | None,
    audience: tuple[str | None, str],
) -> str:
    """Return the token, wherever it is; `audience` is what is given, and that of the login."""
    given = [one for one in (dash, token_file, token_from) if one is not None]
    if len(given) != 1 or dash not in (None, STANDARD_INPUT):
        raise InvalidInput("give one place where the token is", hint=f"{HOW}.")
    if token_from is None:
        check_no_options(token_option, audience[0])
        return token_from_file(given[0])
    return token_from_source(token_from, token_option, *audience)


def _audience_of(connect: str | None, user: str) -> str:
    """Return the audience that an output says a source is to be asked for, "" if not one."""
    named = trust_of(read_connect(connect), user).audiences if connect else ()
    return named[0] if len(named) == 1 else ""


def _on_cluster(url: str, database: str, user: str, token: str) -> _Explained:
    judged = judge_on_cluster(url, database, user, token)
    where = f"CockroachDB {judged.view.cluster.version}"
    return _Explained(user, where, judged.token, judged.view.now, judged.verdict)


def _by_output(path: str, user: str, token: str) -> _Explained:
    now = datetime.now(timezone.utc)
    verdict = judge_offline(trust_of(read_connect(path), user), token, now=now)
    return _Explained(user, "the stack's output", decoded_or_none(token), now, verdict)


def _show(found: _Explained, *, as_json: bool) -> None:
    if as_json:
        token = token_json(found.token) if found.token else None
        said = {"user": found.user, "judged_by": found.where, "token": token}
        say_json({**said, **verdict_json(found.verdict)})
    else:
        say(f"login of {found.user}, judged by {found.where}")
        if found.token:
            for line in token_lines(found.token, int(found.now.timestamp())):
                say(line)
        say_table(_HEADINGS, map(check_row, found.verdict.checks))
        for line in verdict_lines(found.user, found.verdict):
            say(line)
    if found.verdict.first_failure:
        raise typer.Exit(LOGIN_REFUSED)
    if found.verdict.is_undecided:
        raise typer.Exit(UNDECIDED)


def _explain_stack(url: str, database: str, owner: str, *, as_json: bool) -> None:
    check_owner(owner)
    with open_cluster(url, database=database) as cluster:
        view = cluster.read_login_view()
        registry = cluster.read_registry()
    check_owner_known(registry, owner)
    holders = registry.holders_named(owner) if registry else frozenset[str]()
    claims = list(owned(registry.claims if registry else (), holders).values())
    issuers = [claim.entry.name for claim in claims if claim.entry.kind is Kind.ISSUER]
    asked = ask_issuers(view.cluster, issuers)
    found = foreseen_logins(
        asked.cluster, claims, now=view.now, unasked=asked.unasked, instead=view.instead
    )
    if as_json:
        judged_by = f"CockroachDB {view.cluster.version}"
        logins = list(map(foreseen_json, found))
        say_json({"owner": owner, "judged_by": judged_by, "logins": logins})
    else:
        say(f"logins of {owner}, judged by CockroachDB {view.cluster.version} without a token")
        for one in found:
            _show_foreseen(one)
        if not found:
            say("it has no logins")
    if any(one.verdict.first_failure for one in found):
        raise typer.Exit(LOGIN_REFUSED)  # no login can be decided without a token


def _show_foreseen(one: Foreseen) -> None:
    say(foreseen_line(one))
    if one.verdict.first_failure is None:
        say(foreseen_summary(one))
        return
    say_table(_HEADINGS, map(check_row, one.verdict.checks))
    for line in verdict_lines(one.user or "whom the token names", one.verdict):
        say(line)
