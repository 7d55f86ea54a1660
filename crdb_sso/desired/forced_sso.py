"""Forced SSO: a cluster closes all doors that tokens don't use, except those that are kept open.

* Every owner that wants it claims the setting; the text of its claim is the block it would write.
* The block on the cluster is the joint one of all claims, and goes with the last of them.
* It is written last on the way in, when tokens work, and first on the way out.
"""

from collections.abc import Collection, Iterable, Mapping

from crdb_sso.crdb import hba
from crdb_sso.crdb.settings import LiveSetting, Setting, check_usable
from crdb_sso.registry.claims import Claim, Entry, Kind

ENTRY = Entry(Kind.SETTING, Setting.HOST_RULES.value)

Doors = Mapping[hba.Door, str]
"""Method by door."""


def claim_text(doors: Doors) -> str:
    """Return what an owner claims: the block that it would write alone."""
    return "\n".join(hba.block(hba.rule_line(door, method) for door, method in doors.items()))


def texts(
    wanted: Mapping[Entry, str], claims: Iterable[Claim], owners: Collection[str]
) -> tuple[str, ...]:
    """Return what all owners want after this one has its way."""
    others = {c.text for c in claims if c.entry == ENTRY and c.owner not in owners}
    return tuple(sorted(others | ({wanted[ENTRY]} if ENTRY in wanted else set())))


# what people are told


def seen_doors(doors: Doors | None, live: LiveSetting | None) -> Doors | None:
    """Return which of the doors a cluster keeps open; None if it is not closed.

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
    return {door: method for door, method in doors.items() if hba.rule_line(door, method) in lines}
