"""A file with a fresh token in it, for workloads that can only read files."""

import time
from collections.abc import Callable
from pathlib import Path

from crdb_sso.errors import InvalidInput, TokenUnavailable
from crdb_sso.files import FOR_OWNER, reason_of, replace_file
from crdb_sso.workload.tokens import Source, Token
from crdb_sso.workload.tokens.cache import Clock, margin_s

UNKNOWN_LIFE_S = 60.0
"""How often, in seconds, a token is asked for that does not say when it ends."""

SHORTEST_PAUSE_S = 1.0
RETRY_PAUSE_S = 15.0
LONGEST_PAUSE_S = 60.0
"""Longer pauses are made of such, in seconds: a machine may sleep meanwhile."""

Wait = Callable[[float], bool]
"""Waits for some seconds; tells whether to stop."""


def keep_fresh(
    path: Path,
    source: Source,
    wait: Wait,
    tell: Callable[[str], None],
    clock: Clock = time.time,
) -> None:
    """Keep a fresh token in a file until told to stop.

    Args:
        path: The file; replaced in one step, for its owner alone.
        source: Where the tokens come from.
        wait: Waits, and tells whether to stop.
        tell: Takes lines for people.
        clock: Tells the time.

    Raises:
        TokenUnavailable: There is no token, and no valid one in the file.
        InvalidInput: The file can't be written.
    """
    written: Token | None = None
    while True:
        pause_s = SHORTEST_PAUSE_S
        try:
            token = source.token()
        except TokenUnavailable as error:
            if written is None or not written.is_valid(clock()):
                raise
            tell(f"the token in {path} stays for now: {error.what}")
            pause_s = RETRY_PAUSE_S
        else:
            if written is not None and token.value == written.value:  # it can't be renewed yet
                pause_s = min(RETRY_PAUSE_S, until_renewal_s(token, clock()))
            else:
                write_token(path, token)
                written = token
                pause_s = until_renewal_s(token, clock())
        if _waited(pause_s, wait, clock):
            return


def write_token(path: Path, token: Token) -> None:
    """Write a token into a file, for its owner alone.

    Raises:
        InvalidInput: It can't be written.
    """
    try:
        replace_file(path, token.value, FOR_OWNER)
    except (OSError, ValueError) as error:  # a path that no file can have
        reason = reason_of(error, "not a path")
        raise InvalidInput(
            f"can't write {str(path)!r}: {reason}",
            hint="Name a file in a folder that exists and that this user may write.",
        ) from error


def until_renewal_s(token: Token, now_s: float) -> float:
    """Return for how many seconds a token may stay before the next one is asked for."""
    if token.expires_at is None:
        return UNKNOWN_LIFE_S
    life_s = token.expires_at - now_s
    return max(life_s - margin_s(life_s), SHORTEST_PAUSE_S)


def _waited(pause_s: float, wait: Wait, clock: Clock) -> bool:
    """Wait until a time of the clock; tell whether to stop."""
    until = clock() + pause_s
    while (left_s := until - clock()) > 0:
        if wait(min(left_s, LONGEST_PAUSE_S)):
            return True
    return False
