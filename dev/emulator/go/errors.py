"""The errors of the server's Go libraries, whose texts reach the client."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class GoError(ValueError):
    """A Go library refuses a text or a token; the message is that library's."""


@contextmanager
def wrapping(what: str) -> Iterator[None]:
    """Put `what` and a colon in front of the message of a `GoError` raised inside."""
    try:
        yield
    except GoError as exc:
        raise GoError(f"{what}: {exc}") from exc
