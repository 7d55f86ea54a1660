"""Files that everybody may read, as a web server serves them."""

import os
from collections.abc import Mapping
from pathlib import Path

from crdb_sso.errors import InvalidInput
from crdb_sso.files import FOR_EVERYBODY, reason_of, replace_file


def publish(folder: str, files: Mapping[str, str]) -> None:
    """Write files; whoever reads one meanwhile gets the old text or the new one.

    Args:
        folder: Where they go; it is made if it is missing. Symbolic links stay.
        files: Their texts by relative path. One that is there already with its text stays as it is.

    Raises:
        InvalidInput: One can't be written.
    """
    for path, text in files.items():
        file = Path(folder) / path
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.is_file() or file.read_bytes() != text.encode():
                replace_file(file, text, FOR_EVERYBODY)
        except (OSError, ValueError) as error:
            raise InvalidInput(
                f"{os.fspath(file)!r} can't be written: {reason_of(error)}",
                hint="Give a folder that this machine may write to as `publish_to`.",
            ) from error
