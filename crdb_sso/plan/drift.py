"""What a cluster still has of what a state remembers.

Foreign additions are not drift. Entries that this owner claims but nobody wants (left behind by an
unfinished change) are listed, so that the next update removes them.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from crdb_sso.crdb import pem
from crdb_sso.crdb.identity_map import MapLine, closed_line
from crdb_sso.crdb.letter_case import LoginsByLine
from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.sql_users import Membership
from crdb_sso.desired import forced_sso
from crdb_sso.desired.forced_sso import Doors, seen_doors
from crdb_sso.desired.logins import (
    FETCH_TIMEOUT,
    Desired,
    Login,
    Source,
    identity_line,
    shut_out,
    source_of,
    wanted_entries,
)
from crdb_sso.desired.remembered import Remembered, Retiring
from crdb_sso.desired.unknown import known
from crdb_sso.plan.facts import LiveEntries, live_entries, live_logins
from crdb_sso.plan.inputs import ClusterState, LiveUser
from crdb_sso.plan.key_retirement import still_retiring
from crdb_sso.registry.claims import Entry, Kind, owned
from crdb_sso.tokens.jwks import same_meaning


@dataclass(frozen=True, slots=True)
class ObservedSource:
    """What a cluster shows of one source.

    Attributes:
        keys: JWK text by kid of the remembered keys that are there; for one that was replaced, the
            text that replaced it.
        is_trusted: Whether its issuer is in the list, and has map lines, or none, as intended.
        audience: The audience of its subjects; "" if it is gone.
        has_ca: Whether the cluster has the CA of its server.
    """

    keys: Mapping[str, str]
    is_trusted: bool = True
    audience: str = ""
    has_ca: bool = True


@dataclass(frozen=True, slots=True)
class ObservedLogin:
    """What a cluster shows of one login.

    Attributes:
        identities: The audience of each identity whose map line is there; "" if it is gone.
        roles: The remembered roles that the user is still a member of.
        may_login: Whether the user may log in, unless another owner decides that.
    """

    identities: Mapping[str, str]
    roles: frozenset[str] = frozenset()
    may_login: bool = True


@dataclass(frozen=True, slots=True)
class Observed:
    """What a cluster shows of what one stack wrote to it.

    Attributes:
        sources: All remembered sources by name.
        logins: The logins whose SQL user exists.
        scalars: The live text of each single-valued setting that was written.
        lacking: The single-valued settings that were written, and that the cluster no longer has.
        sso_only: The doors that are kept open; None if the cluster does not force SSO.
        leftovers: Entries that an unfinished change left behind.
        retiring: When the keys that are no longer published are removed.
    """

    sources: Mapping[str, ObservedSource]
    logins: Mapping[str, ObservedLogin]
    scalars: Mapping[Setting, str]
    sso_only: Doors | None
    leftovers: tuple[str, ...]
    retiring: Retiring
    lacking: frozenset[Setting] = frozenset()

    @property
    def is_fetching(self) -> bool:
        """Whether the nodes fetch keys, and give up soon enough, if that was written."""
        is_soon = self.scalars.get(Setting.TIMEOUT, FETCH_TIMEOUT) == FETCH_TIMEOUT
        return self.scalars.get(Setting.AUTO_FETCH) == "true" and is_soon

    def has_written(self, setting: Setting) -> bool:
        """Tell whether a single-valued setting was written, whatever became of it."""
        return setting in self.scalars or setting in self.lacking


def observed(remembered: Remembered, live: ClusterState, holders: Collection[str]) -> Observed:
    """Return what a cluster shows of what a state remembers.

    Args:
        remembered: What the state says.
        live: What the cluster shows.
        holders: Who holds the claims of the state's owner.
    """
    there = live_entries(live.settings)
    logins = live_logins(there, folds=live.version.folds_case)
    written = remembered.written
    wanted = wanted_entries(written)
    claims = owned(live.claims, holders)
    others = shut_out(claim for claim in live.claims if claim.holder not in holders)
    scalars = _scalars(wanted)
    return Observed(
        sources={name: _source(s, wanted, there) for name, s in written.sources.items()},
        logins={
            user: _login(
                login,
                live.users[user],
                _identities(written, user, there, logins),
                is_shut_out=user in others and not live.users[user].may_login,
            )
            for user, login in written.logins.items()
            if user in live.users
        },
        scalars={one: live.settings[one].text for one in scalars & live.settings.keys()},
        sso_only=seen_doors(written.sso_only, live.settings.get(Setting.HOST_RULES)),
        leftovers=_leftovers({*wanted, *_retired(remembered)}, live, there, claims),
        retiring=still_retiring(remembered.retiring, claims),
        lacking=scalars - live.settings.keys(),
    )


def is_gone(shown: Observed) -> bool:
    """Tell whether nothing of what was written is left, e.g. on a cluster that was made anew."""
    sources = shown.sources.values()
    return not shown.logins and not any(s.is_trusted or s.keys for s in sources)


def _retired(remembered: Remembered) -> Iterator[Entry]:
    for kids in remembered.retiring.values():
        yield from (Entry(Kind.KEY, kid) for kid in kids)


def _scalars(wanted: Collection[Entry]) -> frozenset[Setting]:
    """Return the single-valued settings among what is wanted."""
    return frozenset(
        Setting(e.name) for e in wanted if e.kind is Kind.SETTING and e != forced_sso.ENTRY
    )


def _source(source: Source, wanted: Collection[Entry], there: LiveEntries) -> ObservedSource:
    issuer, audience = known(source.issuer), known(source.audience)
    closed = Entry.of(closed_line(issuer))
    lines = there[Setting.IDENTITY_MAP]
    is_closed = closed not in wanted or closed.name in lines
    is_mapped = any(MapLine.read(line).issuer == issuer for line in lines)
    is_as_meant = not is_mapped if source.subject_is_username else is_closed
    return ObservedSource(
        keys=_keys(source, there[Setting.JWKS]),
        is_trusted=is_as_meant and issuer in there[Setting.ISSUERS],
        audience=audience if audience in there[Setting.AUDIENCE] else "",
        has_ca=pem.certificates(known(source.ca)).keys() <= there.get(Setting.CUSTOM_CA, {}).keys(),
    )


def _keys(source: Source, live: Mapping[str, str]) -> dict[str, str]:
    wanted = {kid: known(text) for kid, text in source.known_keys.items() if kid in live}
    return {
        kid: text if same_meaning(live[kid], text) else live[kid] for kid, text in wanted.items()
    }


def _login(
    login: Login, state: LiveUser, identities: Mapping[str, str], *, is_shut_out: bool
) -> ObservedLogin:
    """Return what is left of a login; if another owner shuts it out, that is not our drift."""
    return ObservedLogin(
        identities,
        roles=login.roles & state.roles,
        may_login=login.may_login if is_shut_out else state.may_login,
    )


def _identities(
    written: Desired, user: str, there: LiveEntries, logins: LoginsByLine
) -> dict[str, str]:
    """Return the audience of each identity of a login that still gets in.

    Args:
        written: What was written.
        user: The login.
        there: The entries of the cluster.
        logins: Who logs in as whom on it.
    """
    audiences = there[Setting.AUDIENCE]
    return {
        name: known(identity.audience) if identity.audience in audiences else ""
        for name, identity in written.logins[user].identities.items()
        if source_of(written, identity).subject_is_username
        or identity_line(written, user, identity) in logins
    }


def _leftovers(
    wanted: Collection[Entry], live: ClusterState, there: LiveEntries, claims: Collection[Entry]
) -> tuple[str, ...]:
    return tuple(sorted(_named(e) for e in claims if e not in wanted and _is_live(e, live, there)))


def _is_live(entry: Entry, live: ClusterState, there: LiveEntries) -> bool:
    if entry.kind.setting:
        return entry.name in there.get(entry.kind.setting, {})
    if isinstance(entry.value, Membership):
        return live.has(entry.value)
    return entry.kind is Kind.USER and entry.name in live.users


def _named(entry: Entry) -> str:
    return f"{entry.kind.value} {entry.name}"
