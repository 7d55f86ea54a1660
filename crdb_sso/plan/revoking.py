"""What a change takes from somebody: a failed proof never gives it back.

A key has leaked, a person has left: whoever ends trust must not find it restored because the login
of somebody else failed. Nobody can tell such a change from one that only replaces an entry, so each
entry that lets somebody in counts. What shuts out passwords (`sso_only`) does not: to put that back
is what people who try it out want.
"""

from collections.abc import Iterator

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.sql_users import LoginState
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.steps import Plan
from crdb_sso.registry.claims import Entry, Kind

_SWITCHED_ON = "true"


def revoked(done: PlanContext, plan: Plan) -> tuple[Entry, ...]:
    """Return what lets somebody in, and no longer does after a change.

    Args:
        done: What the change was made from.
        plan: The change.
    """
    found = {*_removed(done), *_replaced(done), *_shut_out(done, plan), *_closed(done)}
    return tuple(sorted(found))


def _removed(done: PlanContext) -> Iterator[Entry]:
    """Yield what goes from lists, and switches that are turned off."""
    for entry, claim in done.removable.items():
        if entry.kind is Kind.SETTING:
            if claim.text == _SWITCHED_ON and done.is_live(entry, _SWITCHED_ON):
                yield entry
        elif done.is_there(entry) and not _is_closing(entry):
            yield entry


def _is_closing(entry: Entry) -> bool:
    return isinstance(entry.value, MapLine) and entry.value.is_closing


def _replaced(done: PlanContext) -> Iterator[Entry]:
    """Yield keys, and where issuers publish theirs, that others of the same name replace."""
    for entry, text in done.added.items():
        is_trust = entry.kind is Kind.KEY or entry.kind is Kind.ISSUER
        if is_trust and done.is_there(entry) and not done.is_live(entry, text):
            yield entry


def _shut_out(done: PlanContext, plan: Plan) -> Iterator[Entry]:
    """Yield users who may no longer log in or are dropped, and memberships that end."""
    states = {**plan.announce.alter_users, **plan.retire.alter_users}
    for user, state in states.items():
        if state is LoginState.NOLOGIN and done.live.users[user].may_login:
            yield Entry(Kind.USER, user)
    yield from (Entry(Kind.USER, user) for user in plan.retire.drop_users)
    yield from map(Entry.of, plan.retire.revokes)


def _closed(done: PlanContext) -> Iterator[Entry]:
    """Yield issuers that get their first map line: until then their subjects were user names."""
    had = {line.issuer for line in done.live_lines}
    for issuer in {line.issuer for line in done.lines_after} - had:
        if issuer in done.live_entries[Setting.ISSUERS]:
            yield Entry(Kind.ISSUER, issuer)
