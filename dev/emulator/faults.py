"""Faults that a test asks for: errors, delays and broken connections at chosen statements."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dev.emulator.sqlerror import SqlError

if TYPE_CHECKING:
    from pathlib import Path

SETTING_MARKS = ("redact", "override", "hide")
KINDS = ("error", "drop_before", "drop_after", *SETTING_MARKS, "delay", "hold")
CONNECT, LOGIN = "CONNECT", "LOGIN"
_LOOK_S = 0.01  # how often a held statement looks whether the file has changed


@dataclass
class Fault:
    """One fault and how often it has been met.

    Attributes:
        match: Searched in the text of each statement.
        kind: One of `KINDS`.
        sqlstate: Code of an `error`.
        message: Text of an `error`; for `SETTING_MARKS` a regex of setting names.
        skip: How many matches still pass unharmed.
        times: How many are hit after that; negative means all.
        ms: How long a `delay` waits, in milliseconds.
    """

    match: re.Pattern[str]
    kind: str
    sqlstate: str = "40001"
    message: str = ""
    skip: int = 0
    times: int = 1
    ms: int = 0

    def hits(self, text: str) -> bool:
        """Return whether this statement is hit, and count it."""
        if self.times == 0 or not self.match.search(text):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Faults:
    """The faults in a file, read again whenever it changes.

    Args:
        path: A JSON list of objects; None means that there are no faults.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._faults: list[Fault] = []

    def hits(self, text: str) -> list[Fault]:
        """Return the faults that hit a statement, in the order of the file.

        Args:
            text: The statement as the client wrote it, or `CONNECT <user>` or `LOGIN <user>`.

        Raises:
            SqlError: The file can not be read; the message says why.
        """
        self.refresh()
        return [fault for fault in self._faults if fault.hits(text)]

    def refresh(self) -> None:
        """Read the file if it has changed; all counters start again then.

        Raises:
            SqlError: The file can not be read; the message says why.
        """
        if self._path is None:
            return
        try:
            seen = _looks(self._path)
            if seen != self._seen:
                self._faults = [_fault(entry) for entry in json.loads(self._path.read_text())]
                self._seen = seen
        except (OSError, ValueError, TypeError, re.error) as exc:
            raise SqlError(
                f"the faults file {self._path} can not be used: {exc}",
                hint="it is a JSON list as dev/emulator/README.md describes; replace it whole",
            ) from exc

    async def change(self) -> None:
        """Wait until the file is another one; there is a file `<name>.held` meanwhile."""
        if self._path is None:
            return
        seen, held = self._seen, self._path.with_name(f"{self._path.name}.held")
        held.touch()
        while _looks(self._path) == seen:  # noqa: ASYNC110 - a file does not tell that it changes
            await asyncio.sleep(_LOOK_S)
        held.unlink(missing_ok=True)


def _looks(path: Path) -> tuple[int, int, int]:
    """Return what differs once a file has been replaced."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _fault(entry: dict[str, Any]) -> Fault:
    """Read one fault.

    Raises:
        ValueError: The kind is unknown.
        TypeError: A key is missing or unknown.
    """
    fault = Fault(**{**entry, "match": re.compile(entry.get("match", ""), re.IGNORECASE)})
    if fault.kind not in KINDS:
        raise ValueError(f"unknown kind {fault.kind!r}, known are {', '.join(KINDS)}")
    return fault
