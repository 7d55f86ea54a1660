"""Nothing of ours reads `crdb_internal` or `system`: CockroachDB 26.1 closes both by default."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

CODE = ("crdb_sso", "components", "bench", "examples", "tests/support")
"""What runs on real clusters, or is offered to people who have one."""

PAGES = ("docs", "README.md", "SECURITY.md", "CONTRIBUTING.md", "examples")

CLOSED = re.compile(r"""(?:\bcrdb_internal|(?<![\w.])"?system)"?\s*\.\s*"?[a-z_]""", re.IGNORECASE)
"""A name in one of the two: `crdb_internal.x`, `system.x`, `"system" . "x"`."""

SQL_BLOCK = re.compile(r"^\s*```sql\n(.*?)^\s*```", re.DOTALL | re.MULTILINE)


def closed_names(text: str) -> list[str]:
    """Return where a text names something closed."""
    return [found.group() for found in CLOSED.finditer(text)]


def texts_in(source: str) -> Iterator[str]:
    """Yield the texts of a Python file that are not docstrings; parts of one text stay together."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(p.value) for p in node.values if isinstance(p, ast.Constant))
        elif isinstance(node, ast.Constant) and id(node) not in alone:
            yield str(node.value)


def files(*folders: str, suffix: str) -> Iterator[Path]:
    for folder in folders:
        path = PROJECT / folder
        found = [path] if path.is_file() else sorted(path.rglob(f"*{suffix}"))
        yield from (one for one in found if one.suffix == suffix)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT crdb_internal.cluster_id()",
        "SELECT * FROM crdb_internal.cluster_settings",
        "SELECT * FROM system.settings",
        'SELECT * FROM "system"."public"."users"',
        "SELECT * FROM SYSTEM . users",
        "JOIN system.public.users AS u",
    ],
)
def test_a_closed_name_is_found(text: str) -> None:
    assert closed_names(text)


@pytest.mark.parametrize(
    "text",
    [
        "GRANT SYSTEM MODIFYCLUSTERSETTING TO ops",
        "SELECT * FROM [SHOW SYSTEM GRANTS]",
        "SELECT * FROM pg_catalog.pg_roles",
        "ecosystem.users",
        "crdb_internal_x",
    ],
)
def test_other_names_are_not(text: str) -> None:
    assert not closed_names(text)


def test_texts_of_a_python_file_are_looked_at_without_its_docstrings() -> None:
    source = '"""Not system.users."""\nX = f"{a} FROM system.{b} x" "y"\nY = ("SELECT "\n"1")\n'

    assert [text for text in texts_in(source) if text.strip()][:2] == [
        " FROM system. xy",
        "SELECT 1",
    ]


def test_no_statement_of_ours_names_anything_closed() -> None:
    helpers = [p for p in files("tests/contract", suffix=".py") if not p.match("test_*")]
    python = [*files(*CODE, suffix=".py"), *helpers]
    found = {
        str(path.relative_to(PROJECT)): names
        for path in python
        if (names := [n for text in texts_in(path.read_text()) for n in closed_names(text)])
    }

    assert len(python) > 100
    assert found == {}


def test_no_sql_file_of_ours_names_anything_closed() -> None:
    found = [p for p in files(*CODE, suffix=".sql") if closed_names(p.read_text())]

    assert found == []


def test_no_statement_on_a_page_names_anything_closed() -> None:
    pages = {path: SQL_BLOCK.findall(path.read_text()) for path in files(*PAGES, suffix=".md")}

    assert any(pages.values())
    assert [p for p, blocks in pages.items() if any(map(closed_names, blocks))] == []
