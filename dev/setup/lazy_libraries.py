"""Lets the engine that is built here load dictionaries when it needs them, not whenever it starts.

It rates passwords in one command, `pulumi config set`, with two copies of one library. Both read
their dictionaries before `main` begins: half of the time that `pulumi version` takes. They know how
to read them later too; so the build leaves out that they do it at once. If their sources are not
those that are known here, they are built as they are.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

LIBRARIES = ("github.com/ccojocar/zxcvbn-go", "github.com/nbutton23/zxcvbn-go")
_CHANGES = {
    "frequency/frequency.go": (("func init() {\n", "func Load() {\n"),),
    "matching/matching.go": (
        ("func init() {\n\tloadFrequencyList()\n}\n", ""),
        ("func loadFrequencyList() {\n", "func loadFrequencyList() {\n\tfrequency.Load()\n"),
    ),
}
_DOWNLOAD_LIMIT_S = 120.0


def lazy_libraries(go: str, module: Path, env: Mapping[str, str], folder: Path) -> list[str]:
    """Return the flags with which Go builds changed copies of the libraries.

    Args:
        go: The Go command.
        module: The folder of the go.mod and go.sum that pin the libraries.
        env: The environment for Go.
        folder: Where the copies go; made if missing.
    """
    copies = {}
    for library in LIBRARIES:
        copy = folder / library
        if _copied(go, module, env, library, copy) and _changed(copy):
            copies[library] = copy
    if not copies:
        return []
    replaced = "".join(f"replace {library} => {copy}\n" for library, copy in copies.items())
    (folder / "go.mod").write_text(f"{(module / 'go.mod').read_text()}\n{replaced}")
    shutil.copy(module / "go.sum", folder / "go.sum")
    return [f"-modfile={folder / 'go.mod'}"]


def _copied(go: str, module: Path, env: Mapping[str, str], library: str, copy: Path) -> bool:
    """Copy a library as it is pinned, downloaded if need be; tell whether there is one."""
    try:
        ran = subprocess.run(
            [go, "mod", "download", "-json", library],
            cwd=module,
            env=env,
            capture_output=True,
            check=True,
            timeout=_DOWNLOAD_LIMIT_S,
        )
        told = json.loads(ran.stdout)
        shutil.copytree(told["Dir"], copy, copy_function=shutil.copyfile)
        for place in (copy, *copy.rglob("*")):  # in Go's cache, nothing can be written
            place.chmod(0o755 if place.is_dir() else 0o644)
        shutil.copyfile(told["GoMod"], copy / "go.mod")
    except (subprocess.SubprocessError, OSError, ValueError, KeyError):
        return False  # the build will say what is wrong
    return True


def _changed(copy: Path) -> bool:
    """Change the files of a copy; tell whether they were what is known here."""
    for name, changes in _CHANGES.items():
        file = copy / name
        text = file.read_text() if file.exists() else ""
        if any(text.count(old) != 1 for old, _ in changes):
            return False
        for old, new in changes:
            text = text.replace(old, new)
        file.write_text(text)
    return True
