"""What mkdocs calls while it builds the site (`hooks` of mkdocs.yml).

It runs in an environment that has mkdocs and nothing else of this project's packages.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from markdown import Extension, Markdown
from markdown.treeprocessors import Treeprocessor
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from dev.site import places  # noqa: E402 - mkdocs loads this file by its path

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page


class _Links(Treeprocessor):
    """Lets links lead to where a file is on the site; mkdocs judges them afterwards."""

    page = ""

    def run(self, root: Element) -> None:
        """Rewrite each link of a page."""
        for element in root.iter():
            for name in ("href", "src"):
                if link := element.get(name):
                    element.set(name, self._on_site(link))

    def _on_site(self, link: str) -> str:
        path = places.target_of_link(self.page, link)
        if path is None or not (ROOT / path).exists():
            return link
        parts = urlsplit(link)
        uri = quote(places.uri_on_site(path, ROOT))
        return urlunsplit(("", "", f"/{uri}", parts.query, parts.fragment))


class _LinksExtension(Extension):
    """Registers `_Links` before the links of mkdocs itself, which have priority 0."""

    links = _Links()

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown calls it so
        """Put the links in their place in the order."""
        md.treeprocessors.register(self.links, "repository_links", 5)


_EXTENSION = _LinksExtension()


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the pages of folders in the navigation."""
    config.nav = places.whole_nav(config.nav or [], Path(config.docs_dir))
    config.markdown_extensions.append(_EXTENSION)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what pages link to outside of docs/."""
    for added in places.pages_beside_docs(ROOT):
        files.append(File.generated(config, added.uri, content=added.text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Remember whose links come next, and show the names of blocks."""
    del config, files
    _EXTENSION.links.page = places.path_of_page(page.file.src_uri)
    return places.with_titles(markdown)
