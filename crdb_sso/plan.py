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

from crdb_sso import fetching, forced_sso, guards, passthrough, provisioning_guards, retiring
from crdb_sso.claims import SETTING_OF, Claim, Entry, Kind, found_key, of_others, owned
from crdb_sso.conflicts import check_conflicts
from crdb_sso.documents import entries, text_before
from crdb_sso.leaving import given_back, parted
from crdb_sso.logins import LOGIN, NOLOGIN, membership_parts
from crdb_sso.principal_claim import check_claim
from crdb_sso.provisioning import ON_LAST
from crdb_sso.renames import new_renames, past_renames
from crdb_sso.scene import Scene, shared_entries
from crdb_sso.settings import LiveSetting, Setting, is_usable
from crdb_sso.steps import Announce, Live, Plan, Retire, Wanted, Write


def plan_changes(live: Live, wanted: Wanted) -> Plan:
    """Return what has to be done so that the cluster is as one owner wants it.

    Raises:
        ClusterRefused: A guard says no (see `crdb_sso.guards`); nothing may be written.
    """
    claims = live.registry.claims if live.registry else ()
    wanted = fetching.where_possible(wanted, live.settings)
    wanted = retiring.with_staying_keys(wanted, claims, live.now)
    standing, gone = retiring.parted(claims, live.now)
    mine, others = owned(claims, wanted.owners), of_others(standing, wanted.owners)
    docs = shared_entries(live.settings)
    scene = Scene(live, wanted, claims, mine, others, of_others(gone, wanted.owners), docs)
    check_conflicts(wanted, standing)
    if not _stops_fetching(scene):
        guards.check_live(scene.live.settings, wanted.entries)
    guards.check_keys(docs[Setting.JWKS], wanted.entries, {**scene.over, **others, **mine})
    passthrough.check_foreign(docs, wanted, {*mine, *others})
    passthrough.check_shared(docs, wanted, standing, scene.going())
    guards.check_roles(wanted.entries, live.roles)
    check_claim(live.settings, docs, wanted, standing)
    provisioning_guards.check_options(scene)
    fetching.check_foreign_issuers(live.settings, wanted, {*mine, *others})
    rules = live.settings.get(Setting.HOST_RULES)
    forced_sso.check(rules, wanted.entries, claims, wanted.owners, live.operator)
    announce, retire = _announce(scene), _retire(scene)
    changes = [w for w in _writes(scene, retire) if _changes(w, live.settings)]
    off = [w for w in changes if provisioning_guards.is_switched_off(w, live.settings)]
    after = _settings_after(changes, live.settings)
    provisioning_guards.check_roles(wanted.entries, after)
    issuers, next_issuers = live.settings[Setting.ISSUERS], after[Setting.ISSUERS].text
    guards.check_vendor_issuer(issuers, next_issuers)
    fetching.check_addresses(wanted, standing, issuers, next_issuers)
    until = {e.name: due for e, due in wanted.until.items()}
    writes = tuple(w for w in changes if w not in off)
    return Plan(announce, writes, retire, until, tuple(reversed(off)))


def _stops_fetching(scene: Scene) -> bool:
    """Tell whether nobody else wants the nodes to fetch keys, and nobody did before us."""
    entry = fetching.AUTO_FETCH
    before = text_before(Setting.AUTO_FETCH, scene.found_texts.get(entry.name))
    return entry in scene.leaving() and entry not in scene.others and before == "false"


# step 1


def _announce(scene: Scene) -> Announce:
    wanted, users, closed = scene.wanted.entries, scene.live.users, scene.shut_out
    logins = {
        e.name: text == LOGIN and e.name not in closed
        for e, text in wanted.items()
        if e.kind is Kind.USER
    }
    return Announce(
        claims=tuple(_new_claims(scene)),
        found_texts=tuple(_new_found_texts(scene)),
        create_users=tuple((u, may) for u, may in logins.items() if u not in users),
        alter_users=tuple(
            (u, may) for u, may in logins.items() if u in users and users[u].may_login != may
        ),
        grants=tuple(
            membership_parts(e)
            for e, text in wanted.items()
            if e.kind is Kind.MEMBERSHIP and not scene.is_live(e, text)
        ),
        renames=tuple(new_renames(scene.wanted, scene.claims, scene.renames)),
        past_renames=past_renames(scene.wanted, scene.renames) if scene.wanted.is_new else (),
        wanted_again=tuple(retiring.wanted_again(scene.wanted, scene.claims)),
    )


def _new_claims(scene: Scene) -> Iterable[Claim]:
    for entry, text in scene.wanted.entries.items():
        found = scene.is_found(entry, text)
        claim = Claim(entry, scene.wanted.owner, text, found, until=scene.wanted.until.get(entry))
        if scene.mine.get(entry) != claim:
            yield claim


def _new_found_texts(scene: Scene) -> Iterable[tuple[str, str | None]]:
    """Yield how settings and users stand that get their first claim now."""
    done = set(scene.found_texts)
    for entry in scene.wanted.entries:
        key = found_key(entry.kind, entry.name)
        if entry.kind is Kind.MEMBERSHIP or key in done:
            continue
        done.add(key)
        if entry.kind is Kind.USER:
            is_claimed = entry in scene.mine or entry in scene.others
            if entry.name in scene.live.users and not is_claimed:
                yield key, LOGIN if scene.live.users[entry.name].may_login else NOLOGIN
            continue
        setting = scene.live.settings[SETTING_OF.get(entry.kind) or Setting(entry.name)]
        yield key, None if setting.is_default else setting.text


# steps 2 to 4


def _writes(scene: Scene, retire: Retire) -> Iterable[Write]:
    doors, tokens = _host_rules(scene, retire), _token_writes(scene, retire)
    last = (w for setting in ON_LAST for w in _scalar_write(scene, retire, setting))
    if forced_sso.ENTRY in scene.wanted.entries:
        return (*tokens, *doors, *last)
    return (*doors, *tokens, *last)


def _host_rules(scene: Scene, retire: Retire) -> Iterable[Write]:
    """Yield the block of all owners, if this one has to do with it."""
    if forced_sso.ENTRY in scene.mine or forced_sso.ENTRY in scene.wanted.entries:
        texts = forced_sso.texts(scene.wanted.entries, scene.claims, scene.wanted.owners)
        found = _found(scene, retire, forced_sso.ENTRY.name)
        yield Write(Setting.HOST_RULES, put=tuple(("", text) for text in texts), found=found)


def _token_writes(scene: Scene, retire: Retire) -> Iterable[Write]:
    yield Write(Setting.IDENTITY_MAP, put=_put(scene, Kind.LINE))
    is_fetched = fetching.is_fetched(scene.wanted.entries)
    for kind in fetching.KINDS_BEFORE[is_fetched]:
        yield from _full_write(scene, retire, kind)
    for scalar in (Setting.TIMEOUT, Setting.AUTO_FETCH):  # a new limit counts with the next change
        yield from _scalar_write(scene, retire, scalar)
    for kind in fetching.KINDS_AFTER[is_fetched]:
        yield from _full_write(scene, retire, kind)
    for scalar in (Setting.CLAIM, Setting.ENABLED):
        yield from _scalar_write(scene, retire, scalar)
    for last in _full_write(scene, retire, Kind.LINE):
        if last.drop or last.found:
            yield last


def _put(scene: Scene, kind: Kind) -> tuple[tuple[str, str], ...]:
    """Return the entries of a kind that any live claim asks for, ours as they are wanted now."""
    put = {e.name: c.text for e, c in scene.others.items() if e.kind is kind}
    put |= {e.name: text for e, text in scene.wanted.entries.items() if e.kind is kind}
    if kind is Kind.ISSUER:  # the URI of one that was found is not ours to change
        return tuple(
            (n, "" if _stays_as_found(scene, n, text) else text) for n, text in put.items()
        )
    return tuple(put.items())


def _stays_as_found(scene: Scene, issuer: str, uri: str) -> bool:
    entry = Entry(Kind.ISSUER, issuer)
    return scene.is_live(entry, uri) and scene.is_found(entry, uri)


def _full_write(scene: Scene, retire: Retire, kind: Kind) -> Iterable[Write]:
    setting = SETTING_OF[kind]
    if setting in scene.live.settings:
        yield Write(
            setting,
            put=_put(scene, kind),
            drop=tuple(e.name for e in scene.going() if e.kind is kind),
            found=_found(scene, retire, setting.value),
            as_map=kind is Kind.ISSUER and scene.may_map,
        )


def _scalar_write(scene: Scene, retire: Retire, setting: Setting) -> Iterable[Write]:
    """Yield the value that some owner wants; with the last claim, how the setting was found."""
    entry = Entry(Kind.SETTING, setting.value)
    text = scene.wanted.entries.get(entry)
    if text is None and entry in scene.others:
        text = scene.others[entry].text
    if text is not None:
        yield Write(setting, put=(("", text),))
    elif entry in scene.mine and not (
        setting is Setting.ENABLED and _others_came(scene, retire)  # their logins would end with it
    ):
        yield Write(setting, found=_found(scene, retire, setting.value))


def _others_came(scene: Scene, retire: Retire) -> bool:
    """Tell whether issuers stay that were not there before the first stack."""
    live = scene.live.settings[Setting.ISSUERS]
    (write,) = _full_write(scene, retire, Kind.ISSUER)
    after = write.next_value(live).text
    before = text_before(Setting.ISSUERS, scene.found_texts.get(Setting.ISSUERS.value))
    return bool(entries(Setting.ISSUERS, after).keys() - entries(Setting.ISSUERS, before).keys())


def _found(scene: Scene, retire: Retire, key: str) -> tuple[str | None, ...]:
    """Return the found text of a setting if its last claim goes."""
    return (scene.found_texts[key],) if key in retire.found_keys else ()


def _changes(write: Write, live: Mapping[Setting, LiveSetting]) -> bool:
    setting = live.get(write.setting)
    if setting is None or (write.setting in ON_LAST and not is_usable(setting)):
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


def _retire(scene: Scene) -> Retire:
    leaving, going, users = scene.leaving(), scene.going(), scene.live.users
    gone = tuple(e.name for e in going if e.kind is Kind.USER and e.name in users)
    dropped, disabled = parted(gone, scene.wanted.staying, users)
    return Retire(
        revokes=tuple(
            membership_parts(e)
            for e, claim in going.items()
            if e.kind is Kind.MEMBERSHIP
            and scene.is_live(e, claim.text)
            and membership_parts(e)[1] not in dropped
        ),
        alter_users=(
            *given_back(leaving, scene.others, scene.shut_out, scene.found_texts, users),
            *disabled,
        ),
        drop_users=dropped,
        claims=tuple(_released(scene)),
        found_keys=tuple(_last_claims(scene, leaving)),
        renames=() if scene.wanted.is_new else past_renames(scene.wanted, scene.renames),
    )


def _released(scene: Scene) -> Iterable[Claim]:
    """Yield our claims on what we no longer want, all under a former name, and what is over."""
    wanted = scene.wanted
    for claim in scene.claims:
        is_ours = claim.owner in wanted.owners
        is_left = claim.entry not in wanted.entries or claim.owner != wanted.owner
        if is_left if is_ours else retiring.is_over(claim, scene.live.now):
            yield claim


def _last_claims(scene: Scene, leaving: Mapping[Entry, Claim]) -> Iterable[str]:
    """Yield the keys of found texts that nobody needs any more."""
    still = {found_key(e.kind, e.name) for e in (*scene.others, *scene.wanted.entries)}
    gone = {found_key(e.kind, e.name) for e in leaving if e.kind is not Kind.MEMBERSHIP}
    return sorted((gone - still) & set(scene.found_texts))
