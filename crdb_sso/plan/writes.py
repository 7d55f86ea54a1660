"""The middle steps of a plan: what is written to the settings, and in which order."""

from collections.abc import Iterable, Mapping

from crdb_sso.crdb import hba
from crdb_sso.crdb.setting_texts import entries, text_before
from crdb_sso.crdb.settings import Counts, LiveSetting, Setting, Stage, is_usable, settings_at
from crdb_sso.desired import fetched_keys, forced_sso
from crdb_sso.desired.provisioning import OFF_FIRST
from crdb_sso.plan.facts import PlanFacts
from crdb_sso.plan.steps import Write
from crdb_sso.registry.claims import KIND_IN, Entry, Kind


def changing_writes(facts: PlanFacts) -> Iterable[Write]:
    """Yield the writes that change a setting, in order."""
    return (write for write in _all_writes(facts) if _changes(write, facts.live.settings))


def settings_after(
    writes: Iterable[Write], live: Mapping[Setting, LiveSetting]
) -> Mapping[Setting, LiveSetting]:
    """Return the settings after some writes."""
    settings = dict(live)
    for write in writes:
        settings[write.setting] = write.next_value(settings[write.setting])
    return settings


def is_switched_off(write: Write, live: Mapping[Setting, LiveSetting]) -> bool:
    """Tell whether a write turns off automatic provisioning or group sync: then it comes first."""
    return write.setting in OFF_FIRST and write.next_value(live[write.setting]).text == "false"


def _changes(write: Write, live: Mapping[Setting, LiveSetting]) -> bool:
    setting = live.get(write.setting)
    if setting is None or (write.setting.spec.is_option and not is_usable(setting)):
        return False  # those who ask for it are refused; those who leave have nothing to give back
    return write.next_value(setting) != setting


def _all_writes(facts: PlanFacts) -> Iterable[Write]:
    doors, tokens = _host_rules(facts), _token_writes(facts)
    options = (w for setting in settings_at(Stage.OPTIONS) for w in _scalar_write(facts, setting))
    if forced_sso.ENTRY in facts.wanted.entries:
        return (*tokens, *doors, *options)
    return (*doors, *tokens, *options)


def _host_rules(facts: PlanFacts) -> Iterable[Write]:
    """Yield our block, our doors in it, and those that nobody claims any more."""
    text = facts.added.get(forced_sso.ENTRY)
    put = () if text is None else (hba.BEGIN, *forced_sso.claimed_lines(text))
    drop = tuple(_doors_to_close(facts))
    if put or drop:
        yield Write(
            Setting.HOST_RULES,
            put=tuple((line, line) for line in put),
            drop=drop,
            found=facts.setting_to_restore(Setting.HOST_RULES),
        )


def _doors_to_close(facts: PlanFacts) -> Iterable[str]:
    """Yield our doors that nobody claims any more, and the block if nobody does."""
    entry, wanted = forced_sso.ENTRY, facts.wanted
    claims = [claim for claim in facts.claims if claim.entry == entry]
    ours = [claim.text for claim in claims if claim.holder in wanted.holders]
    if ours and entry in wanted.remembered:
        ours.append(wanted.remembered[entry])
    kept = [claim.text for claim in claims if claim.holder not in wanted.holders]
    kept.append(wanted.entries.get(entry, ""))
    yield from sorted(_doors(ours) - _doors(kept))
    if entry in facts.removable:
        yield hba.BEGIN


def _doors(texts: Iterable[str]) -> set[str]:
    return {line for text in texts for line in forced_sso.claimed_lines(text)}


def _token_writes(facts: PlanFacts) -> Iterable[Write]:
    is_fetched = fetched_keys.is_fetched(facts.wanted.entries)
    useless = Counts.WHILE_PINNED if is_fetched else Counts.WHILE_FETCHED
    trust = settings_at(Stage.TRUST)
    yield Write(Setting.IDENTITY_MAP, put=_put(facts, Kind.LINE))
    for setting in (s for s in trust if s.spec.counts is not useless):
        yield from _shared_write(facts, setting)
    for setting in settings_at(Stage.FETCHING):  # a new limit takes effect at the next change
        yield from _scalar_write(facts, setting)
    for setting in (s for s in trust if s.spec.counts is useless):  # logins no longer need these
        yield from _shared_write(facts, setting)
    for setting in settings_at(Stage.LOGINS):
        yield from _scalar_write(facts, setting)
    for last in _shared_write(facts, Setting.IDENTITY_MAP):
        if last.drop or last.found:
            yield last


def _put(facts: PlanFacts, kind: Kind) -> tuple[tuple[str, str], ...]:
    """Return the entries of a kind that this change adds, with the text that is wanted now."""
    put = {e.name: text for e, text in facts.added.items() if e.kind is kind}
    if kind is Kind.ISSUER:  # the URI of a found issuer is not ours to change
        return tuple(
            (n, "" if _stays_as_found(facts, n, text) else text) for n, text in put.items()
        )
    return tuple(put.items())


def _stays_as_found(facts: PlanFacts, issuer: str, uri: str) -> bool:
    entry = Entry(Kind.ISSUER, issuer)
    return facts.is_live(entry, uri) and facts.is_found(entry, uri)


def _shared_write(facts: PlanFacts, setting: Setting) -> Iterable[Write]:
    """Yield the write of a setting with entries of many owners, if the cluster has the setting."""
    kind = KIND_IN[setting]
    if setting in facts.live.settings:
        yield Write(
            setting,
            put=_put(facts, kind),
            drop=tuple(e.name for e in facts.removable if e.kind is kind),
            found=facts.setting_to_restore(setting),
            uris=_own_uris(facts) if kind is Kind.ISSUER and facts.may_map else {},
        )


def _own_uris(facts: PlanFacts) -> dict[str, str]:
    """Return the JWKS URIs of our issuers, with which a list of them may become a map."""
    return {e.name: text for e, text in facts.wanted.entries.items() if e.kind is Kind.ISSUER}


def _scalar_write(facts: PlanFacts, setting: Setting) -> Iterable[Write]:
    """Yield the value that this change is about, or the found one if the last claim is released.

    A value that somebody has set by hand since stays.
    """
    entry = Entry(Kind.SETTING, setting.value)
    if entry in facts.added:
        yield Write(setting, put=(("", facts.added[entry]),))
    elif entry in facts.released and entry not in facts.others:
        is_as_written = facts.is_left_as_written(entry)
        stays_on = setting is Setting.ENABLED and issuers_were_added(facts)
        if is_as_written and not stays_on:
            yield Write(setting, found=facts.setting_to_restore(setting))


def issuers_were_added(facts: PlanFacts) -> bool:
    """Tell whether somebody has added issuers since the first stack: their logins keep working."""
    (write,) = _shared_write(facts, Setting.ISSUERS)
    after = write.next_value(facts.live.settings[Setting.ISSUERS]).text
    before = text_before(Setting.ISSUERS, facts.found_texts.get(Setting.ISSUERS.value))
    return bool(entries(Setting.ISSUERS, after).keys() - entries(Setting.ISSUERS, before).keys())
