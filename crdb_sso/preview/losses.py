"""What a refresh finds changed on a cluster, in lines for people.

The next preview says what `up` will put back; these lines say what is gone.
"""

from collections.abc import Iterator

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import Desired, Login, Source, scalars
from crdb_sso.desired.remembered import Remembered
from crdb_sso.plan.drift import Observed, ObservedLogin, ObservedSource


def loss_lines(remembered: Remembered, shown: Observed) -> list[str]:
    """Return a line for each thing that is no longer as this stack wrote it.

    Args:
        remembered: What the state said before the refresh.
        shown: What the cluster shows of that.
    """
    written = remembered.written
    new_leftovers = [text for text in shown.leftovers if text not in remembered.leftovers]
    return [
        *_source_lines(remembered, shown),
        *_login_lines(written, shown),
        *_scalar_lines(written, shown),
        *_door_lines(written, shown),
        *(f"found: {text}, left over from an unfinished change" for text in new_leftovers),
    ]


def _source_lines(remembered: Remembered, shown: Observed) -> Iterator[str]:
    for name, source in sorted(remembered.written.sources.items()):
        seen = shown.sources[name]
        if not seen.is_trusted and name not in remembered.untrusted:
            yield (
                f"lost: {name}: issuer {source.issuer} is no longer trusted, or no longer only"
                f" {'by subject' if source.subject_is_username else 'through identity map lines'}"
            )
        yield from _part_lines(name, source, seen)


def _part_lines(name: str, source: Source, seen: ObservedSource) -> Iterator[str]:
    for kid, text in sorted(source.known_keys.items()):
        if kid not in seen.keys:
            yield f"lost: {name}: key {kid} is no longer trusted"
        elif seen.keys[kid] != text:
            yield f"changed: {name}: key {kid} is another key"
    if source.audience and not seen.audience:
        yield f"lost: {name}: the audience {source.audience} is no longer accepted"
    if source.ca and not seen.has_ca:
        yield f"lost: {name}: the nodes no longer trust the CA of its server"


def _login_lines(written: Desired, shown: Observed) -> Iterator[str]:
    for user, login in sorted(written.logins.items()):
        if user not in shown.logins:
            yield f"lost: {user}: there is no such SQL user any more"
        else:
            yield from _parts_of_login(user, login, shown.logins[user])


def _parts_of_login(user: str, login: Login, seen: ObservedLogin) -> Iterator[str]:
    if login.may_login != seen.may_login:
        yield f"changed: {user}: {'may log in' if seen.may_login else 'shut out (NOLOGIN)'}"
    for role in sorted(login.roles - seen.roles):
        yield f"lost: {user}: no longer a member of {role}"
    for name, identity in sorted(login.identities.items()):
        who = f"{identity.source} subject {identity.subject}"
        if name not in seen.identities:
            yield f"lost: {user}: {who} may no longer log in"
        elif identity.audience and not seen.identities[name]:
            yield f"lost: {user}: {who}: the audience {identity.audience} is no longer accepted"


def _scalar_lines(written: Desired, shown: Observed) -> Iterator[str]:
    for entry, text in scalars(written):
        setting = Setting(entry.name)
        if setting in shown.lacking:
            yield f"changed: {entry.name} is gone, not {text!r}"
        elif (live := shown.scalars.get(setting, text)) != text:
            yield f"changed: {entry.name} is {live!r}, not {text!r}"


def _door_lines(written: Desired, shown: Observed) -> Iterator[str]:
    if written.sso_only is None:
        return
    if shown.sso_only is None:
        yield "lost: SSO only: the cluster no longer rejects logins without a token"
        return
    for door in sorted(written.sso_only.keys() - shown.sso_only.keys()):
        yield f"lost: SSO only: {door.user} from {door.address} is no longer kept"
