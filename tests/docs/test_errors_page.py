"""The page of errors has a row for each guard, and says where it is."""

import re

from crdb_sso.plan.guards import GUARDS
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/errors.md").read_text()
SECTION = PAGE.partition("\n## Guards\n")[2].partition("\n## ")[0]


def places(heading: str) -> list[str]:
    """Return what the last column says of each row of the table below a line."""
    lines = SECTION.partition(f"\n{heading}")[2].partition("\n| Guard |")[2].splitlines()[2:]
    end = next((i for i, line in enumerate(lines) if not line.startswith("|")), len(lines))
    return [place for line in lines[:end] for place in line.split("|")[-2].split(",")]


def in_code(text: str) -> str:
    (found,) = re.findall(r"`([^`]+)`", text)
    return str(found)


def test_each_guard_has_a_row_and_each_row_a_guard() -> None:
    listed = [check.__module__.rpartition(".")[2] for check in GUARDS]
    rows = {in_code(place) for place in (*places("Conflicts"), *places("Changes"))}

    assert listed[0] == "missing_settings"  # whose error is another one, said above the tables
    assert "`missing_settings`, which raises `UnsupportedVersion`" in SECTION
    assert sorted(rows) == sorted(listed[1:])


def test_what_is_refused_as_it_is_read_is_where_the_page_says() -> None:
    files = [ROOT / in_code(place) for place in places("And what can't be read safely")]

    assert len(files) >= 5
    assert [file for file in files if "GuardRefused(" not in file.read_text()] == []
