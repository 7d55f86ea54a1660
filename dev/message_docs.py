"""The server's messages about tokens, for the table in `docs/login-errors.md`.

They are read as text out of the judge's module: nothing of the product is imported.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

HEAD = ("The client is told", "DETAIL", "SQLSTATE", "Versions", "It means", "Look at")
_CELLS = ("message", "detail", "sqlstate", "versions", "meaning", "next_step")
_SOURCE = "crdb_sso/verdict/messages.py"
_WORDS_OF_SERVER = ("message", "detail", "sqlstate")


def rows(root: Path) -> Iterator[Sequence[str]]:
    """Yield a row of cells for each message, in the order of the module.

    Args:
        root: The folder of the project.
    """
    source = root / _SOURCE
    for node in ast.parse(source.read_text(), str(source)).body:
        value = node.value if isinstance(node, ast.Assign) else None
        if isinstance(value, ast.Call) and ast.unparse(value.func) == "Message":
            given = {one.arg: ast.literal_eval(one.value) for one in value.keywords}
            yield [_cell(name, given) for name in _CELLS]


def _cell(name: str, given: Mapping[str | None, str]) -> str:
    text = given.get(name, "")
    if name not in _WORDS_OF_SERVER or not text:
        return text
    return f"`{text.replace('{', '<').replace('}', '>')}`"
