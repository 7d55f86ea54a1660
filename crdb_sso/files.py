"""Files that are replaced in one step: whoever reads one gets the old text or the new one."""

import errno
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

FOR_OWNER = 0o600
FOR_EVERYBODY = 0o644


def reason_of(error: Exception, otherwise: str = "") -> str:
    """Return why a file can't be used, or a program started, in words that repeat no text of it.

    Args:
        error: What was raised; one of the system has words, and others may repeat what was given.
        otherwise: What to say where the system has no words; by default the type of the error.
    """
    said = error.strerror if isinstance(error, OSError) else ""
    return said or otherwise or type(error).__name__


def replace_file(path: Path, text: str, mode: int) -> None:
    """Write a file; after a crash, too, it has the old text or the new one.

    Args:
        path: The file; its folder exists. A symbolic link to it stays.
        text: Its new content.
        mode: Its new mode, e.g. FOR_OWNER.

    Raises:
        OSError: It can't be written, or is a device or the like; what was there is unchanged.
    """
    target = _target(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mode 0600
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            fresh.chmod(mode)
            os.fsync(file.fileno())
        fresh.replace(target)
    finally:
        with suppress(FileNotFoundError):  # it was moved
            fresh.unlink()


def _target(path: Path) -> Path:
    """Return the file behind links: a regular one, or one that is not there yet.

    Raises:
        OSError: It is something else, or its links lead nowhere.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:  # anything else, such as a loop of links, is for the caller
        return Path(os.path.realpath(path))
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return Path(os.path.realpath(path))
