"""Forced SSO: the doors of a cluster that tokens don't use are closed, but for those kept open.

* Every owner that wants it claims the setting; its claim's text is the block it would write.
* The block on the cluster is the joint one of all claims, and goes with the last of them.
* It is written last on the way in, when tokens work, and first on the way out.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from crdb_sso.crdb import hba
from crdb_sso.crdb.settings import LiveSetting, Setting, check_usable
from crdb_sso.registry.claims import Claim, Entry, Kind

ENTRY = Entry(Kind.SETTING, Setting.HOST_RULES.value)

Doors = Mapping[str, str]
"""Method by door, see `crdb_sso.crdb.hba.door`."""


def claim_text(doors: Doors) -> str:
    """Return what an owner claims: the block that it alone would write."""
    return "\n".join(hba.block(hba.rule_line(name, method) for name, method in doors.items()))


def lines_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the rules that some claims want, each once, in the order in which they are written."""
    return tuple(sorted({line for text in texts for line in hba.block_lines(text) or ()}))


def texts(
    wanted: Mapping[Entry, str], claims: Iterable[Claim], owners: Collection[str]
) -> tuple[str, ...]:
    """Return what all owners want after this one has its way."""
    others = {c.text for c in claims if c.entry == ENTRY and c.owner not in owners}
    return tuple(sorted(others | ({wanted[ENTRY]} if ENTRY in wanted else set())))


def next_rules(
    live: LiveSetting, wishes: Collection[str], found: Iterable[str | None]
) -> LiveSetting:
    """Return the setting with the block of all wishes; without any, as others have it.

    Args:
        live: As it is.
        wishes: Texts of claims.
        found: How it was before the first claim, if the last one goes: one text, or None.
    """
    if wishes:
        return replace(live, text=hba.with_block(live.text, lines_of(wishes)), is_default=False)
    text = hba.without_block(live.text)
    for before in found:
        if before == text or not hba.rules(text):  # a text of comments alone can't be set
            return replace(live, text=before or "", is_default=before is None)
    return replace(live, text=text, is_default=False)


# what people are told


def seen_doors(doors: Doors | None, live: LiveSetting | None) -> Doors | None:
    """Return which of the doors a cluster has; None if it is not closed.

    Raises:
        GuardRefused: The setting is hidden, overridden, or can't be read.
    """
    if doors is None or live is None:
        return None
    check_usable(live)
    lines = hba.block_lines(live.text)
    if lines is None:
        return None
    if hba.with_block(live.text, lines).rstrip("\n") != live.text.rstrip("\n"):
        return None  # it has lost what closes, or stands behind a rule that lets everybody in
    return {n: method for n, method in doors.items() if hba.rule_line(n, method) in lines}
