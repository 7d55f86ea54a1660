"""Which of the server's messages a client was told, out of what its driver says."""

import re
from collections.abc import Iterable
from functools import cache

from crdb_sso.verdict import messages
from crdb_sso.verdict.messages import Message
from crdb_sso.verdict.outcome import Check

_ROWS = tuple(
    row
    for row in vars(messages).values()
    if isinstance(row, Message) and row is not messages.NOT_SIGNED  # its words are anybody's
)
_SAID = r"(?:ERROR|FATAL):\s+"
_DETAIL = r"\s+DETAIL:\s+"
_JWT = re.compile(rf"{_SAID}JWT (?:authentication|authorization|provisioning):")


def is_refused(said: str) -> bool:
    """Tell whether a server refused a login with a token; a connection may fail otherwise.

    Args:
        said: What a driver on libpq says.
    """
    return bool(_JWT.search(said)) or message_in(said) is not None


def message_in(said: str) -> Message | None:
    """Return the message that a client was told, with its meaning; None if it is not one of them.

    Of two that fit, the one with more words of its own is meant.

    Args:
        said: What a driver on libpq says.
    """
    plain = _plain(said)
    fitting = [row for row in _ROWS if _pattern(row).search(plain)]
    return max(fitting, key=lambda row: len(row.detail), default=None)


def told_check(failed: Iterable[Check], said: str) -> Check | None:
    """Return which of the checks that fail the server stopped at, None if its words do not tell.

    Args:
        failed: They.
        said: What a driver on libpq says.
    """
    plain, errors = _plain(said), [(check, check.error) for check in failed]
    for is_whole in (True, False):
        for check, error in errors:
            if error is None or _plain(error.message) not in plain:
                continue
            detail = _plain(error.known_detail)
            if detail in plain if is_whole and detail else not is_whole:
                return check
    return None


def _plain(text: str) -> str:
    """Return a text without quotes, which some patches leave out, and without line ends."""
    return " ".join(text.replace('"', "").split())


@cache
def _pattern(row: Message) -> re.Pattern[str]:
    return re.compile(
        _SAID + _open(row.message) + (_DETAIL + _open(row.detail) if row.detail else "")
    )


def _open(words: str) -> str:
    """Return what matches a message with any values."""
    parts = re.split(r"\{\w+\}|\.\.\.", _plain(words))
    return ".*?".join(map(re.escape, parts))
