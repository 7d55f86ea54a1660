"""The findings of `crdb-sso analyze`, for the table in `docs/findings.md`.

They are read as text out of the list of rules: nothing of the product is imported.
"""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

HEAD = ("Id", "Severity", "What", "Previews say it", "A stack has to accept it first")


_SOURCE = "crdb_sso/verdict/findings/__init__.py"


def rows(root: Path) -> Iterator[Sequence[str]]:
    """Yield a row of cells for each rule, in the order of the list; each id leads to its section.

    Args:
        root: The folder of the project.
    """
    source = root / _SOURCE
    for node in ast.walk(ast.parse(source.read_text(), str(source))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Rule":
            given = {one.arg: one.value for one in node.keywords}
            id_, title = (ast.literal_eval(given[name]) for name in ("id", "title"))
            severity = " or ".join(
                ast.unparse(given[name]).rpartition(".")[2].lower()
                for name in ("severity", "also")
                if name in given
            )
            said = ("yes" if name in given else "" for name in ("is_previewed", "is_refused"))
            yield f"[{id_}](#{id_.lower()})", severity, title, *said
