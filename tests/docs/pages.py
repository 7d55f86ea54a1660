"""The project's Markdown files, read with a Markdown parser."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]

_READER = MarkdownIt("commonmark").enable("table")


def pages() -> list[str]:
    """Return the project's pages by their paths; hidden folders hold what is installed."""
    folders = [ROOT, *(f for f in sorted(ROOT.iterdir()) if f.is_dir() and f.name[0] != ".")]
    found = [*ROOT.glob("*.md"), *(file for f in folders[1:] for file in f.rglob("*.md"))]
    ours = [file for file in found if "node_modules" not in file.parts]
    return sorted(file.relative_to(ROOT).as_posix() for file in ours)


def tokens(page: str) -> Iterator[Token]:
    """Yield all tokens of a page, including inline ones."""
    for token in _READER.parse((ROOT / page).read_text()):
        yield token
        yield from token.children or ()


def code_blocks(page: str, language: str = "") -> list[str]:
    """Return the blocks in a language; by default those without one, including indented ones."""
    return [block.content for block in blocks(page) if block.info.partition(" ")[0] == language]


def blocks(page: str, heading: str | None = None) -> list[Token]:
    """Return all blocks of code; only those of one section if its heading is given."""
    inside, found = heading is None, []
    before = None
    for token in tokens(page):
        if heading and before and before.type == "heading_open" and before.tag == "h2":
            inside = token.content == heading
        if inside and token.type in ("fence", "code_block"):
            found.append(token)
        before = token
    return found


def said_in_code(page: str) -> list[str]:
    """Return every line of code, and every piece of code within a sentence."""
    kinds = ("fence", "code_block", "code_inline")
    return [
        line.strip() for t in tokens(page) if t.type in kinds for line in t.content.splitlines()
    ]


def links(page: str) -> list[str]:
    """Return where a page's links and pictures lead."""
    found = [t.attrGet("href") or t.attrGet("src") for t in tokens(page)]
    return [str(target) for target in found if target]


def anchors(page: str) -> set[str]:
    """Return the names under which a page's headings can be linked to."""
    parsed = list(tokens(page))
    titles = [after.content for token, after in pairwise(parsed) if token.type == "heading_open"]
    return {
        "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")
        for title in titles
    }
