"""What a program wants of one cluster: key sources it trusts, and who may log in as whom."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from crdb_sso.crdb import pem
from crdb_sso.crdb.identity_map import MapLine, closed_line
from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.desired import fetched_keys, forced_sso
from crdb_sso.desired.forced_sso import Doors
from crdb_sso.desired.provisioning import GroupSync, group_entries
from crdb_sso.desired.unknown import NotKnownYet, Text, known
from crdb_sso.registry.claims import Claim, Entry, Kind

FETCH_TIMEOUT = "5s"
"""A node checks one token at a time: a slow issuer keeps all others waiting for this long."""


class OnDelete(str, Enum):
    """What happens to a user created here when its login is removed. States remember the values."""

    DROP = "drop"
    DISABLE = "disable"


@dataclass(frozen=True, slots=True)
class Source:
    """Where tokens come from, and with which keys they are signed.

    Attributes:
        issuer: The exact `iss` of its tokens.
        jwks_uri: Where its keys are published, "" if not given.
        keys: JWK text by kid.
        close_passthrough: Whether to end logins that rely on the issuer having no map line.
        subject_is_username: Whether each subject is a user name, as the issuer has no map line.
        audience: The `aud` of its tokens, where subjects are user names and no login names it.
        ca: PEM text of its server's CA, for nodes that fetch its keys; "" for the usual CAs.
    """

    issuer: Text
    jwks_uri: Text = ""
    keys: Mapping[str, Text] | NotKnownYet = field(default_factory=dict)
    close_passthrough: bool = False
    subject_is_username: bool = False
    audience: Text = ""
    ca: Text = ""

    @property
    def known_keys(self) -> Mapping[str, Text]:
        """Its keys; empty while they are not known."""
        return {} if isinstance(self.keys, NotKnownYet) else self.keys


@dataclass(frozen=True, slots=True)
class Identity:
    """One principal: the source of its tokens, the audience they carry, and their subject."""

    source: Text
    audience: Text
    subject: Text


@dataclass(frozen=True, slots=True)
class Login:
    """One SQL user, who may log in as it, and the roles it is a member of.

    Attributes:
        identities: The principals by name.
        roles: The roles.
        may_login: Whether it may log in.
        on_delete: What happens to the user when the login is removed.
        allow_privileged: Whether the user may be a member of admin, or hold system privileges.
    """

    identities: Mapping[str, Identity]
    roles: frozenset[str] = frozenset()
    may_login: bool = True
    on_delete: OnDelete = OnDelete.DROP
    allow_privileged: bool = False


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything that a program wants of one cluster.

    Attributes:
        sources: Key sources by name.
        logins: Logins by SQL user.
        enabled: Whether JWT logins are on.
        fetched: Whether the nodes fetch the keys at each login; then sources list no keys.
        claim: Which claim of a token names its principal, "" to leave that as it is.
        take_over: Whether what was there before counts as made by this stack.
        retire_after: How long keys stay trusted after they are no longer published.
        sso_only: Who may still log in without a token; None if the cluster's other rules decide.
        auto_provisioning: Whether tokens may create the users they name.
        group_sync: Where tokens list the groups that give users their roles; None if programs give
            roles.
        accept: Why this stack lives with a finding, by the id of the finding.
    """

    sources: Mapping[str, Source]
    logins: Mapping[str, Login]
    enabled: bool = True
    fetched: bool = False
    claim: Text = ""
    take_over: bool = False
    retire_after: timedelta = timedelta(0)
    sso_only: Doors | None = None
    auto_provisioning: bool = False
    group_sync: GroupSync | None = None
    accept: Mapping[str, Text] = field(default_factory=dict)


NOTHING = Desired({}, {})
"""What a destroyed stack wants."""


def source_of(desired: Desired, identity: Identity) -> Source:
    """Return the source of an identity."""
    return desired.sources[known(identity.source)]


def identity_line(desired: Desired, user: str, identity: Identity) -> MapLine:
    """Return the identity map line that lets an identity log in as a user.

    Its subject was checked when a program gave it. A state may remember one that would not pass
    today, which must not keep anybody from taking it away.
    """
    issuer = source_of(desired, identity).issuer
    return MapLine(known(issuer), known(identity.subject), user)


def wanted_entries(desired: Desired) -> dict[Entry, str]:
    """Return the text of every entry that has to be on the cluster, in reading order.

    Every issuer has at least one map line (the sentinel if no identity uses it), unless its
    subjects are user names. The whole wish has to be known.
    """
    return dict(_entries(desired))


def _entries(desired: Desired) -> Iterator[tuple[Entry, str]]:
    for user, login in desired.logins.items():
        yield Entry(Kind.USER, user), LoginState.of(may_login=login.may_login).value
        for role in sorted(login.roles):
            yield Entry.of(Membership(role, user)), ""
    used = set()
    for user, login in desired.logins.items():
        for identity in login.identities.values():
            source = source_of(desired, identity)
            if not source.subject_is_username:
                used.add(source.issuer)
                line = identity_line(desired, user, identity)
                yield Entry.of(line), line.text
            audience = known(identity.audience)
            yield Entry(Kind.AUDIENCE, audience), audience
    for source in desired.sources.values():
        issuer, audience = known(source.issuer), known(source.audience)
        if source.subject_is_username:
            yield Entry(Kind.AUDIENCE, audience), audience
        elif source.issuer not in used:
            yield Entry.of(closed_line(issuer)), closed_line(issuer).text
        yield Entry(Kind.ISSUER, issuer), known(source.jwks_uri)
        yield from _certificates(source) if desired.fetched else _keys(source)
    yield from scalars(desired)
    for id_, reason in desired.accept.items():
        yield Entry(Kind.ACCEPTED, id_), known(reason)


def _keys(source: Source) -> Iterator[tuple[Entry, str]]:
    for kid, jwk in source.known_keys.items():
        yield Entry(Kind.KEY, kid), known(jwk)


def _certificates(source: Source) -> Iterator[tuple[Entry, str]]:
    for fingerprint, text in pem.certificates(known(source.ca)).items():
        yield Entry(Kind.CA, fingerprint), text


def scalars(desired: Desired) -> Iterator[tuple[Entry, str]]:
    """Yield the settings that have one value for the whole cluster."""
    if desired.sources:
        if desired.fetched:
            yield fetched_keys.TIMEOUT, FETCH_TIMEOUT
            yield fetched_keys.AUTO_FETCH, "true"
        if desired.claim:
            yield Entry(Kind.SETTING, Setting.CLAIM.value), known(desired.claim)
        yield Entry(Kind.SETTING, Setting.ENABLED.value), "true" if desired.enabled else "false"
    if desired.sso_only is not None:
        yield forced_sso.ENTRY, forced_sso.claim_text(desired.sso_only)
    if desired.group_sync is not None:
        yield from group_entries(desired.group_sync)
    if desired.auto_provisioning:
        yield Entry(Kind.SETTING, Setting.PROVISIONING.value), "true"


def privileged_users(desired: Desired) -> frozenset[str]:
    """Return the users whose logins say that they may be privileged."""
    return frozenset(user for user, login in desired.logins.items() if login.allow_privileged)


def shut_out(others: Iterable[Claim]) -> dict[str, str]:
    """Return the users that other owners have shut out, each with that owner.

    If several owners claim one user, NOLOGIN wins: shutting somebody out can't wait until all of
    them agree.
    """
    return {
        claim.entry.name: claim.owner
        for claim in others
        if claim.entry.kind is Kind.USER and claim.text == LoginState.NOLOGIN
    }
