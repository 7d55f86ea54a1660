"""Files that everybody may read, as a web server serves them."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from crdb_sso.errors import InvalidInput

_FOR_EVERYBODY = 0o644


def publish(folder: str, files: Mapping[str, str]) -> None:
    """Write files; whoever reads one meanwhile gets the old text or the new one.

    Args:
        folder: Where they go; it is made if it is missing.
        files: Their texts by relative path. One that is there already with its text stays as it is.

    Raises:
        InvalidInput: One can't be written.
    """
    for path, text in files.items():
        file = Path(folder) / path
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.is_file() or file.read_bytes() != text.encode():
                _replace(file, text)
        except (OSError, ValueError) as error:
            raise InvalidInput(
                f"{os.fspath(file)!r} can't be written:"
                f" {getattr(error, 'strerror', None) or type(error).__name__}",
                hint="Give a folder that this machine may write to as `publish_to`.",
            ) from error


def _replace(file: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w") as opened:
            opened.write(text)
        fresh.chmod(_FOR_EVERYBODY)
        fresh.replace(file)
    finally:
        with suppress(FileNotFoundError):  # it was moved
            fresh.unlink()
