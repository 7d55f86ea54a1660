"""A change of what is wanted, in lines for people.

What is removed comes before what is added; a text that is not known yet reads `[unknown]`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone

from crdb_sso.desired.logins import Desired, Identity, Login, OnDelete, Source
from crdb_sso.desired.remembered import Remembered, Retiring
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.preview.effects_of_options import option_lines
from crdb_sso.preview.on_cluster.flat_lists import audience_lines

MOST_LINES = 60
"""Further lines are only counted: a preview of a thousand logins stays readable."""


def effect_lines(
    before: Remembered, after: Desired, staying: Retiring, live: ClusterState | None = None
) -> list[str]:
    """Return what changes for logins and key sources, one line per effect.

    Args:
        before: What the state says.
        after: What the program wants.
        staying: The retired keys that stay trusted for a while.
        live: The cluster, if it was reached.
    """
    written = before.written
    return [
        *_source_lines(before, after, staying),
        *_login_lines(written, after),
        *audience_lines(written, after, live),
        *(f"- left over from an unfinished change: {text}" for text in before.leftovers),
        *option_lines(written, after),
    ]


def shortened(lines: list[str]) -> list[str]:
    """Return at most `MOST_LINES` lines, and a count of the rest."""
    if len(lines) <= MOST_LINES:
        return lines
    left = lines[MOST_LINES:]
    counts = {mark: sum(line.startswith(mark) for line in left) for mark in "+-~"}
    said = ", ".join(f"{count} {mark}" for mark, count in counts.items())
    more = f" ({said})" if any(counts.values()) else ""
    return [*lines[:MOST_LINES], f"... and {len(left)} more lines{more}"]


def _source_lines(before: Remembered, after: Desired, staying: Retiring) -> Iterator[str]:
    sources = before.written.sources
    for name in sorted(sources.keys() - after.sources.keys()):
        yield f"- {name}: issuer {sources[name].issuer} is no longer trusted"
    for name, source in sorted(after.sources.items()):
        old = sources.get(name)
        if old is None:
            keys = "keys fetched by the nodes" if after.fetched else _keys(source)
            yield f"+ {name}: tokens of issuer {source.issuer} are trusted, {keys}"
            yield from _passthrough_lines(name, old, source)
            continue
        if old.issuer != source.issuer:
            yield f"- {name}: issuer {old.issuer} is no longer trusted"
            yield f"+ {name}: tokens of issuer {source.issuer} are trusted"
        elif name in before.untrusted:
            yield (
                f"+ {name}: tokens of issuer {source.issuer} are trusted again, only"
                f" {'by subject' if source.subject_is_username else 'through identity map lines'}"
            )
        yield from _passthrough_lines(name, old, source)
        if not after.fetched:
            was, will = before.retiring.get(name, {}), staying.get(name, {})
            yield from _key_lines(name, old, source, was, will)
        elif before.written.fetched and old.ca != source.ca:
            yield f"~ {name}: the nodes trust another CA for its server"


def _passthrough_lines(name: str, old: Source | None, source: Source) -> Iterator[str]:
    before = old is not None and old.subject_is_username
    if source.subject_is_username and not before:
        yield (
            f"+ {name}: each subject (audience {source.audience}) may log in as the SQL user of the"
            " same name, no matter who created it"
        )
    elif before and not source.subject_is_username:
        yield f"- {name}: subjects are no longer user names; identity map lines map them"
    elif old is not None and old.audience != source.audience:
        yield f"~ {name}: the audience of its subjects is {source.audience}"


def _keys(source: Source) -> str:
    if source.keys is UNKNOWN:
        return f"keys {UNKNOWN}"
    return f"keys {', '.join(sorted(source.keys)) or 'none'}"


def _key_lines(
    name: str, old: Source, new: Source, was: Mapping[str, datetime], will: Mapping[str, datetime]
) -> Iterator[str]:
    """Yield what happens to the keys of a source.

    Args:
        name: The source.
        old: As it was.
        new: As it will be.
        was: When each key that was already retired is removed.
        will: When each key that will be retired is removed.
    """
    before, after = old.keys, new.keys
    if after is UNKNOWN or before is UNKNOWN:
        if before is not after:
            yield f"~ {name}: keys {UNKNOWN}"
        return
    for kid in sorted((before.keys() | was.keys()) - after.keys()):
        if kid not in will:
            yield f"- {name}: key {kid} is no longer trusted"
        elif was.get(kid) != will[kid]:
            until = f"{will[kid].astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
            yield f"~ {name}: key {kid} is no longer published, trusted until {until}"
    for kid in sorted(after):
        if kid in was:
            yield f"~ {name}: key {kid} is published again, and stays trusted"
        elif kid not in before:
            yield f"+ {name}: key {kid} is trusted"
        elif before[kid] != after[kid]:
            yield f"~ {name}: key {kid} is replaced by another key"


def _login_lines(before: Desired, after: Desired) -> Iterator[str]:
    for user in sorted(before.logins.keys() - after.logins.keys()):
        fate = _FATES[before.logins[user].on_delete]
        yield f"- {user}: tokens no longer open it; the SQL user {fate} if a stack created it"
    for user, login in sorted(after.logins.items()):
        old = before.logins.get(user)
        if old is None:
            yield f"+ {user}: SQL user{_roles(login)}"
        yield from _state_lines(user, old, login)
        yield from _identity_lines(user, before, after)


_FATES = {OnDelete.DROP: "is dropped", OnDelete.DISABLE: "stays, shut out (NOLOGIN),"}


def _roles(login: Login) -> str:
    return f", member of {', '.join(sorted(login.roles))}" if login.roles else ""


def _state_lines(user: str, old: Login | None, login: Login) -> Iterator[str]:
    if old is None:
        if not login.may_login:
            yield f"~ {user}: shut out (NOLOGIN)"
        return
    if old.may_login != login.may_login:
        yield f"~ {user}: {'may log in again' if login.may_login else 'shut out (NOLOGIN)'}"
    if old.on_delete != login.on_delete:
        is_drop = login.on_delete is OnDelete.DROP
        fate = "is dropped" if is_drop else "stays, shut out"
        yield f"~ {user}: when its login is removed, the SQL user {fate}"
    if old.allow_privileged != login.allow_privileged:
        yield f"~ {user}: {'may' if login.allow_privileged else 'may not'} be privileged"
    for role in sorted(old.roles - login.roles):
        yield f"- {user}: no longer a member of {role}"
    for role in sorted(login.roles - old.roles):
        yield f"+ {user}: member of {role}"


def _identity_lines(user: str, before: Desired, after: Desired) -> Iterator[str]:
    old = _identities(before, user)
    new = _identities(after, user)
    for name, identity in sorted(old.items()):
        if new.get(name) != identity:
            yield f"- {user}: {_principal(identity)} may no longer log in"
    for name, identity in sorted(new.items()):
        if old.get(name) != identity:
            yield f"+ {user}: {_principal(identity)} may log in"


def _identities(desired: Desired, user: str) -> Mapping[str, Identity]:
    return desired.logins[user].identities if user in desired.logins else {}


def _principal(identity: Identity) -> str:
    return f"{identity.source} subject {identity.subject} (audience {identity.audience})"
