"""What a program can declare of a cluster that was set up by hand, and what it must leave alone.

Rules:

* A program that declares what was adopted changes nothing: every entry it wants is live already
  and means the same. Whatever it can't declare that way is foreign: it stays, with a reason.
* A login needs a line whose issuer is trusted, an audience and, unless the nodes fetch them, a key.
  The server keeps audiences and keys in one flat set each, so all of them belong to every issuer.
* What another stack has claimed is left to that stack; its audiences and keys are shared only where
  there are no others.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from crdb_sso.adopt import entries
from crdb_sso.adopt.entries import AdoptableCluster, Foreign, split_foreign, unshared
from crdb_sso.adopt.options import Options, claim_of, options_of, other_ways_in
from crdb_sso.crdb import setting_texts
from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.settings import Setting, is_on
from crdb_sso.desired.logins import FETCH_TIMEOUT
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.printing import shown
from crdb_sso.registry.claims import KIND_IN, Kind


@dataclass(frozen=True, slots=True)
class Principal:
    """Whose tokens open a login: the issuer and the subject of one identity map line."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class AdoptedLogin:
    """A SQL user as it is on the cluster.

    Attributes:
        principals: Who logs in as it, in the order of the identity map; never empty.
        roles: The roles it is a direct member of, sorted.
        may_login: False for a NOLOGIN user.
        is_privileged: Whether it is a member of admin, or holds system privileges.
    """

    principals: tuple[Principal, ...]
    roles: tuple[str, ...] = ()
    may_login: bool = True
    is_privileged: bool = False


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a program can declare of a cluster; without logins all but `foreign` is empty.

    Attributes:
        issuers: JWKS URI by issuer, in cluster order; "" where the cluster names none.
        audiences: In cluster order.
        keys: JWK text by kid, in cluster order; empty where the nodes fetch them.
        logins: Logins by SQL user, sorted.
        foreign: What stays outside the program.
        options: What tokens may create or grant by themselves.
        fetched: Whether the nodes fetch the keys.
        claim: The claim that names the principals, "" for `sub`.
    """

    issuers: Mapping[str, str] = field(default_factory=dict)
    audiences: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    logins: Mapping[str, AdoptedLogin] = field(default_factory=dict)
    foreign: tuple[Foreign, ...] = ()
    options: Options = field(default_factory=Options)
    fetched: bool = False
    claim: str = ""


def named_users(live: ClusterState) -> frozenset[str]:
    """Return the users in the identity map: those to read before `adoption_of`."""
    try:
        lines = setting_texts.entries(
            Setting.IDENTITY_MAP, live.settings[Setting.IDENTITY_MAP].text
        )
    except GuardRefused:
        return frozenset()
    return frozenset(MapLine.read(line).user for line in lines)


def adoption_of(live: ClusterState) -> Adoption:
    """Return what a program can declare of a cluster.

    Args:
        live: Settings and claims, and the users that `named_users` returns.
    """
    obstacles = tuple(_obstacles(live))
    if obstacles:
        return Adoption(foreign=obstacles)
    return _sorted_out(AdoptableCluster(live, {claim.entry: claim for claim in live.claims}))


def _obstacles(live: ClusterState) -> Iterator[Foreign]:
    """Yield what rules out any program, whatever the entries are."""
    for setting in KIND_IN:
        if setting in live.settings and (reason := _unreadable(live, setting)):
            yield Foreign(setting.value, f"{reason}; fix it by hand first")
    if not is_on(live.settings, Setting.ENABLED):
        yield Foreign(Setting.ENABLED.value, "it is off, and a program would turn it on")
    if is_on(live.settings, Setting.AUTO_FETCH):
        yield from _fetching_obstacles(live)


def _fetching_obstacles(live: ClusterState) -> Iterator[Foreign]:
    limit = live.settings.get(Setting.TIMEOUT)
    if limit and limit.text != FETCH_TIMEOUT:
        yield Foreign(
            Setting.TIMEOUT.value,
            f"it is {limit.text}, but a program that has the nodes fetch keys sets it to"
            f" {FETCH_TIMEOUT}; set that by hand first",
        )
    if pinning := sorted({claim.owner for claim in live.claims if claim.entry.kind is Kind.KEY}):
        yield Foreign(
            Setting.AUTO_FETCH.value,
            f"it is on, but keys are also pinned by {', '.join(pinning)}",
        )


def _unreadable(live: ClusterState, setting: Setting) -> str:
    try:
        setting_texts.read(setting, live.settings[setting].text, live.settings[setting].name)
    except GuardRefused as exc:
        return exc.what
    return ""


def _sorted_out(cluster: AdoptableCluster) -> Adoption:
    trusted, foreign = split_foreign(entries.issuers(cluster))
    audiences, more = split_foreign(unshared(cluster, Kind.AUDIENCE, entries.audiences(cluster)))
    foreign += more
    keys, more = _keys(cluster)
    foreign += more
    texts, more = split_foreign(entries.lines(cluster, trusted))
    lines = [MapLine.read(text) for text in texts]
    used = {line.issuer for line in lines}
    foreign += other_ways_in(cluster)
    foreign += [*more, *_unused(cluster, [issuer for issuer in trusted if issuer not in used])]
    needed: dict[str, Collection[object]] = {"audience": audiences, "identity map line": lines}
    if not cluster.is_fetching:
        needed["key"] = keys
    if not all(needed.values()):
        return Adoption(foreign=(*foreign, *_missing(needed)))
    logins, more = _logins(cluster, lines)
    options, still_more = options_of(cluster)
    claim, and_more = claim_of(cluster)
    return Adoption(
        {issuer: uri for issuer, uri in trusted.items() if issuer in used},
        tuple(audiences),
        keys,
        logins,
        (*foreign, *more, *still_more, *and_more),
        options,
        cluster.is_fetching,
        claim,
    )


def _keys(cluster: AdoptableCluster) -> tuple[dict[str, str], list[Foreign]]:
    """Return the keys that count: the pinned ones, unless the nodes fetch keys."""
    if cluster.is_fetching:
        return {}, []
    return split_foreign(unshared(cluster, Kind.KEY, entries.keys(cluster)))


def _missing(needed: Mapping[str, Collection[object]]) -> Iterator[Foreign]:
    """Yield each missing part, without which everything else is foreign too."""
    for what, found in needed.items():
        if not found:
            yield Foreign("everything else", f"there is no {what} that can be adopted")


def _unused(cluster: AdoptableCluster, issuers: list[str]) -> Iterator[Foreign]:
    names = (name for name, _ in cluster.items(Setting.IDENTITY_MAP))
    mapped = {MapLine.read(name).issuer for name in names if name}
    for issuer in issuers:
        reason = (
            "none of its identity map lines is adopted"
            if issuer in mapped
            else "it has no identity map line, so its raw subjects log in as the users of the same"
            " name; a first line would end that"
        )
        yield Foreign(f"issuer {shown(issuer)}", reason)


def _logins(
    cluster: AdoptableCluster, lines: Iterable[MapLine]
) -> tuple[dict[str, AdoptedLogin], list[Foreign]]:
    principals: dict[str, list[Principal]] = {}
    for line in lines:
        principals.setdefault(line.user, []).append(Principal(line.issuer, line.subject))
    logins, foreign = {}, []
    for user, own in sorted(principals.items()):
        roles, more = split_foreign(entries.roles(cluster, user))
        live = cluster.live.users[user]
        logins[user] = AdoptedLogin(
            tuple(own), tuple(roles), live.may_login, is_privileged=bool(live.privileges)
        )
        foreign += more
    return logins, foreign
