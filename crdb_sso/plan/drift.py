"""What a cluster still has of what a stack wrote: the stack's own wish, minus what is gone.

Foreign additions are nobody's drift. Entries that are claimed by this owner and wanted by nobody
(left by a change that did not finish) are listed, so that the next update takes them away.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from crdb_sso.crdb import pem
from crdb_sso.crdb.identity_map import closed_line, issuer_of
from crdb_sso.crdb.settings import Setting, is_on
from crdb_sso.desired.forced_sso import seen_doors
from crdb_sso.desired.logins import (
    FETCH_TIMEOUT,
    Identity,
    Login,
    Logins,
    Source,
    identity_line,
    membership_parts,
    shut_out,
    wanted_entries,
)
from crdb_sso.desired.provisioning import seen_sync
from crdb_sso.plan.context import shared_entries
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.plan.key_retirement import still_retiring
from crdb_sso.registry.claims import Claim, Entry, Kind, owned
from crdb_sso.tokens.jwks import same_meaning


def seen(remembered: Logins, live: ClusterState, owner: str) -> Logins:
    """Return what is left of `remembered` on the cluster, in the same shape.

    A gone user, membership, key or map line is missing from its map; a gone issuer, or one whose
    closing line is gone, is marked as not trusted; a gone audience is the empty text; a key that
    was replaced shows what stands there.
    """
    docs = shared_entries(live.settings)
    wanted = wanted_entries(remembered)
    claims = owned(live.registry.claims if live.registry else (), {owner})
    others = shut_out(live.registry.claims if live.registry else (), {owner})
    return Logins(
        sources={name: _source(s, wanted, docs, claims) for name, s in remembered.sources.items()},
        logins={
            user: _unless_shut_out(
                _login(remembered, user, login, live, docs), login, user in others
            )
            for user, login in remembered.logins.items()
            if user in live.users
        },
        enabled=is_on(live.settings, Setting.ENABLED) if remembered.sources else remembered.enabled,
        fetched=remembered.fetched and _is_fetching(live),
        claim=_claim(remembered, live),
        leftovers=_leftovers({*wanted, *_retiring(remembered)}, live, docs, claims),
        sso_only=seen_doors(remembered.sso_only, live.settings.get(Setting.HOST_RULES)),
        auto_provisioning=remembered.auto_provisioning
        and is_on(live.settings, Setting.PROVISIONING),
        group_sync=seen_sync(remembered.group_sync, live.settings),
    )


_Docs = dict[Setting, dict[str, str]]


def _retiring(remembered: Logins) -> Iterator[Entry]:
    for source in remembered.sources.values():
        yield from (Entry(Kind.KEY, kid) for kid in source.retiring)


def _source(
    source: Source, wanted: Mapping[Entry, str], docs: _Docs, claims: Mapping[Entry, Claim]
) -> Source:
    live_keys = docs[Setting.JWKS]
    keys = {
        kid: text if same_meaning(live_keys[kid], text or "") else live_keys[kid]
        for kid, text in (source.keys or {}).items()
        if kid in live_keys
    }
    closed = Entry(Kind.LINE, closed_line(source.issuer or ""))
    lines = docs[Setting.IDENTITY_MAP]
    is_closed = closed not in wanted or closed.name in lines
    is_mapped = any(issuer_of(line) == source.issuer for line in lines)
    is_as_meant = not is_mapped if source.subject_is_username else is_closed
    return replace(
        source,
        keys=keys,
        trusted=is_as_meant and source.issuer in docs[Setting.ISSUERS],
        audience=source.audience if source.audience in docs[Setting.AUDIENCE] else "",
        ca=source.ca if _has_ca(source, docs) else "",
        retiring=still_retiring(source.retiring, claims),
    )


def _has_ca(source: Source, docs: _Docs) -> bool:
    return pem.certificates(source.ca or "").keys() <= docs.get(Setting.CUSTOM_CA, {}).keys()


def _claim(remembered: Logins, live: ClusterState) -> str:
    """Return the claim that logins are mapped by, where that was asked for."""
    is_there = remembered.claim and Setting.CLAIM in live.settings
    return live.settings[Setting.CLAIM].text if is_there else ""


def _is_fetching(live: ClusterState) -> bool:
    limit = live.settings.get(Setting.TIMEOUT)
    is_limited = limit is None or limit.text == FETCH_TIMEOUT
    return is_limited and is_on(live.settings, Setting.AUTO_FETCH)


def _login(remembered: Logins, user: str, login: Login, live: ClusterState, docs: _Docs) -> Login:
    identities = {}
    for name, identity in login.identities.items():
        takes_subjects = remembered.sources[identity.source].subject_is_username
        lines = docs[Setting.IDENTITY_MAP]
        if takes_subjects or identity_line(remembered, user, identity) in lines:
            identities[name] = _identity(identity, docs)
    state = live.users[user]
    return replace(
        login,
        identities=identities,
        roles=login.roles & state.roles,
        may_login=state.may_login,
    )


def _unless_shut_out(seen: Login, wanted: Login, is_shut_out: bool) -> Login:  # noqa: FBT001 - a rule's input
    """Return a login; that another owner shuts it out is no drift of ours."""
    return replace(seen, may_login=wanted.may_login) if is_shut_out else seen


def _identity(identity: Identity, docs: _Docs) -> Identity:
    is_live = identity.audience in docs[Setting.AUDIENCE]
    return replace(identity, audience=identity.audience if is_live else "")


def _leftovers(
    wanted: Collection[Entry], live: ClusterState, docs: _Docs, claims: Collection[Entry]
) -> tuple[str, ...]:
    return tuple(sorted(_named(e) for e in claims if e not in wanted and _is_live(e, live, docs)))


def _is_live(entry: Entry, live: ClusterState, docs: _Docs) -> bool:
    if entry.kind.setting:
        return entry.name in docs.get(entry.kind.setting, {})
    if entry.kind is Kind.MEMBERSHIP:
        role, user = membership_parts(entry)
        return user in live.users and role in live.users[user].roles
    return entry.kind is Kind.USER and entry.name in live.users


def _named(entry: Entry) -> str:
    return f"{entry.kind.value} {entry.name}"
