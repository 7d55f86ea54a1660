"""Lets the engine that is built here load dictionaries when it needs them, not whenever it starts.

It rates passwords in one command, `pulumi config set`, with two copies of one library. Both read
their dictionaries before `main` begins: half of the time that `pulumi version` takes. They know how
to read them later too; so the build leaves out that they do it at once. If their sources are not
those that are known here, they are built as they are.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
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
    """Return the flags with which Go builds the changed files instead of the libraries' own.

    Args:
        go: The Go command.
        module: The folder of the go.mod that pins the libraries.
        env: The environment for Go.
        folder: Where the changed files go; made if missing.
    """
    instead: dict[str, str] = {}
    for library in LIBRARIES:
        if source := _source(go, module, env, library):
            changed = dict(_changed(source, folder / Path(library).parent.name))
            if len(changed) == len(_CHANGES):  # all or none: they call each other
                instead |= changed
    if not instead:
        return []
    overlay = folder / "overlay.json"
    overlay.write_text(json.dumps({"Replace": instead}))
    return [f"-overlay={overlay}"]


def _source(go: str, module: Path, env: Mapping[str, str], library: str) -> Path | None:
    """Return the folder of a library's sources, downloaded if need be."""
    try:
        ran = subprocess.run(
            [go, "mod", "download", "-json", library],
            cwd=module,
            env=env,
            capture_output=True,
            check=True,
            timeout=_DOWNLOAD_LIMIT_S,
        )
        return Path(json.loads(ran.stdout)["Dir"])
    except (subprocess.SubprocessError, OSError, ValueError, KeyError):
        return None  # the build will say what is wrong


def _changed(source: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Write the changed files; yield the path of each original, and that of the changed one."""
    for name, changes in _CHANGES.items():
        original = source / name
        text = original.read_text() if original.exists() else ""
        if any(text.count(old) != 1 for old, _ in changes):
            continue
        for old, new in changes:
            text = text.replace(old, new)
        changed = folder / name
        changed.parent.mkdir(parents=True, exist_ok=True)
        changed.write_text(text)
        yield str(original), str(changed)
