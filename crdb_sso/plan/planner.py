"""From what is live, claimed and wanted to the steps a cluster needs, in an order that is safe.

The order, and why:

0. Automatic provisioning and group sync go off, where they do: group sync would revoke again what
   comes next.
1. `Announce`: claims, users, memberships, in one transaction. Claims come before settings, so that
   after a crash our own half-written entries are ours and not "found".
2. The identity map with old and new lines: an issuer is never trusted before it has its line.
3. Keys, issuers, audiences as they shall be; then `enabled`.
4. The identity map without the lines that go: nobody is trusted any more who needs them. Host-based
   rules close doors behind all that, and open them before it. Group sync and automatic provisioning
   go on last.
5. `Retire`: memberships and users that go, and the claims on all that went. Trust is gone by then,
   so a user that can't be dropped blocks no revocation.

A plan is data. Applied to the cluster it was made for, the plan of the result is empty.
"""

from collections.abc import Iterable, Mapping

from crdb_sso.crdb.setting_texts import entries, text_before
from crdb_sso.crdb.settings import LiveSetting, Setting, Stage, is_usable, settings_at
from crdb_sso.desired import fetched_keys, forced_sso
from crdb_sso.desired.logins import LOGIN, NOLOGIN, membership_parts
from crdb_sso.plan import key_retirement
from crdb_sso.plan.context import PlanContext, shared_entries
from crdb_sso.plan.guards import keys, missing_settings, passthrough, provisioning
from crdb_sso.plan.guards.fetched_keys import (
    KINDS_AFTER,
    KINDS_BEFORE,
    check_addresses,
    check_foreign_issuers,
    where_possible,
)
from crdb_sso.plan.guards.forced_sso import check
from crdb_sso.plan.guards.owner_conflicts import check_conflicts
from crdb_sso.plan.guards.principal_claim import check_claim
from crdb_sso.plan.guards.roles import check_roles
from crdb_sso.plan.guards.vendor_issuer import check_vendor_issuer
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.owner_renames import new_renames, past_renames
from crdb_sso.plan.steps import Announce, Plan, Retire, Write
from crdb_sso.plan.user_removal import dropped_and_disabled, given_back
from crdb_sso.registry.claims import Claim, Entry, Kind, found_key, of_others, owned


def plan_changes(live: ClusterState, wanted: OwnerRequest) -> Plan:
    """Return what has to be done so that the cluster is as one owner wants it.

    Raises:
        ClusterRefused: A guard says no (see `crdb_sso.plan.guards.keys`); nothing may be written.
    """
    claims = live.registry.claims if live.registry else ()
    wanted = where_possible(wanted, live.settings)
    wanted = key_retirement.with_staying_keys(wanted, claims, live.now)
    standing, gone = key_retirement.split_expired(claims, live.now)
    mine, others = owned(claims, wanted.owners), of_others(standing, wanted.owners)
    docs = shared_entries(live.settings)
    context = PlanContext(live, wanted, claims, mine, others, of_others(gone, wanted.owners), docs)
    check_conflicts(wanted, standing)
    if not _stops_fetching(context):
        keys.check_live(context.live.settings, wanted.entries)
    keys.check_keys(docs[Setting.JWKS], wanted.entries, {**context.expired, **others, **mine})
    passthrough.check_foreign(docs, wanted, {*mine, *others})
    passthrough.check_shared(docs, wanted, standing, context.removable())
    check_roles(wanted.entries, live.roles)
    check_claim(live.settings, docs, wanted, standing)
    provisioning.check_options(context)
    missing_settings.check(context)
    check_foreign_issuers(live.settings, wanted, {*mine, *others})
    rules = live.settings.get(Setting.HOST_RULES)
    check(rules, wanted.entries, claims, wanted.owners, live.operator)
    announce, retire = _announce(context), _retire(context)
    changes = [w for w in _writes(context, retire) if _changes(w, live.settings)]
    off = [w for w in changes if provisioning.is_switched_off(w, live.settings)]
    after = _settings_after(changes, live.settings)
    provisioning.check_roles(wanted.entries, after)
    issuers, next_issuers = live.settings[Setting.ISSUERS], after[Setting.ISSUERS].text
    check_vendor_issuer(issuers, next_issuers)
    check_addresses(wanted, standing, issuers, next_issuers)
    until = {e.name: due for e, due in wanted.until.items()}
    writes = tuple(w for w in changes if w not in off)
    return Plan(announce, writes, retire, until, tuple(reversed(off)))


def _stops_fetching(context: PlanContext) -> bool:
    """Tell whether nobody else wants the nodes to fetch keys, and nobody did before us."""
    entry = fetched_keys.AUTO_FETCH
    before = text_before(Setting.AUTO_FETCH, context.found_texts.get(entry.name))
    return entry in context.released() and entry not in context.others and before == "false"


# step 1


def _announce(context: PlanContext) -> Announce:
    wanted, users, closed = context.wanted.entries, context.live.users, context.shut_out
    logins = {
        e.name: text == LOGIN and e.name not in closed
        for e, text in wanted.items()
        if e.kind is Kind.USER
    }
    return Announce(
        claims=tuple(_new_claims(context)),
        found_texts=tuple(_new_found_texts(context)),
        create_users=tuple((u, may) for u, may in logins.items() if u not in users),
        alter_users=tuple(
            (u, may) for u, may in logins.items() if u in users and users[u].may_login != may
        ),
        grants=tuple(
            membership_parts(e)
            for e, text in wanted.items()
            if e.kind is Kind.MEMBERSHIP and not context.is_live(e, text)
        ),
        renames=tuple(new_renames(context.wanted, context.claims, context.renames)),
        past_renames=past_renames(context.wanted, context.renames) if context.wanted.is_new else (),
        wanted_again=tuple(key_retirement.wanted_again(context.wanted, context.claims)),
    )


def _new_claims(context: PlanContext) -> Iterable[Claim]:
    for entry, text in context.wanted.entries.items():
        found = context.is_found(entry, text)
        claim = Claim(
            entry, context.wanted.owner, text, found, until=context.wanted.until.get(entry)
        )
        if context.mine.get(entry) != claim:
            yield claim


def _new_found_texts(context: PlanContext) -> Iterable[tuple[str, str | None]]:
    """Yield how settings and users stand that get their first claim now."""
    done = set(context.found_texts)
    for entry in context.wanted.entries:
        key = found_key(entry.kind, entry.name)
        if entry.kind is Kind.MEMBERSHIP or key in done:
            continue
        done.add(key)
        if entry.kind is Kind.USER:
            is_claimed = entry in context.mine or entry in context.others
            if entry.name in context.live.users and not is_claimed:
                yield key, LOGIN if context.live.users[entry.name].may_login else NOLOGIN
            continue
        if entry.setting:
            setting = context.live.settings[entry.setting]
            yield key, None if setting.is_default else setting.text


# steps 2 to 4


def _writes(context: PlanContext, retire: Retire) -> Iterable[Write]:
    doors, tokens = _host_rules(context, retire), _token_writes(context, retire)
    last = (
        w for setting in settings_at(Stage.OPTIONS) for w in _scalar_write(context, retire, setting)
    )
    if forced_sso.ENTRY in context.wanted.entries:
        return (*tokens, *doors, *last)
    return (*doors, *tokens, *last)


def _host_rules(context: PlanContext, retire: Retire) -> Iterable[Write]:
    """Yield the block of all owners, if this one has to do with it."""
    if forced_sso.ENTRY in context.mine or forced_sso.ENTRY in context.wanted.entries:
        texts = forced_sso.texts(context.wanted.entries, context.claims, context.wanted.owners)
        found = _found(context, retire, forced_sso.ENTRY.name)
        yield Write(Setting.HOST_RULES, put=tuple((text, text) for text in texts), found=found)


def _token_writes(context: PlanContext, retire: Retire) -> Iterable[Write]:
    yield Write(Setting.IDENTITY_MAP, put=_put(context, Kind.LINE))
    is_fetched = fetched_keys.is_fetched(context.wanted.entries)
    for kind in KINDS_BEFORE[is_fetched]:
        yield from _full_write(context, retire, kind)
    for scalar in settings_at(Stage.FETCHING):  # a new limit counts with the next change
        yield from _scalar_write(context, retire, scalar)
    for kind in KINDS_AFTER[is_fetched]:
        yield from _full_write(context, retire, kind)
    for scalar in settings_at(Stage.LOGINS):
        yield from _scalar_write(context, retire, scalar)
    for last in _full_write(context, retire, Kind.LINE):
        if last.drop or last.found:
            yield last


def _put(context: PlanContext, kind: Kind) -> tuple[tuple[str, str], ...]:
    """Return the entries of a kind that any live claim asks for, ours as they are wanted now."""
    put = {e.name: c.text for e, c in context.others.items() if e.kind is kind}
    put |= {e.name: text for e, text in context.wanted.entries.items() if e.kind is kind}
    if kind is Kind.ISSUER:  # the URI of one that was found is not ours to change
        return tuple(
            (n, "" if _stays_as_found(context, n, text) else text) for n, text in put.items()
        )
    return tuple(put.items())


def _stays_as_found(context: PlanContext, issuer: str, uri: str) -> bool:
    entry = Entry(Kind.ISSUER, issuer)
    return context.is_live(entry, uri) and context.is_found(entry, uri)


def _full_write(context: PlanContext, retire: Retire, kind: Kind) -> Iterable[Write]:
    setting = kind.setting
    if setting and setting in context.live.settings:
        yield Write(
            setting,
            put=_put(context, kind),
            drop=tuple(e.name for e in context.removable() if e.kind is kind),
            found=_found(context, retire, setting.value),
            as_map=kind is Kind.ISSUER and context.may_map,
        )


def _scalar_write(context: PlanContext, retire: Retire, setting: Setting) -> Iterable[Write]:
    """Yield the value that some owner wants; with the last claim, how the setting was found."""
    entry = Entry(Kind.SETTING, setting.value)
    text = context.wanted.entries.get(entry)
    if text is None and entry in context.others:
        text = context.others[entry].text
    if text is not None:
        yield Write(setting, put=(("", text),))
    elif entry in context.mine and not (
        setting is Setting.ENABLED
        and _others_came(context, retire)  # their logins would end with it
    ):
        yield Write(setting, found=_found(context, retire, setting.value))


def _others_came(context: PlanContext, retire: Retire) -> bool:
    """Tell whether issuers stay that were not there before the first stack."""
    live = context.live.settings[Setting.ISSUERS]
    (write,) = _full_write(context, retire, Kind.ISSUER)
    after = write.next_value(live).text
    before = text_before(Setting.ISSUERS, context.found_texts.get(Setting.ISSUERS.value))
    return bool(entries(Setting.ISSUERS, after).keys() - entries(Setting.ISSUERS, before).keys())


def _found(context: PlanContext, retire: Retire, key: str) -> tuple[str | None, ...]:
    """Return the found text of a setting if its last claim goes."""
    return (context.found_texts[key],) if key in retire.found_keys else ()


def _changes(write: Write, live: Mapping[Setting, LiveSetting]) -> bool:
    setting = live.get(write.setting)
    if setting is None or (write.setting.spec.is_option and not is_usable(setting)):
        return False  # whoever asks for it is refused; whoever leaves has nothing to give back
    return write.next_value(setting) != setting


def _settings_after(
    writes: Iterable[Write], live: Mapping[Setting, LiveSetting]
) -> Mapping[Setting, LiveSetting]:
    settings = dict(live)
    for write in writes:
        settings[write.setting] = write.next_value(settings[write.setting])
    return settings


# step 5


def _retire(context: PlanContext) -> Retire:
    released, removable, users = context.released(), context.removable(), context.live.users
    gone = tuple(e.name for e in removable if e.kind is Kind.USER and e.name in users)
    dropped, disabled = dropped_and_disabled(gone, context.wanted.staying, users)
    return Retire(
        revokes=tuple(
            membership_parts(e)
            for e, claim in removable.items()
            if e.kind is Kind.MEMBERSHIP
            and context.is_live(e, claim.text)
            and membership_parts(e)[1] not in dropped
        ),
        alter_users=(
            *given_back(released, context.others, context.shut_out, context.found_texts, users),
            *disabled,
        ),
        drop_users=dropped,
        claims=tuple(_released(context)),
        found_keys=tuple(_last_claims(context, released)),
        renames=() if context.wanted.is_new else past_renames(context.wanted, context.renames),
    )


def _released(context: PlanContext) -> Iterable[Claim]:
    """Yield our claims on what we no longer want, all under a former name, and what is over."""
    wanted = context.wanted
    for claim in context.claims:
        is_ours = claim.owner in wanted.owners
        is_left = claim.entry not in wanted.entries or claim.owner != wanted.owner
        if is_left if is_ours else key_retirement.is_expired(claim, context.live.now):
            yield claim


def _last_claims(context: PlanContext, released: Mapping[Entry, Claim]) -> Iterable[str]:
    """Yield the keys of found texts that nobody needs any more."""
    still = {found_key(e.kind, e.name) for e in (*context.others, *context.wanted.entries)}
    gone = {found_key(e.kind, e.name) for e in released if e.kind is not Kind.MEMBERSHIP}
    return sorted((gone - still) & set(context.found_texts))
