"""What a page links to exists."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import ROOT, anchors, links, pages


@pytest.mark.parametrize("page", pages())
def test_every_relative_link_leads_somewhere(page: str) -> None:
    for link in links(page):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = (
            ROOT / PurePosixPath(page).parent / unquote(parts.path) if parts.path else ROOT / page
        )
        assert target.exists(), f"{page}: nothing at {link}"
        assert target.resolve().is_relative_to(ROOT), f"{page}: {link} leads out of the project"
        if parts.fragment:
            heading = target.resolve().relative_to(ROOT).as_posix()
            assert parts.fragment in anchors(heading), f"{page}: no heading for {link}"


def test_every_decision_is_listed() -> None:
    records = {page.rpartition("/")[2] for page in pages() if page.startswith("docs/adr/0")}

    assert set(links("docs/adr/index.md")) == records
    for record in records:
        heading = (ROOT / "docs/adr" / record).read_text().partition("\n")[0]
        assert heading.startswith(f"# {int(record[:4])}. "), record


def test_the_readme_leads_to_every_page_in_docs_by_way_of_indexes_alone() -> None:
    listed, left = set[str](), ["README.md"]
    for index in left:
        fresh = set(linked(index)) - listed
        listed |= fresh
        left += sorted(page for page in fresh if page.endswith("/index.md"))

    assert {page for page in pages() if page.startswith("docs/")} <= listed


def linked(page: str) -> Iterator[str]:
    """Yield the pages that a page links to."""
    for link in links(page):
        path = urlsplit(link).path
        if path and not urlsplit(link).scheme:
            target = (ROOT / page).parent / path
            yield target.resolve().relative_to(ROOT).as_posix()
