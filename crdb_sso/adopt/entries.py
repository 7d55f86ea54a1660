"""Which entries of a cluster's settings a program could declare, and why not the others.

Most functions yield pairs: an entry's name, and its text or the reason why it is foreign.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from crdb_sso.crdb import hba, json_slices, published_recipe, setting_texts
from crdb_sso.crdb.identity_map import MapLine, map_line
from crdb_sso.crdb.letter_case import LoginKey, login_key
from crdb_sso.crdb.settings import VENDOR_ISSUER, Setting, is_on, is_usable
from crdb_sso.crdb.sql_users import Membership
from crdb_sso.crdb.user_names import check_login_name, check_role_name
from crdb_sso.errors import GuardRefused, InvalidIssuer, InvalidMapLine, InvalidUserName
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.printing import shown
from crdb_sso.registry.claims import Claim, Entry, Kind
from crdb_sso.tokens.issuers import Issuer, is_https
from crdb_sso.tokens.jwk import FlawedKeyError, public_key


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something that stays as it is, outside the program.

    Attributes:
        what: What it is; never key material.
        reason: Why it is not in the program.
    """

    what: str
    reason: str


Sorted = tuple[str, str | Foreign]
"""An entry's name with its text, or with the reason why it is foreign."""


@dataclass(frozen=True, slots=True)
class AdoptableCluster:
    """A cluster whose settings can be read, and one claim on each entry that has been claimed."""

    live: ClusterState
    claims: Mapping[Entry, Claim]

    def items(self, setting: Setting) -> tuple[tuple[str, str], ...]:
        """Return a setting's names and raw slices in order, with unnamed ones and duplicates."""
        return setting_texts.read(setting, self.live.settings[setting].text).items

    @property
    def host_rules(self) -> tuple[hba.HostRule, ...]:
        """The host-based rules; none where they are hidden or can't be read."""
        setting = self.live.settings.get(Setting.HOST_RULES)
        if setting is None or not is_usable(setting):
            return ()
        try:
            return tuple(hba.rules(setting.text))
        except GuardRefused:
            return ()

    @property
    def host_maps(self) -> frozenset[str]:
        """The map names that host-based rules use."""
        return frozenset(name for rule in self.host_rules for name in rule.maps)

    @property
    def is_fetching(self) -> bool:
        """Whether the nodes fetch the keys."""
        return is_on(self.live.settings, Setting.AUTO_FETCH)

    def kept(self, entry: Entry) -> str | None:
        """Return the reason why an entry is another stack's, None if no stack has claimed it."""
        claim = self.claims.get(entry)
        return f"the stack {claim.owner} has claimed it" if claim else None


def split_foreign(pairs: Iterable[Sorted]) -> tuple[dict[str, str], list[Foreign]]:
    """Return the texts by name (the first of any duplicates), and what is foreign."""
    texts: dict[str, str] = {}
    foreign = []
    for name, text in pairs:
        if isinstance(text, Foreign):
            foreign.append(text)
        else:
            texts.setdefault(name, text)
    return texts, foreign


def unshared(cluster: AdoptableCluster, kind: Kind, pairs: Iterable[Sorted]) -> Iterator[Sorted]:
    """Yield what no stack has claimed; what other stacks have, only if there is nothing else."""
    found = list(pairs)
    is_free = {n for n, text in found if isinstance(text, str) and not cluster.kept(Entry(kind, n))}
    for name, text in found:
        reason = cluster.kept(Entry(kind, name))
        if isinstance(text, str) and is_free and reason:
            yield name, Foreign(f"{kind.value} {shown(name)}", reason)
        else:
            yield name, text


# keys


def keys(cluster: AdoptableCluster) -> Iterator[Sorted]:
    """Yield each key under its kid, as a program would write it."""
    seen: set[str] = set()
    for number, (kid, raw) in enumerate(cluster.items(Setting.JWKS), 1):
        what = f"key {shown(kid)}" if kid else f"key number {number}"
        try:
            text = public_key(json_slices.decoded(raw)).text
        except FlawedKeyError as exc:
            text, reason = "", str(exc)
        else:
            reason = _key_reason(cluster, kid, raw, text)
        if kid and kid in seen:
            reason = "an earlier key has the same kid, so the cluster never uses it"
        seen.add(kid)
        yield kid, Foreign(what, reason) if reason else text


def _key_reason(cluster: AdoptableCluster, kid: str, raw: str, text: str) -> str:
    if not setting_texts.agrees(Setting.JWKS, raw, text):
        return "it has members that can't be compared"
    claim = cluster.claims.get(Entry(Kind.KEY, kid))
    if claim and not setting_texts.agrees(Setting.JWKS, claim.text, text):
        return f"the stack {claim.owner} wants another key with this kid"
    return ""


# audiences and issuers


def audiences(cluster: AdoptableCluster) -> Iterator[Sorted]:
    """Yield each audience under its own name."""
    for audience, _ in cluster.items(Setting.AUDIENCE):
        reason = "" if audience.isprintable() else "it has invisible characters"
        if not audience:
            reason = "it is empty"
        yield audience, Foreign(f"audience {shown(audience)}", reason) if reason else audience


def issuers(cluster: AdoptableCluster) -> Iterator[Sorted]:
    """Yield the JWKS URI of each issuer, "" where the cluster names none that nodes could fetch."""
    for issuer, raw in cluster.items(Setting.ISSUERS):
        uri = _jwks_uri(raw)
        reason = _issuer_reason(issuer)
        if not reason and cluster.is_fetching and not is_https(uri or issuer):
            reason = "nodes can't fetch its keys over https"
        usable = uri if is_https(uri) else ""
        yield issuer, Foreign(f"issuer {shown(issuer)}", reason) if reason else usable


def _issuer_reason(issuer: str) -> str:
    if issuer == VENDOR_ISSUER:
        return "Cockroach Cloud's own logins rely on it"
    try:
        Issuer(issuer)
    except InvalidIssuer as exc:
        return exc.what
    return ""


def _jwks_uri(raw: str) -> str:
    """Return the URI in a raw member `"issuer": "uri"`; a raw string has none."""
    if json_slices.is_json(raw):
        return ""
    (member,) = json_slices.members("{" + raw + "}")
    value = json_slices.decoded(member.value)
    return value if isinstance(value, str) and value.isprintable() else ""


# identity map lines and memberships


def lines(cluster: AdoptableCluster, trusted: Mapping[str, str]) -> Iterator[Sorted]:
    """Yield each identity map line of an issuer in `trusted`, under its own text.

    Of lines that say the same, as they differ only in case and the cluster ignores it, a program
    needs one.
    """
    first: dict[LoginKey, str] = {}
    folds = cluster.live.version.folds_case
    for number, (name, raw) in enumerate(cluster.items(Setting.IDENTITY_MAP), 1):
        what = f"identity map line {number}"
        if name:
            line = MapLine.read(name)
            reason = _line_reason(cluster, trusted, line)
            if not reason:
                said = first.setdefault(login_key(line, folds=folds), name)
                reason = _said_already(said) if said != name else ""
            yield name, Foreign(f"{what}, {shown(name)}", reason) if reason else name
        elif raw.strip():
            yield name, Foreign(what, "it is a comment")


def _said_already(line: str) -> str:
    return (
        f"case does not count on this cluster, so it says the same as {shown(line)}, which is in"
        " the program; remove it by hand, as it would let the subject in after the program does not"
    )


def _line_reason(cluster: AdoptableCluster, trusted: Mapping[str, str], line: MapLine) -> str:
    if reason := _map_reason(cluster, trusted, line):
        return reason
    if line.is_closing:
        return "it closes the issuer, so nobody logs in through it"
    if r"\1" in line.user:
        return r"its subject chooses the user (`\1`), so it is not a login for one user"
    try:
        check_login_name(line.user)
        map_line(line.issuer, line.subject, line.user)
    except (InvalidUserName, InvalidMapLine) as exc:
        return exc.what
    if line.user not in cluster.live.users:
        return "there is no such SQL user"
    return cluster.kept(Entry.of(line)) or ""


def _map_reason(cluster: AdoptableCluster, trusted: Mapping[str, str], line: MapLine) -> str:
    """Return why nobody logs in with a token in place of a password by a line, "" if they do."""
    if line.issuer not in trusted and line.issuer in cluster.host_maps:
        return "it is of a map that host-based rules use (`map=`)"
    fault = published_recipe.fault_of_line(line, trusted)
    return fault or ("" if line.issuer in trusted else "no adopted issuer has this name")


def roles(cluster: AdoptableCluster, user: str) -> Iterator[Sorted]:
    """Yield each role of a user under its own name, sorted."""
    for role in sorted(cluster.live.users[user].roles):
        reason = _role_reason(role) or _given_reason(cluster, Membership(role, user))
        what = f"membership of {shown(user)} in {shown(role)}"
        yield role, Foreign(what, reason) if reason else role


def _given_reason(cluster: AdoptableCluster, membership: Membership) -> str:
    if kept := cluster.kept(Entry.of(membership)):
        return kept
    is_synced = is_on(cluster.live.settings, Setting.GROUP_SYNC)
    return "group sync is on, so roles come from the groups in tokens" if is_synced else ""


def _role_reason(role: str) -> str:
    try:
        check_role_name(role)
    except InvalidUserName as exc:
        return exc.what
    return ""
