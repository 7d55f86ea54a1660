"""From a value that a session offers to the text under which a cluster setting is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.emulator.go.durations import go_duration
from dev.emulator.setting_texts.settings import DURATION, ENUM
from dev.emulator.sqlerror import SqlError

if TYPE_CHECKING:
    from dev.emulator.setting_texts.settings import Setting

DISTSQL = {"off": 0, "auto": 1, "on": 2, "always": 3}


def stored_text(setting: Setting, offered: str) -> str:
    """Return the text under which a typed value is stored and listed.

    Args:
        setting: The setting that is being set.
        offered: The value as the session evaluated it; durations in microseconds.

    Raises:
        SqlError: The value is not valid for this setting.
    """
    if setting.kind == DURATION:
        microseconds = int(offered)
        if microseconds < 0:
            raise SqlError(
                f"invalid value for {setting.name}: cannot be set to a negative duration: "
                f"{go_duration(microseconds)}"
            )
        return go_duration(microseconds)
    if setting.kind == ENUM:
        return _enum_text(setting, offered)
    if setting.validate is not None:
        setting.validate(offered)
    return offered


def _enum_text(setting: Setting, offered: str) -> str:
    for name, number in DISTSQL.items():
        if offered.lower() in (name, str(number)):
            return name
    raise SqlError(
        f"invalid string value '{offered}' for enum setting",
        sqlstate="22023",
        hint=f"valid values for {setting.name} are: " + ", ".join(DISTSQL),
    )
