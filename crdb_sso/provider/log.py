"""The log of a run: what people are told, without secrets and harmless to a terminal.

Which texts are secrets is known while a method of the provider, or a rule of a component, runs:
`keeping` says so.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pulumi

from crdb_sso.preview.masking import masked
from crdb_sso.printing import printable, printable_lines

_SECRETS: ContextVar[Collection[str]] = ContextVar("texts that are not shown", default=())


@contextmanager
def keeping(secrets: Collection[str]) -> Iterator[None]:
    """Show none of some texts until the end."""
    token = _SECRETS.set(secrets)
    try:
        yield
    finally:
        _SECRETS.reset(token)


def info(*lines: str) -> None:
    """Say something, in one or more lines."""
    pulumi.log.info(without_secrets("\n".join(map(printable, lines))))


def warn(text: str) -> None:
    """Warn of something; the line ends in the text stay."""
    pulumi.log.warn(without_secrets(text))


_SAID: dict[str, frozenset[str]] = {}
"""What a preview has said about each owner, right before the change itself."""


def note(owner: str, lines: Collection[str]) -> None:
    """Remember what was said about an owner: an `up` previews each change, and then makes it."""
    _SAID[owner] = frozenset(lines)


def news(owner: str, lines: Iterable[str]) -> list[str]:
    """Return the lines that were not said about an owner right before."""
    return [line for line in lines if line not in _SAID.get(owner, ())]


def without_secrets(text: str) -> str:
    """Return a text as people may see it; its line ends stay."""
    return printable_lines(masked(text, _SECRETS.get()))
