"""A property is named once, in its row: a mistyped name elsewhere would read nothing, silently."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from crdb_sso import provider
from crdb_sso.provider import inputs, issuer_keys

NAMES = frozenset(
    row.name
    for rows in (
        inputs.INPUTS,
        inputs.OUTPUTS,
        inputs.SOURCE,
        inputs.LOGIN,
        inputs.IDENTITY,
        issuer_keys.INPUTS,
        issuer_keys.OUTPUTS,
    )
    for row in rows
)
FILES = sorted(Path(provider.__file__).parent.glob("*.py"))


def raw_names(tree: ast.AST) -> Iterator[str]:
    """Yield texts by which something is looked up, made or compared."""
    for node in ast.walk(tree):
        found: list[ast.expr | None] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found = [*node.args[:1]] if node.func.attr in ("get", "pop", "setdefault") else []
        elif isinstance(node, ast.Subscript):
            found = [node.slice]
        elif isinstance(node, ast.Dict):
            found = list(node.keys)
        elif isinstance(node, ast.Compare):
            found = [node.left, *node.comparators]
        yield from (
            one.value
            for one in found
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_is_looked_up_by_a_text_that_names_a_property(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))

    assert sorted(NAMES & set(raw_names(tree))) == []


def test_a_name_is_found_however_it_is_used() -> None:
    assert {"sources", "mode", "owner"} <= set(
        raw_names(ast.parse('a.get("sources"), b["mode"], {"owner": 1}'))
    )
