"""What a shell needs so that `pulumi` works in this project: the lines of `make env`."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

LOCAL_PASSPHRASE = "crdb-sso-local"  # noqa: S105 - guards the file backend of a trial, as its name says


def tools_folder(root: Path) -> Path:
    """Return where the set-up puts an engine that it downloads or builds."""
    return root / ".tools" / "bin"


def engine_path(root: Path, inherited_path: str) -> str:
    """Return a PATH with the project's Python and engine first, each folder once."""
    ours = [str(root / ".venv" / "bin"), str(tools_folder(root))]
    theirs = [folder for folder in inherited_path.split(os.pathsep) if folder not in ours]
    return os.pathsep.join([*ours, *theirs])


def engine_environment(root: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a person needs in addition to the inherited ones.

    Plugins are downloaded when a program uses them. Without the last variable, the engine would
    download those of all installed packages, whatever the program uses.

    Args:
        root: The project folder.
        inherited: The current environment. A passphrase in it is kept.

    Returns:
        The variables by name: PATH, a file backend and a Pulumi home inside the project folder.
    """
    state = root / ".state"
    variables = {
        "PATH": engine_path(root, inherited.get("PATH", os.defpath)),
        "PULUMI_BACKEND_URL": f"file://{state / 'pulumi'}",
        "PULUMI_HOME": str(state / "pulumi-home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_OPTION_SKIP_PLUGIN_PRE_INSTALL": "true",
    }
    if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & set(inherited):
        variables["PULUMI_CONFIG_PASSPHRASE"] = LOCAL_PASSPHRASE
    return variables


def closed_environment(root: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the same for tests, demos and benchmarks: missing plugins are not downloaded."""
    no_downloads = {"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}
    return engine_environment(root, inherited) | no_downloads


def shell_lines(variables: Mapping[str, str]) -> str:
    """Return lines that set these variables in a POSIX shell."""
    return "".join(f"export {name}={shlex.quote(text)}\n" for name, text in variables.items())


def make_folders(root: Path) -> None:
    """Make the folders that the variables name; Pulumi refuses a missing file backend."""
    for name in ("pulumi", "pulumi-home"):
        (root / ".state" / name).mkdir(parents=True, exist_ok=True)
