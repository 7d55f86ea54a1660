"""`crdb-sso token-file`: a file with a fresh token, for workloads in other languages."""

import select
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from crdb_sso.cli.screen import say_aside, say_json
from crdb_sso.cli.token_options import (
    AudienceOption,
    ConnectOption,
    IdentityOption,
    TokenFromOption,
    TokenOption,
    chosen_source,
    expiry_text,
    read_login,
)
from crdb_sso.errors import InvalidInput
from crdb_sso.workload.token_file import keep_fresh, write_token
from crdb_sso.workload.tokens import Source, Token

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Stopped(BaseException):  # like KeyboardInterrupt: nothing on the way takes it for a failure
    """A signal asked to stop."""


class _Stop:
    """Ends, on a signal, the wait for a token or for the next one, and never a write.

    Args:
        woken: Can be read once a signal is there. A sleep would go on if a signal came right before
            it began, as the handler runs after it.
    """

    def __init__(self, woken: socket.socket) -> None:
        self._woken = woken
        self._is_set = self._may_end = False
        for number in _STOP_SIGNALS:
            signal.signal(number, self._handle)

    def _handle(self, *_: object) -> None:
        self._is_set = True
        if self._may_end:
            self._may_end = False  # a second signal changes nothing
            raise _Stopped

    @contextmanager
    def ends(self) -> Iterator[None]:
        """End the block on a signal; at once if one is there."""
        try:
            self._may_end = True
            if self._is_set:
                raise _Stopped
            yield
        finally:
            self._may_end = False

    def wait(self, seconds: float) -> bool:
        """Wait; a signal ends it."""
        with self.ends():
            select.select([self._woken], [], [], seconds)  # a signal raises out of it
        return False


@contextmanager
def stopping() -> Iterator[_Stop]:
    """Listen to signals that ask to stop; one ends the block."""
    woken, wakes = socket.socketpair()
    with woken, wakes, suppress(_Stopped):
        wakes.setblocking(False)  # noqa: FBT003 - the name says it
        before = signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        try:
            yield _Stop(woken)
        finally:
            signal.set_wakeup_fd(before)


@dataclass(frozen=True, slots=True)
class _Stoppable:
    """A source that nobody waits for any more once a signal asks to stop."""

    source: Source
    stop: _Stop

    def token(self) -> Token:
        """Return what the source gives."""
        with self.stop.ends():
            return self.source.token()

    async def token_async(self) -> Token:
        """Return what the source gives."""
        return self.token()


def token_file(
    *,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="the file to keep fresh")],
    token_from: TokenFromOption = None,
    token_option: TokenOption = None,
    user: Annotated[
        str | None,
        typer.Option(show_default=False, help="SQL user whose login in the output says the rest"),
    ] = None,
    connect_file: ConnectOption = None,
    identity: IdentityOption = None,
    audience: AudienceOption = None,
    once: Annotated[bool, typer.Option("--once", help="write it once, and end")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="with --once: print JSON, see docs/cli.md")
    ] = False,
) -> None:
    """Keep a fresh token in a file, as a sidecar does.

    The file is replaced in one step and is readable by its owner alone. It ends with 1 if there is
    no token and no valid one in the file, and with 0 on SIGTERM.
    """
    if as_json and not once:
        raise InvalidInput("--json goes with --once only", hint="Add --once, or leave it out.")
    if identity is not None and user is None:
        raise InvalidInput("--identity goes with --user only", hint="Say whose login it is.")
    login = None if user is None else read_login(connect_file, user, identity)
    known = audience or (login.audience if login else "")
    source = chosen_source(token_from, token_option, known, login)
    path = Path(out)
    if once:
        token = source.token()
        write_token(path, token)
        if as_json:
            say_json({"file": out, "expires_at": expiry_text(token)})
        return
    with stopping() as stop:
        keep_fresh(path, _Stoppable(source, stop), stop.wait, say_aside)
