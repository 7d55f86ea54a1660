"""A change of what is wanted, in lines for people.

What goes stands before what comes; a text that a preview does not know yet reads `[unknown]`.
"""

from collections.abc import Iterator, Mapping
from datetime import timezone

from crdb_sso.desired.logins import Identity, Login, Logins, OnDelete, Source, Text
from crdb_sso.preview.effects_of_options import provisioning_lines, rule_lines, sync_lines

UNKNOWN = "[unknown]"

MOST_LINES = 60
"""A preview of a thousand logins is counted from here on, not listed."""


def effect_lines(before: Logins, after: Logins) -> list[str]:
    """Return what changes for logins and key sources, one line each effect."""
    return [
        *_source_lines(before, after),
        *_login_lines(before, after),
        *(f"- left over from an unfinished change: {text}" for text in before.leftovers),
        *_mode_lines(before, after),
        *_claim_lines(before, after),
        *_take_over_lines(before, after),
        *_enabled_lines(before, after),
        *rule_lines(before.sso_only, after.sso_only),
        *sync_lines(before.group_sync, after.group_sync),
        *provisioning_lines(before=before.auto_provisioning, after=after.auto_provisioning),
    ]


def shortened(lines: list[str]) -> list[str]:
    """Return at most `MOST_LINES` lines, the rest counted."""
    if len(lines) <= MOST_LINES:
        return lines
    left = lines[MOST_LINES:]
    counts = [f"{sum(line.startswith(mark) for line in left)} {mark}" for mark in "+-~"]
    return [*lines[:MOST_LINES], f"... and {len(left)} more lines ({', '.join(counts)})"]


def _source_lines(before: Logins, after: Logins) -> Iterator[str]:
    for name in sorted(before.sources.keys() - after.sources.keys()):
        yield f"- {name}: issuer {_shown(before.sources[name].issuer)} is trusted no more"
    for name, source in sorted(after.sources.items()):
        old = before.sources.get(name)
        if old is None:
            keys = "keys fetched by the nodes" if after.fetched else _keys(source)
            yield f"+ {name}: tokens of issuer {_shown(source.issuer)} are trusted, {keys}"
            yield from _passthrough_lines(name, old, source)
            continue
        if old.issuer != source.issuer:
            yield f"- {name}: issuer {_shown(old.issuer)} is trusted no more"
            yield f"+ {name}: tokens of issuer {_shown(source.issuer)} are trusted"
        elif not old.trusted:
            yield (
                f"+ {name}: tokens of issuer {_shown(source.issuer)} are trusted again,"
                f" {'by subject' if source.subject_is_username else 'through identity map lines'}"
                " only"
            )
        yield from _passthrough_lines(name, old, source)
        if not after.fetched:
            yield from _key_lines(name, old, source)
        elif before.fetched and old.ca != source.ca:
            yield f"~ {name}: the nodes believe another CA of its server"


def _passthrough_lines(name: str, old: Source | None, source: Source) -> Iterator[str]:
    before = old is not None and old.subject_is_username
    if source.subject_is_username and not before:
        yield (
            f"+ {name}: each subject (audience {_shown(source.audience)}) may log in as the SQL"
            " user of its name, whoever made that user"
        )
    elif before and not source.subject_is_username:
        yield f"- {name}: subjects are no user names any more; identity map lines say who is who"
    elif old is not None and old.audience != source.audience:
        yield f"~ {name}: the audience of its subjects is {_shown(source.audience)}"


def _keys(source: Source) -> str:
    if source.keys is None:
        return f"keys {UNKNOWN}"
    return f"keys {', '.join(sorted(source.keys)) or 'none'}"


def _key_lines(name: str, old: Source, new: Source) -> Iterator[str]:
    before, after = old.keys, new.keys
    if after is None or before is None:
        if before is not after:
            yield f"~ {name}: keys {UNKNOWN}"
        return
    for kid in sorted((before.keys() | old.retiring.keys()) - after.keys()):
        if kid not in new.retiring:
            yield f"- {name}: key {kid} is trusted no more"
        elif old.retiring.get(kid) != new.retiring[kid]:
            until = f"{new.retiring[kid].astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
            yield f"~ {name}: key {kid} is no longer published, trusted until {until}"
    for kid in sorted(after):
        if kid in old.retiring:
            yield f"~ {name}: key {kid} is published again, and stays trusted"
        elif kid not in before:
            yield f"+ {name}: key {kid} is trusted"
        elif before[kid] != after[kid]:
            yield f"~ {name}: key {kid} becomes another key"


def _login_lines(before: Logins, after: Logins) -> Iterator[str]:
    for user in sorted(before.logins.keys() - after.logins.keys()):
        fate = _FATES[before.logins[user].on_delete]
        yield f"- {user}: no token logs in as it any more; the SQL user {fate} if it was made here"
    for user, login in sorted(after.logins.items()):
        old = before.logins.get(user)
        if old is None:
            yield f"+ {user}: SQL user{_roles(login)}"
        yield from _state_lines(user, old, login)
        yield from _identity_lines(user, before, after)


_FATES = {OnDelete.DROP: "goes", OnDelete.DISABLE: "stays, shut out (NOLOGIN),"}


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
        yield f"~ {user}: once its login goes, it {'is dropped' if is_drop else 'stays, shut out'}"
    for role in sorted(old.roles - login.roles):
        yield f"- {user}: member of {role} no more"
    for role in sorted(login.roles - old.roles):
        yield f"+ {user}: member of {role}"


def _identity_lines(user: str, before: Logins, after: Logins) -> Iterator[str]:
    old = _identities(before, user)
    new = _identities(after, user)
    for name, identity in sorted(old.items()):
        if new.get(name) != identity:
            yield f"- {user}: {_principal(identity)} may log in no more"
    for name, identity in sorted(new.items()):
        if old.get(name) != identity:
            yield f"+ {user}: {_principal(identity)} may log in"


def _identities(logins: Logins, user: str) -> Mapping[str, Identity]:
    return logins.logins[user].identities if user in logins.logins else {}


def _principal(identity: Identity) -> str:
    return (
        f"{identity.source} subject {_shown(identity.subject)}"
        f" (audience {_shown(identity.audience)})"
    )


def _enabled_lines(before: Logins, after: Logins) -> Iterator[str]:
    if before.sources and after.sources and before.enabled != after.enabled:
        yield f"~ JWT logins of the whole cluster: {'on' if after.enabled else 'off'}"


def _claim_lines(before: Logins, after: Logins) -> Iterator[str]:
    if before.claim == after.claim or not after.sources:
        return
    if after.claim == "":
        yield "~ all logins of the cluster are mapped by the claim that was set before this stack"
    else:
        yield f"~ all logins of the cluster are mapped by the claim {_shown(after.claim)}"


def _take_over_lines(before: Logins, after: Logins) -> Iterator[str]:
    if after.take_over and not before.take_over:
        yield "~ what was there before this stack is taken over: it goes when the stack goes"


def _mode_lines(before: Logins, after: Logins) -> Iterator[str]:
    if before.sources and after.sources and before.fetched != after.fetched:
        yield (
            "~ keys of all issuers of the cluster: fetched by the nodes at each login; pinned keys"
            " count no more"
            if after.fetched
            else "~ keys of all issuers of the cluster: pinned; the nodes ask no issuer any more"
        )


def _shown(text: Text) -> str:
    return UNKNOWN if text is None else text
