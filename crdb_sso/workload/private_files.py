"""Files that only their owner may read, replaced in one step."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a file with mode 0600; whoever reads it meanwhile gets the old text or the new one.

    Args:
        path: The file; a symbolic link to it stays.
        text: Its new content.

    Raises:
        OSError: It can't be written; what was there is unchanged.
    """
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mode 0600
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    finally:
        with suppress(FileNotFoundError):  # it was moved
            fresh.unlink()
