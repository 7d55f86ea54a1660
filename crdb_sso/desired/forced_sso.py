"""Forced SSO: a cluster closes every door that tokens don't use, except those that are kept open.

* Every owner that wants it claims the setting; the text of its claim is the block it would write.
* Each adds its own doors to the block on the cluster. A door goes when nobody claims it any more,
  and the block with its last claim.
* It is written last, when tokens already work, and removed first.
"""

from collections.abc import Iterable, Mapping

from crdb_sso.crdb import hba
from crdb_sso.crdb.settings import LiveSetting, Setting, check_usable, is_usable
from crdb_sso.errors import GuardRefused
from crdb_sso.registry.claims import Claim, Entry, Kind

ENTRY = Entry(Kind.SETTING, Setting.HOST_RULES.value)

Doors = Mapping[hba.Door, str]
"""Method by door."""


def claim_text(doors: Doors) -> str:
    """Return what an owner claims: the block it would write if it were the only one."""
    return "\n".join(hba.block(hba.rule_line(door, method) for door, method in doors.items()))


def has_block(live: LiveSetting, text: str) -> bool:
    """Tell whether host-based rules certainly have all rules of the block that an owner claims."""
    if not is_usable(live):
        return False
    try:
        lines = hba.block_lines(live.text)
    except GuardRefused:  # the guard of those whose change is about these rules says so
        return False
    return lines is not None and set(claimed_lines(text)) <= set(lines)


def claimed_lines(text: str) -> tuple[str, ...]:
    """Return the rules in the block that an owner claims."""
    return hba.block_lines(text) or ()


def kept_users(claims: Iterable[Claim]) -> frozenset[str]:
    """Return whom the stacks of a cluster keep, by their claims."""
    texts = (claim.text for claim in claims if claim.entry == ENTRY)
    lines = "\n".join(line for text in texts for line in claimed_lines(text))
    return frozenset(user for rule in hba.rules(lines) for user in rule.users or ())


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
