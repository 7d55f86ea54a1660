"""What one stack wants of one cluster: key sources it trusts, and who may log in as whom."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from crdb_sso.crdb import pem
from crdb_sso.crdb.identity_map import MapLine, closed_line, map_line
from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.desired import forced_sso
from crdb_sso.desired.forced_sso import Doors
from crdb_sso.desired.provisioning import GroupSync, option_entries
from crdb_sso.registry.claims import Claim, Entry, Kind

FETCH_TIMEOUT = "5s"
"""One token is judged at a time on each node: a slow issuer keeps all others waiting this long."""


class OnDelete(str, Enum):
    """What becomes of a user made here when its login goes; state remembers the values."""

    DROP = "drop"
    DISABLE = "disable"


Text = str | None
"""A text of the program; None while a preview does not know it yet."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where tokens come from, and with which keys they are signed.

    Attributes:
        issuer: The exact `iss` of its tokens.
        jwks_uri: Where its keys are published, "" if nobody said.
        keys: JWK text by kid; None as a whole while a preview does not know them.
        close_passthrough: Whether to end logins that rely on the issuer having no map line.
        subject_is_username: Whether it shall have no line: each subject is a user name then.
        audience: Of tokens that no login tells of, where subjects are user names.
        trusted: False only when read from a cluster that lost the issuer, or the line that closes
            it, or has one where subjects are user names; never asked for.
        ca: PEM text of the CA of its server, where the nodes fetch its keys; "" for the usual ones.
        retiring: When each of its keys goes that is published no more, by kid; only ever read from
            a state or a cluster.
    """

    issuer: Text
    jwks_uri: Text = ""
    keys: Mapping[str, Text] | None = field(default_factory=dict)
    close_passthrough: bool = False
    subject_is_username: bool = False
    audience: Text = ""
    trusted: bool = True
    ca: Text = ""
    retiring: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Identity:
    """One principal: the source of its tokens, the audience they carry, and their subject."""

    source: str
    audience: Text
    subject: Text


@dataclass(frozen=True, slots=True)
class Login:
    """One SQL user, who may log in as it, and the roles it is a member of."""

    identities: Mapping[str, Identity]
    roles: frozenset[str] = frozenset()
    may_login: bool = True
    on_delete: OnDelete = OnDelete.DROP


@dataclass(frozen=True, slots=True)
class Logins:
    """Everything that one stack wants of one cluster.

    Attributes:
        sources: Key sources by name.
        logins: Logins by SQL user.
        enabled: Whether JWT logins are on.
        fetched: Whether the nodes fetch the keys at each login; those of sources are empty then.
        claim: Which claim of a token names its principal, "" to leave that as it is.
        sso_only: Who may still come in without a token; None for everybody, as the cluster's other
            rules say.
        leftovers: Entries that an unfinished change left claimed though nobody wants them; only
            ever read from a cluster, never asked for.
        take_over: Whether what was there before counts as made by this stack.
        auto_provisioning: Whether tokens may create the users they name.
        group_sync: Where the groups are that give users their roles; None if programs give them.
    """

    sources: Mapping[str, Source]
    logins: Mapping[str, Login]
    enabled: bool = True
    leftovers: tuple[str, ...] = ()
    fetched: bool = False
    claim: Text = ""
    take_over: bool = False
    sso_only: Doors | None = None
    auto_provisioning: bool = False
    group_sync: GroupSync | None = None


NOTHING = Logins({}, {})
"""What a destroyed stack wants."""


def identity_line(logins: Logins, user: str, identity: Identity) -> MapLine:
    """Return the identity map line of one identity of one login, unless its subject is its user.

    Raises:
        InvalidMapLine: Its subject can't be carried by a line.
    """
    issuer = logins.sources[identity.source].issuer
    return map_line(issuer or "", identity.subject or "", user)


def wanted_entries(logins: Logins) -> dict[Entry, str]:
    """Return the text of every entry that has to be on the cluster, in reading order.

    Every issuer has at least one map line, the sentinel where no identity uses it; but for those
    whose subjects are user names.
    """
    return dict(_entries(logins)) if logins != NOTHING else {}


def _entries(logins: Logins) -> Iterator[tuple[Entry, str]]:
    for user, login in logins.logins.items():
        yield Entry(Kind.USER, user), LoginState.of(may_login=login.may_login).value
        for role in sorted(login.roles):
            yield Entry.of(Membership(role, user)), ""
    used = set()
    for user, login in logins.logins.items():
        for identity in login.identities.values():
            source = logins.sources[identity.source]
            if not source.subject_is_username:
                used.add(source.issuer)
                line = identity_line(logins, user, identity)
                yield Entry.of(line), line.text
            yield Entry(Kind.AUDIENCE, identity.audience or ""), identity.audience or ""
    for source in logins.sources.values():
        issuer = source.issuer or ""
        if source.subject_is_username:
            yield Entry(Kind.AUDIENCE, source.audience or ""), source.audience or ""
        elif source.issuer not in used:
            yield Entry.of(closed_line(issuer)), closed_line(issuer).text
        yield Entry(Kind.ISSUER, issuer), source.jwks_uri or ""
        for kid, jwk in ({} if logins.fetched else source.keys or {}).items():
            yield Entry(Kind.KEY, kid), jwk or ""
    yield from _scalars(logins)


def _scalars(logins: Logins) -> Iterator[tuple[Entry, str]]:
    """Yield the settings that have one value for all."""
    if logins.sources:
        yield from _fetching(logins) if logins.fetched else ()
        if logins.claim:
            yield Entry(Kind.SETTING, Setting.CLAIM.value), logins.claim
        yield Entry(Kind.SETTING, Setting.ENABLED.value), "true" if logins.enabled else "false"
    if logins.sso_only is not None:
        yield forced_sso.ENTRY, forced_sso.claim_text(logins.sso_only)
    yield from option_entries(logins.group_sync, provisioning=logins.auto_provisioning)


def _fetching(logins: Logins) -> Iterator[tuple[Entry, str]]:
    """Yield what makes the nodes fetch keys, beside the issuers."""
    yield Entry(Kind.SETTING, Setting.TIMEOUT.value), FETCH_TIMEOUT
    yield Entry(Kind.SETTING, Setting.AUTO_FETCH.value), "true"
    for source in logins.sources.values():
        for fingerprint, text in pem.certificates(source.ca or "").items():
            yield Entry(Kind.CA, fingerprint), text


def staying_users(remembered: Logins) -> frozenset[str]:
    """Return the users that stay on the cluster, shut out, when their logins go."""
    return frozenset(
        user for user, login in remembered.logins.items() if login.on_delete is OnDelete.DISABLE
    )


def shut_out(claims: Iterable[Claim], owners: Collection[str]) -> dict[str, str]:
    """Return the users that another owner has shut out, each with who did.

    Of several owners of one user the one that says NOLOGIN wins, while it claims the user: shutting
    somebody out is what can't wait until all agree.
    """
    return {
        claim.entry.name: claim.owner
        for claim in claims
        if claim.entry.kind is Kind.USER
        and claim.text == LoginState.NOLOGIN
        and claim.owner not in owners
    }
