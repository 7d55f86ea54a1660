"""The site has every page, and every link of one leads to where its target is on the site."""

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # ships no types

from dev.site.places import (
    Nav,
    pages_beside_docs,
    pages_of,
    path_of_page,
    target_of_link,
    uri_on_site,
    whole_nav,
    with_titles,
)
from tests.docs.pages import ROOT, blocks, links, pages


class _Settings(yaml.SafeLoader):  # type: ignore[misc] # ships no types
    """Reads mkdocs.yml, which names functions of Python."""


_SETTINGS: Any = _Settings
_SETTINGS.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)
SETTINGS: dict[str, Any] = yaml.load((ROOT / "mkdocs.yml").read_text(), _Settings)  # noqa: S506 - it is safe
DOCS = ROOT / "docs"
ON_SITE = [*pages_of(whole_nav(SETTINGS["nav"], DOCS))]
BESIDE = {added.uri: added.text for added in pages_beside_docs(ROOT)}


def test_every_page_is_in_the_navigation_once() -> None:
    here = {page.removeprefix("docs/") for page in pages() if page.startswith("docs/")}

    assert {page for page in ON_SITE if page not in BESIDE} == here
    assert len(ON_SITE) == len(set(ON_SITE))


def test_a_folder_has_its_index_first_and_the_order_of_its_links(tmp_path: Path) -> None:
    for name in ("index", "a", "b", "c"):
        (tmp_path / "guides").mkdir(exist_ok=True)
        (tmp_path / "guides" / f"{name}.md").write_text("# x\n")
    (tmp_path / "guides" / "index.md").write_text("[c](c.md#x), [other](../d.md), [a](a.md)")
    nav: Nav = ["start.md", {"Guides": ["guides/*", "more.md"]}, {"None": ["missing/*"]}]

    whole = whole_nav(nav, tmp_path)

    guides = ["guides/index.md", "guides/c.md", "guides/a.md", "guides/b.md"]
    assert whole == ["start.md", {"Guides": [*guides, "more.md"]}]
    assert [*pages_of(whole)] == ["start.md", *guides, "more.md"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("docs/keys.md", "keys.md"),
        ("docs/images/access-wide.png", "images/access-wide.png"),
        ("docs/operations", "operations/index.md"),
        ("SECURITY.md", "repository/SECURITY.md"),
        ("tests/contract", "repository/tests/contract/README.md"),
        ("crdb_sso/errors.py", "repository/crdb_sso/errors.py.shown.md"),
        ("crdb_sso/crdb", "repository/crdb_sso/crdb.shown.md"),
    ],
)
def test_a_path_of_the_repository_has_a_place_on_the_site(path: str, uri: str) -> None:
    assert uri_on_site(path, ROOT) == uri
    assert path_of_page(uri).startswith(path)


@pytest.mark.parametrize(
    "page",
    [page for page in pages() if page.startswith("docs/") or uri_on_site(page, ROOT) in BESIDE],
)
def test_each_target_of_a_link_is_on_the_site(page: str) -> None:
    for target in filter(None, (target_of_link(page, link) for link in links(page))):
        uri = uri_on_site(target, ROOT)
        assert uri in BESIDE or (DOCS / uri).is_file(), target


def test_a_file_is_shown_whole_whatever_is_in_it() -> None:
    shown = {uri: text for uri, text in BESIDE.items() if uri.endswith(".shown.md")}

    assert "repository/Pulumi.dev.yaml.shown.md" in shown
    for uri, text in shown.items():
        path = ROOT / path_of_page(uri)
        content = path.read_text() if path.is_file() else ""
        assert content.rstrip() in text
        assert f"{path_of_page(uri)}`\n" in text


def test_blocks_show_the_name_that_follows_their_language() -> None:
    text = "```python __main__.py\nx\n```\n  ```sh a b\n  ```\n```json\n```\n````md x `y`\n````\n"

    assert with_titles(text) == (
        '```python title="__main__.py"\nx\n```\n  ```sh title="a b"\n  ```\n'
        "```json\n```\n````md x `y`\n````\n"
    )


def test_the_first_page_says_what_it_is_for_whom_and_what_to_type() -> None:
    first, _, rest = (DOCS / "index.md").read_text().partition("\n## ")

    for question in ("What is it?", "Is it for me?", "What do I type?"):
        assert f"**{question}**" in first
        assert question not in rest
    assert len(first.splitlines()) <= 40
    assert "(quick-start.md)" in first


def test_the_picture_on_the_first_page_is_that_of_the_readme() -> None:
    assert blocks("docs/index.md")[0].content == blocks("README.md")[0].content
