"""Forced SSO: a cluster closes every door that tokens don't use, except those that are kept open.

* Every owner that wants it claims the setting; the text of its claim is the block it would write.
* The block on the cluster joins those of all claims, and is removed with the last of them.
* It is written last, when tokens already work, and removed first.
"""

from collections.abc import Collection, Iterable, Mapping

from crdb_sso.crdb import hba
from crdb_sso.crdb.settings import LiveSetting, Setting, check_usable
from crdb_sso.registry.claims import Claim, Entry, Kind

ENTRY = Entry(Kind.SETTING, Setting.HOST_RULES.value)

Doors = Mapping[hba.Door, str]
"""Method by door."""


def claim_text(doors: Doors) -> str:
    """Return what an owner claims: the block it would write if it were the only one."""
    return "\n".join(hba.block(hba.rule_line(door, method) for door, method in doors.items()))


def texts(
    wanted: Mapping[Entry, str], claims: Iterable[Claim], owners: Collection[str]
) -> tuple[str, ...]:
    """Return the blocks that owners want once this owner's request is met."""
    others = {c.text for c in claims if c.entry == ENTRY and c.owner not in owners}
    return tuple(sorted(others | ({wanted[ENTRY]} if ENTRY in wanted else set())))


# what a refresh shows


def seen_doors(doors: Doors | None, live: LiveSetting | None) -> Doors | None:
    """Return which of the doors a cluster keeps open; None if it does not force SSO.

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
        return None  # its closing rules are gone, or a rule above it lets everybody in
    return {door: method for door, method in doors.items() if hba.rule_line(door, method) in lines}
