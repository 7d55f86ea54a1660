"""Where a file of this repository is on the site, and in which order pages are listed.

Everything below docs/ is at the same path on the site. Whatever else a page links to is on it too,
below `repository/`: pages as they are, other files and folders as pages that show them.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

DOCS = "docs/"
REPOSITORY = "repository/"
SHOWN = ".shown.md"

Nav: TypeAlias = "list[str | dict[str, Nav | str]]"

_LINK = re.compile(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
_FENCE = re.compile(r"^( *)(`{3,})(\w+) ([^`=\n]+)$", re.MULTILINE)


def uri_on_site(path: str, root: Path) -> str:
    """Return the address on the site, as the source of a page, of a path in the repository."""
    for index in ("index.md", "README.md"):
        if (root / path / index).is_file():
            path = posixpath.join(path, index)
    if path.startswith(DOCS):
        return path.removeprefix(DOCS)
    return REPOSITORY + (path if path.endswith(".md") else path + SHOWN)


def path_of_page(uri: str) -> str:
    """Return the path in the repository of a page of the site."""
    if uri.startswith(REPOSITORY):
        return uri.removeprefix(REPOSITORY).removesuffix(SHOWN)
    return DOCS + uri


def target_of_link(page: str, link: str) -> str | None:
    """Return the path in the repository that a link of a page leads to; None if it leads out."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc or not parts.path:
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path)))


@dataclass(frozen=True)
class Added:
    """A page beside those of docs/.

    Attributes:
        uri: Its address on the site.
        text: What is on it.
    """

    uri: str
    text: str


def pages_beside_docs(root: Path) -> Iterator[Added]:
    """Yield all that pages link to outside of docs/, and what these pages link to."""
    left = [file.relative_to(root).as_posix() for file in sorted((root / DOCS).rglob("*.md"))]
    seen = set(left)
    while left:
        page = left.pop()
        text = (root / page).read_text("utf-8")
        if not page.startswith(DOCS):
            yield Added(uri_on_site(page, root), text)
        for target in filter(None, (target_of_link(page, link) for link in _LINK.findall(text))):
            path = path_of_page(uri_on_site(target, root))
            if path in seen or path.startswith((DOCS, "..")) or not (root / path).exists():
                continue
            seen.add(path)
            if path.endswith(".md"):
                left.append(path)
            else:
                yield Added(uri_on_site(path, root), _shown(path, root / path))


def _shown(path: str, file: Path) -> str:
    """Return a page that shows a file, or lists a folder; searches leave it out."""
    if file.is_dir():
        listed = sorted(entry.name for entry in file.iterdir() if entry.name != "__pycache__")
        language, content = "", "\n".join(listed)
    else:
        language, content = PurePosixPath(path).suffix.lstrip("."), file.read_text("utf-8")
    longest = max(map(len, re.findall(r"`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return (
        f"---\ntitle: {path}\nsearch:\n  exclude: true\n---\n\n# `{path}`\n\n"
        f"{fence}{language}\n{content.rstrip()}\n{fence}\n"
    )


def with_titles(text: str) -> str:
    """Return a page whose blocks show the name that follows their language: a file, a purpose."""
    return _FENCE.sub(r'\1\2\3 title="\4"', text)


def whole_nav(nav: Nav, docs: Path) -> Nav:
    """Return the navigation with `folder/*` replaced by the pages of that folder.

    The index of a folder comes first, then its other pages in the order in which the index links
    to them, and by name. A folder that is not there leaves no trace.
    """
    whole: Nav = []
    for entry in nav:
        if isinstance(entry, str):
            whole += _pages_in(docs, entry.removesuffix("/*")) if entry.endswith("/*") else [entry]
            continue
        for title, below in entry.items():
            if isinstance(below, str):
                whole.append({title: below})
            elif inner := whole_nav(below, docs):
                whole.append({title: inner})
    return whole


def _pages_in(docs: Path, folder: str) -> list[str]:
    names = sorted(file.name for file in (docs / folder).glob("*.md"))
    index = docs / folder / "index.md"
    linked = _LINK.findall(index.read_text("utf-8")) if index.is_file() else []
    order = ["index.md", *(link.partition("#")[0] for link in linked), *names]
    return [f"{folder}/{name}" for name in dict.fromkeys(order) if name in names]


def pages_of(nav: Nav) -> Iterator[str]:
    """Yield the pages of a navigation, in order."""
    for entry in nav:
        if isinstance(entry, str):
            yield entry
            continue
        for below in entry.values():
            yield from [below] if isinstance(below, str) else pages_of(below)
