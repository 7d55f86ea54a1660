"""Closed by default, and it stays closed: whoever's entries a plan is about.

An issuer without any line in the identity map lets its tokens log in as the user that their subject
names (see `crdb_sso.desired.passthrough`). So no plan may leave one like that behind.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from crdb_sso.crdb.identity_map import MapLine, closed_line
from crdb_sso.crdb.setting_texts import entries
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.desired.passthrough import unmapped_issuers
from crdb_sso.plan.facts import PlanFacts
from crdb_sso.plan.steps import Write
from crdb_sso.registry.claims import Kind

Settings = Mapping[Setting, LiveSetting]


def opened_issuers(facts: PlanFacts, after: Settings) -> tuple[str, ...]:
    """Return the issuers that would be trusted without a line, and were not before or are ours.

    Those whose subjects our program takes as user names are meant to be.
    """
    meant = unmapped_issuers(facts.wanted.entries)
    ours = {e.name for e in facts.wanted.entries if e.kind is Kind.ISSUER}
    were = _open(facts.live.settings) - (ours & {e.name for e in facts.mine})
    return tuple(sorted(_open(after) - were - meant))


def with_closed_lines(writes: Iterable[Write], issuers: Sequence[str]) -> tuple[Write, ...]:
    """Return writes that also give some issuers a line that matches nobody, before all else."""
    lines = [closed_line(issuer).text for issuer in issuers]
    kept = [
        replace(write, drop=tuple(line for line in write.drop if line not in lines))
        if write.setting is Setting.IDENTITY_MAP
        else write
        for write in writes
    ]
    return (Write(Setting.IDENTITY_MAP, put=tuple((line, line) for line in lines)), *kept)


def _open(settings: Settings) -> set[str]:
    issuers, lines = settings[Setting.ISSUERS], settings[Setting.IDENTITY_MAP]
    mapped = entries(Setting.IDENTITY_MAP, lines.text, lines.name)
    trusted = entries(Setting.ISSUERS, issuers.text, issuers.name)
    return trusted.keys() - {MapLine.read(line).issuer for line in mapped}
