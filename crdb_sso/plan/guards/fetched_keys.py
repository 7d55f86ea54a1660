"""Fetched keys are refused where that would end logins that somebody else relies on."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from crdb_sso.crdb import setting_texts
from crdb_sso.crdb.formats.string_lists import is_issuer_map, issuer_uris
from crdb_sso.crdb.settings import (
    Counts,
    LiveSetting,
    Setting,
    Stage,
    check_there,
    is_on,
    missing_setting,
    settings_at,
)
from crdb_sso.desired.fetched_keys import TIMEOUT, is_fetched
from crdb_sso.errors import ClusterRefused
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import KIND_IN, Claim, Entry, Kind


def _settings(*counts: Counts) -> Iterable[Setting]:
    return (s for s in settings_at(Stage.TRUST) if s.spec.counts in counts)


def _kinds(*counts: Counts) -> tuple[Kind, ...]:
    return tuple(KIND_IN[setting] for setting in _settings(*counts))


KINDS_BEFORE = {
    True: _kinds(Counts.ALWAYS, Counts.WHILE_FETCHED),
    False: _kinds(Counts.ALWAYS, Counts.WHILE_PINNED),
}

KINDS_AFTER = {True: _kinds(Counts.WHILE_PINNED), False: _kinds(Counts.WHILE_FETCHED)}
"""What is written before and after fetching is switched, on (True) or off: no login fails then."""


def where_possible(wanted: OwnerRequest, live: Mapping[Setting, LiveSetting]) -> OwnerRequest:
    """Return what is wanted without what a cluster lacks and can do without: its time limit.

    Raises:
        UnsupportedVersion: It lacks more.
    """
    asked = {entry.setting for entry in wanted.entries}
    for setting in (Setting.AUTO_FETCH, *_settings(Counts.WHILE_FETCHED)):
        if setting in asked:
            check_there(live, setting, or_else='take keys="pinned"')
    if Setting.TIMEOUT in live:
        return wanted
    kept = {entry: text for entry, text in wanted.entries.items() if entry != TIMEOUT}
    return replace(wanted, entries=kept)


def check_foreign_issuers(
    live: Mapping[Setting, LiveSetting], wanted: OwnerRequest, claimed: Collection[Entry]
) -> None:
    """Refuse to start fetching where others may rely on keys that are pinned.

    Where an issuer stands in a map, its keys' address is known; in a list, nodes would have to
    find it, and nobody can tell from here whether they do.

    Raises:
        ClusterRefused: Names the issuers that nobody claims.
    """
    issuers = live[Setting.ISSUERS].text
    if not is_fetched(wanted.entries) or is_on(live, Setting.AUTO_FETCH) or is_issuer_map(issuers):
        return
    names = setting_texts.entries(Setting.ISSUERS, issuers)
    foreign = sorted(n for n in names if Entry(Kind.ISSUER, n) not in claimed)
    if foreign:
        raise ClusterRefused(
            f"nodes that fetch keys ignore the pinned ones, and others log in with tokens of"
            f" {', '.join(foreign)}",
            hint='Take keys="pinned".' + _map_hint(live[Setting.ISSUERS]),
        )


def _map_hint(issuers: LiveSetting) -> str:
    if issuers.name != Setting.ISSUERS.value:
        return ""  # this cluster takes no map
    return (
        f" Or write {issuers.name} by hand as the map"
        ' {"issuer_jwks_map": {issuer: JWKS URI}}, where the nodes reach each URI.'
    )


def check_addresses(
    wanted: OwnerRequest, claims: Iterable[Claim], issuers: LiveSetting, next_text: str
) -> None:
    """Refuse to fetch from elsewhere than a program says.

    Args:
        wanted: What its owner wants.
        claims: All that stand.
        issuers: The setting as it stands.
        next_text: Its next value.

    Raises:
        UnsupportedVersion: The cluster's list of issuers can't hold addresses.
        ClusterRefused: It could, but not of all issuers in it; or somebody says otherwise.
    """
    said = {e.name: text for e, text in wanted.entries.items() if e.kind is Kind.ISSUER and text}
    given = sorted(said)
    if not given or not is_fetched(wanted.entries):
        return
    if is_issuer_map(next_text):
        _check_same(said, [c for c in claims if c.owner not in wanted.owners], next_text)
        return
    what = f"nodes can't be told the jwks_uri of {', '.join(given)}"
    if issuers.name != Setting.ISSUERS.value:
        raise missing_setting(
            Setting.ISSUERS,
            or_else="leave jwks_uri out where the issuer has a discovery document",
            so=what,
            since=Setting.ISSUERS.spec.renamed_in,
        )
    others = sorted(setting_texts.entries(Setting.ISSUERS, next_text).keys() - set(given))
    raise ClusterRefused(
        f"{what}, while that of {', '.join(others) or 'issuers that were found'} is not known",
        hint="A cluster knows it of all issuers or of none. Give each its jwks_uri, or leave it out"
        f" everywhere; for issuers of others write {Setting.ISSUERS.value} by hand as the map"
        ' {"issuer_jwks_map": {issuer: JWKS URI}}.',
    )


def _check_same(said: Mapping[str, str], others: Iterable[Claim], next_text: str) -> None:
    """Refuse to fetch the keys of one issuer from two places."""
    for claim in others:
        ours = said.get(claim.entry.name)
        if claim.entry.kind is Kind.ISSUER and ours and claim.text not in ("", ours):
            raise ClusterRefused(
                f"this stack has the keys of {claim.entry.name} fetched from {ours},"
                f" {claim.owner} from {claim.text}: a cluster asks one place",
                hint="Give both programs the same jwks_uri.",
            )
    for issuer, uri in issuer_uris(next_text).items():
        if said.get(issuer, uri) != uri:
            raise ClusterRefused(
                f"this stack has the keys of {issuer} fetched from {said[issuer]}; in"
                f" {Setting.ISSUERS.value} stands {uri}, written by somebody outside these stacks",
                hint="Give the same jwks_uri, or change the one in the setting by hand.",
            )
