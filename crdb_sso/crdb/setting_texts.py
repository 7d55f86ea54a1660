"""Texts of settings as entries, each read by the format in its row (see `crdb_sso.crdb.formats`).

An error names the setting as the cluster does, and says what to do.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from crdb_sso.crdb.formats.base import Parts
from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.unreadable import UnreadableTextError
from crdb_sso.errors import GuardRefused


def text_before(setting: Setting, found: str | None) -> str:
    """Return the text of a setting before its first claim; None stands for its default."""
    return setting.spec.default if found is None else found


def read(setting: Setting, text: str, name: str = "") -> Parts:
    """Take a setting's text apart.

    Args:
        setting: Which setting the text is of.
        text: Its value.
        name: The name this cluster has for it, for errors.

    Raises:
        GuardRefused: The text can't be merged safely.
    """
    with _named(name or setting.value):
        return setting.spec.format.read(text)


def entries(setting: Setting, text: str, name: str = "") -> dict[str, str]:
    """Return the raw slice of each named entry; the first one counts, as on the cluster.

    Args:
        setting: Which setting the text is of.
        text: Its value.
        name: The name this cluster has for it, for errors.

    Raises:
        GuardRefused: The text can't be merged safely.
    """
    found: dict[str, str] = {}
    for entry, raw in read(setting, text, name).items:
        if entry:
            found.setdefault(entry, raw)
    return found


def agrees(setting: Setting, raw: str, text: str) -> bool:
    """Tell whether a live raw slice means the same as `text`, an entry of ours."""
    return setting.spec.format.agrees(raw, text)


def spliced(setting: Setting, text: str, put: Mapping[str, str], drop: Collection[str]) -> str:
    """Return the text with the entries of `put` in it and those of `drop` gone.

    Args:
        setting: Which setting the text is of.
        text: Its live value.
        put: Text by entry; one that is live and means the same is left as it is. The value of a
            scalar has the name "".
        drop: Entries; a missing one is not an error. `put` wins over `drop`.

    Raises:
        GuardRefused: The text can't be merged safely.
    """
    with _named(setting.value):
        return setting.spec.format.spliced(text, put, drop)


def may_restore(setting: Setting, text: str, found: str) -> bool:
    """Tell whether the text before the first claim may come back byte for byte.

    Args:
        setting: Which setting the texts are of.
        text: What is left of it after the last claim is gone.
        found: Its text before the first claim, as the claim tables say.

    Raises:
        GuardRefused: What is left can't be merged safely.
    """
    with _named(setting.value):
        setting.spec.format.read(text)
    try:
        return setting.spec.format.may_restore(text, found)
    except UnreadableTextError:
        return False


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except UnreadableTextError as exc:
        raise GuardRefused(
            f"the live value of {name} can't be read: {exc}",
            hint="Look at it with SHOW CLUSTER SETTING, fix it by hand, then run again; nothing"
            " was written.",
        ) from exc
