"""What a program can say of a cluster that was set up by hand, and what it has to leave alone.

Rules:

* A program that says what was adopted changes nothing: every entry it wants is live already, and
  means the same. What can't be said so is foreign: it stays, and the reason is told.
* A login needs a line whose issuer is trusted, an audience and, unless the nodes fetch them, a key.
  The server keeps audiences and keys in one flat set each, so all of them are every issuer's.
* What another stack has claimed is left to it; its audiences and keys are shared only where there
  are no others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from crdb_sso import adoptable, documents
from crdb_sso.adoptable import Foreign, Scene, parted, unshared
from crdb_sso.adoption_options import Options, options_of
from crdb_sso.claims import SETTING_OF, Kind
from crdb_sso.errors import ClusterRefused
from crdb_sso.identity_map import issuer_of
from crdb_sso.jwk import shown
from crdb_sso.logins import FETCH_TIMEOUT
from crdb_sso.settings import Setting, is_on
from crdb_sso.steps import Live


@dataclass(frozen=True, slots=True)
class Principal:
    """Whose tokens open a login: the issuer and the subject of one identity map line."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class AdoptedLogin:
    """A SQL user as it stands.

    Attributes:
        principals: Who logs in as it, in the order of the identity map; never empty.
        roles: What it is a direct member of, sorted.
        may_login: False for a user that is NOLOGIN.
    """

    principals: tuple[Principal, ...]
    roles: tuple[str, ...] = ()
    may_login: bool = True


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a program can say of a cluster; without logins there is nothing else either.

    Attributes:
        issuers: JWKS URI by issuer in their order on the cluster, "" where it names none.
        audiences: In their order on the cluster.
        keys: JWK text by kid, in their order on the cluster; none where the nodes fetch them.
        logins: Logins by SQL user, sorted.
        foreign: What stays outside.
        options: What tokens may bring by themselves.
        fetched: Whether the nodes fetch the keys.
        claim: Which claim names the principals, "" for `sub`.
    """

    issuers: Mapping[str, str] = field(default_factory=dict)
    audiences: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    logins: Mapping[str, AdoptedLogin] = field(default_factory=dict)
    foreign: tuple[Foreign, ...] = ()
    options: Options = field(default_factory=Options)
    fetched: bool = False
    claim: str = ""


def named_users(live: Live) -> frozenset[str]:
    """Return the users that the identity map names: those to read before `adoption_of`."""
    try:
        lines = documents.entries(Setting.IDENTITY_MAP, live.settings[Setting.IDENTITY_MAP].text)
    except ClusterRefused:
        return frozenset()
    return frozenset(line.rpartition(" ")[2] for line in lines)


def adoption_of(live: Live) -> Adoption:
    """Return what a program can say of a cluster.

    Args:
        live: Settings and claims, and those users that `named_users` names.
    """
    obstacles = tuple(_obstacles(live))
    if obstacles:
        return Adoption(foreign=obstacles)
    claims = live.registry.claims if live.registry else ()
    return _sorted_out(Scene(live, {claim.entry: claim for claim in claims}))


def _obstacles(live: Live) -> Iterator[Foreign]:
    """Yield what keeps a program from naming anything, whatever the entries are."""
    for setting in SETTING_OF.values():
        if setting in live.settings and (reason := _unreadable(live, setting)):
            yield Foreign(setting.value, f"{reason}; mend it by hand first")
    if not is_on(live.settings, Setting.ENABLED):
        yield Foreign(Setting.ENABLED.value, "it is off, and a program would turn it on")
    if is_on(live.settings, Setting.AUTO_FETCH):
        yield from _fetching_obstacles(live)


def _fetching_obstacles(live: Live) -> Iterator[Foreign]:
    limit = live.settings.get(Setting.TIMEOUT)
    if limit and limit.text != FETCH_TIMEOUT:
        yield Foreign(
            Setting.TIMEOUT.value,
            f"it is {limit.text}, and a program whose keys the nodes fetch would make it"
            f" {FETCH_TIMEOUT}; set it so by hand first",
        )
    claims = live.registry.claims if live.registry else ()
    if pinning := sorted({claim.owner for claim in claims if claim.entry.kind is Kind.KEY}):
        yield Foreign(
            Setting.AUTO_FETCH.value,
            f"it is on, though the stack {', '.join(pinning)} has its keys pinned",
        )


def _unreadable(live: Live, setting: Setting) -> str:
    try:
        documents.read(setting, live.settings[setting].text, live.settings[setting].name)
    except ClusterRefused as exc:
        return exc.what
    return ""


def _sorted_out(scene: Scene) -> Adoption:
    trusted, foreign = parted(adoptable.issuers(scene))
    audiences, more = parted(unshared(scene, Kind.AUDIENCE, adoptable.audiences(scene)))
    foreign += more
    keys, more = _keys(scene)
    foreign += more
    lines, more = parted(adoptable.lines(scene, trusted))
    used = {issuer_of(line) for line in lines}
    foreign += [*more, *_unused(scene, [issuer for issuer in trusted if issuer not in used])]
    needed = {"audience": audiences, "identity map line": lines}
    if not scene.is_fetching:
        needed["key"] = keys
    if not all(needed.values()):
        return Adoption(foreign=(*foreign, *_missing(needed)))
    logins, more = _logins(scene, lines)
    options, still_more = options_of(scene)
    return Adoption(
        {issuer: uri for issuer, uri in trusted.items() if issuer in used},
        tuple(audiences),
        keys,
        logins,
        (*foreign, *more, *still_more),
        options,
        scene.is_fetching,
        scene.live.settings[Setting.CLAIM].text if Setting.CLAIM in scene.live.settings else "",
    )


def _keys(scene: Scene) -> tuple[dict[str, str], list[Foreign]]:
    """Return the keys that count: pinned ones do so where the nodes fetch none."""
    if scene.is_fetching:
        return {}, []
    return parted(unshared(scene, Kind.KEY, adoptable.keys(scene)))


def _missing(needed: Mapping[str, Mapping[str, str]]) -> Iterator[Foreign]:
    """Yield what there is none of, so that all the rest is foreign too."""
    for what, found in needed.items():
        if not found:
            yield Foreign("all the rest", f"there is no {what} that can be adopted")


def _unused(scene: Scene, issuers: list[str]) -> Iterator[Foreign]:
    mapped = {issuer_of(line) for line, _ in scene.items(Setting.IDENTITY_MAP)}
    for issuer in issuers:
        reason = (
            "none of its identity map lines is adopted"
            if issuer in mapped
            else "it has no identity map line, so its raw subjects log in as the users of the same"
            " name; a first line would end that"
        )
        yield Foreign(f"issuer {shown(issuer)}", reason)


def _logins(
    scene: Scene, lines: Mapping[str, str]
) -> tuple[dict[str, AdoptedLogin], list[Foreign]]:
    principals: dict[str, list[Principal]] = {}
    for line in lines:
        issuer, subject, user = line.split(" ")
        principals.setdefault(user, []).append(Principal(issuer, subject))
    logins, foreign = {}, []
    for user, own in sorted(principals.items()):
        roles, more = parted(adoptable.roles(scene, user))
        logins[user] = AdoptedLogin(tuple(own), tuple(roles), scene.live.users[user].may_login)
        foreign += more
    return logins, foreign
