"""Each issuer has a page of one form, with the example's program and what the cluster refuses."""

import pytest
import yaml  # type: ignore[import-untyped] # ships no types

from tests.docs.pages import ROOT, code_blocks, links, tokens
from tests.support.issuers import ROWS, Row

SECTIONS = [
    "The token",
    "The program",
    "Where the workload gets its token",
    "What is refused, and why",
    "Pitfalls",
]
LONGEST_LINES = 100


def page_of(row: Row) -> str:
    return f"docs/issuers/{row.name}.md"


def headings(page: str) -> list[str]:
    found = list(tokens(page))
    starts = [i for i, one in enumerate(found) if one.type == "heading_open" and one.tag == "h2"]
    return [found[i + 1].content for i in starts]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_page_has_the_one_form_and_the_program_of_its_example(row: Row) -> None:
    page = page_of(row)
    text = (ROOT / page).read_text()
    program = (ROOT / "examples/issuers" / row.name / "__main__.py").read_text()

    assert headings(page) == SECTIONS
    assert code_blocks(page, "python") == [program]
    assert len(text.splitlines()) <= LONGEST_LINES


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_page_names_what_is_refused_in_the_servers_words(row: Row) -> None:
    text = (ROOT / page_of(row)).read_text()
    refused = text.partition("## What is refused")[2].partition("## Pitfalls")[0]
    lines = [line.split(" | ") for line in refused.splitlines() if line.startswith("| ")][1:]

    said = [(line[0].removeprefix("| "), line[1]) for line in lines]
    assert said == [(miss.what, f"`{miss.message}`") for miss in row.misses]
    assert all(len(line[2]) > len(" |") for line in lines)


def test_the_workflow_for_github_is_a_whole_one() -> None:
    (text,) = code_blocks("docs/issuers/github.md", "yaml")
    workflow = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - texts only: `on` is not a boolean
    (job,) = workflow["jobs"].values()
    actions = [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step]
    (install, login) = [step["run"] for step in job["steps"] if "run" in step]

    assert workflow["on"]
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}
    assert job["runs-on"] == "ubuntu-latest"
    assert actions == ["actions/checkout", "actions/checkout", "actions/setup-python"]
    assert install == "pip install './crdb-sso[workload-ci]'"
    assert login.startswith("crdb-sso connect app_migrations --connect connect.json --ca-file")


def test_the_index_leads_to_every_page_beside_it() -> None:
    beside = {file.name for file in (ROOT / "docs/issuers").glob("*.md")} - {"index.md"}

    assert {f"{row.name}.md" for row in ROWS} <= beside
    assert beside <= {link.partition("#")[0] for link in links("docs/issuers/index.md")}
