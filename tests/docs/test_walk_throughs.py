"""The walk-throughs of CONTRIBUTING name files that exist, and what stands in them."""

import re
from collections.abc import Iterator

import pytest

from tests.docs.pages import ROOT

MOST_FILES = {
    "To add a setting of the cluster": 4,
    "To add a configuration key": 5,
    "To add a guard": 2,
    "To add a line for people": 1,
    "To support a new version of CockroachDB": 2,
}
NAMED_IN_CODE = {
    "To add a setting of the cluster": r"\bCUSTOM_CA\b|\bKind\.CA\b",
    "To add a configuration key": r"auto_provisioning|AUTO_PROVISIONING|\bPROVISIONING\b",
}
"""How the product names the case that a walk-through follows."""

PRODUCT = ("crdb_sso", "components")
PROGRAM = ("__main__.py", "stack_config.py", "stack_identities.py", "stack_keys.py")


def walk_through(heading: str) -> str:
    """Return the text below a heading of CONTRIBUTING."""
    page = (ROOT / "CONTRIBUTING.md").read_text()
    _, _, behind = page.partition(f"### {heading}\n")
    return re.split(r"^##", behind, maxsplit=1, flags=re.MULTILINE)[0]


def steps(heading: str) -> dict[str, list[str]]:
    """Return what a walk-through says of each file that it lists: all that stands in backticks."""
    found = re.findall(
        r"^\d+\. `([^`]+)`: (.*?)(?=^\d+\. |^\n|\Z)",
        walk_through(heading),
        re.MULTILINE | re.DOTALL,
    )
    return {file: re.findall(r"`([^`]+)`", said) for file, said in found}


def product_files() -> Iterator[str]:
    for folder in PRODUCT:
        yield from (f.relative_to(ROOT).as_posix() for f in (ROOT / folder).rglob("*.py"))
    yield from PROGRAM


@pytest.mark.parametrize(("heading", "most"), MOST_FILES.items())
def test_a_walk_through_is_short(heading: str, most: int) -> None:
    assert 1 <= len(steps(heading)) <= most


@pytest.mark.parametrize("heading", MOST_FILES)
def test_each_file_of_a_walk_through_holds_what_is_said_of_it(heading: str) -> None:
    for file, names in steps(heading).items():
        text = (ROOT / file).read_text()
        for name in names:
            assert name in text or (ROOT / name).exists() or name == "make fix", (file, name)


@pytest.mark.parametrize(("heading", "pattern"), NAMED_IN_CODE.items())
def test_no_other_file_of_the_product_names_the_case(heading: str, pattern: str) -> None:
    naming = {file for file in product_files() if re.search(pattern, (ROOT / file).read_text())}
    said = set(re.findall(r"`([\w/]+\.py)`", walk_through(heading)))

    assert naming - said == set()
    assert {file for file in steps(heading) if file.endswith(".py")} <= naming
