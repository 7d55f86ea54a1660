"""Somebody who follows a page: with Python, Pulumi and a copy of this repository, and no more."""

import sys
from collections.abc import Iterable
from pathlib import Path

from markdown_it.token import Token

from tests.support.elsewhere import path_without_this_folder
from tests.support.wheels import PROJECT, closed_pip

REPOSITORY = "crdb-sso"
"""Where it lies, beside the folder in which the page is followed."""


def environment_of_newcomer(folder: Path, *wheels: Path) -> dict[str, str]:
    """Return the variables of somebody who works in a folder below one that has the repository.

    Args:
        folder: Gets a link to the repository, their Python and their home.
        wheels: Folders with all that pip installs, as it asks no index.
    """
    (folder / REPOSITORY).symlink_to(PROJECT)
    python = folder / "python"
    python.mkdir()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (python / "python3").symlink_to(Path(sys.base_prefix) / "bin" / version)
    return {
        **closed_pip(*wheels),
        "PATH": path_without_this_folder(python),
        "HOME": str(folder / "home"),
        "PULUMI_HOME": str(folder / "home" / ".pulumi"),  # it looks up HOME elsewhere
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def script(blocks: Iterable[Token]) -> str:
    """Return blocks of a page as one script; each block with a file name becomes that file."""
    lines = ["set -eux"]
    for block in blocks:
        language, _, name = block.info.partition(" ")
        if name:
            lines.append(f"cat > {name} <<'END OF FILE'\n{block.content}END OF FILE")
        elif language == "sh":
            lines.append(block.content.rstrip())
        else:
            assert not language, block.content
    return "\n".join(lines)
