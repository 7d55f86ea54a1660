"""The site that `make docs` has built: whole, and without a request to another host."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from dev.site.places import pages_of, whole_nav
from tests.docs.pages import ROOT
from tests.docs.test_site import BESIDE, DOCS, SETTINGS

VARIABLE = "CRDB_SSO_TEST_SITE"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), ""
)
ASKED_BY_ITSELF = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src"}
"""What a browser asks for without a click, by element."""

pytestmark = pytest.mark.skipif(
    VARIABLE not in os.environ, reason="`make docs` builds the site, and runs this"
)


@pytest.fixture(scope="module")
def site() -> Path:
    return ROOT / os.environ[VARIABLE]


class Links(HTMLParser):
    """Collects what a page asks for by itself, and its links and anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.policy = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: text or "" for name, text in attrs}
        if tag in ASKED_BY_ITSELF and (asked := given.get(ASKED_BY_ITSELF[tag])):
            self.asked.append(asked)
        if tag == "a" and (link := given.get("href")):
            self.links.append(link)
        if "id" in given:
            self.anchors.add(given["id"])
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]


def read(site: Path) -> Iterator[tuple[Path, Links]]:
    for file in sorted(site.rglob("*.html")):
        yield file, Links(file.read_text())


def test_every_page_is_built(site: Path) -> None:
    wanted = {*pages_of(whole_nav(SETTINGS["nav"], DOCS)), *BESIDE}
    built = {re.sub("/?README.md$", "/index.md", page).lstrip("/") for page in wanted}

    missing = {page for page in built if not (site / page).with_suffix(".html").is_file()}
    assert missing == set()


def test_no_page_asks_another_host_and_its_policy_forbids_it(site: Path) -> None:
    for file, page in read(site):
        assert [asked for asked in page.asked if urlsplit(asked).netloc] == [], file
        assert page.policy.startswith("default-src 'self' file:;"), file
        assert "http" not in page.policy
        assert "*" not in page.policy
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", style.read_text()), style


def test_every_link_leads_to_a_file_and_a_heading_of_the_site(site: Path) -> None:
    anchors = {file: page.anchors for file, page in read(site)}
    for file, page in read(site):
        if file.name == "404.html":  # is served at any address, so its links begin with a slash
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{file}: {link}"
            if parts.fragment and target in anchors:
                assert unquote(parts.fragment) in anchors[target], f"{file}: {link}"


MEASURE = (
    "<script>addEventListener('load', () => { const page = document.documentElement;"
    " document.title = [page.scrollWidth <= innerWidth,"
    " document.querySelectorAll('h1').length].join(' '); });</script>"
)


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium to look at pages with")
@pytest.mark.parametrize("width", [500, 1400])
@pytest.mark.parametrize("page", ["index", "quick-start", "components", "operations/index"])
def test_no_part_of_a_page_lies_beyond_the_edge(
    site: Path, tmp_path: Path, page: str, width: int
) -> None:
    copy = tmp_path / "site"
    shutil.copytree(site / "assets", copy / "assets")
    shutil.copytree(site / "stylesheets", copy / "stylesheets")
    file = copy / f"{page}.html"
    file.parent.mkdir(exist_ok=True)
    text = (site / f"{page}.html").read_text()
    file.write_text(text.replace("</body>", f"{MEASURE}</body>"))
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'x'}")

    shown = subprocess.run(
        [CHROMIUM, *options, f"--window-size={width},900", "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert "<title>true 1</title>" in shown.stdout
