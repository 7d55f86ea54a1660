"""The page in headless Chromium, small and wide: its script runs, no other does, all of it fits."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.pages.sample_access import page
from tests.unit.pages.test_access_page import HOSTILE, PLACES, page_of

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), ""
)

pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="there is no Chromium to look at the page with"
)

MEASURE = (
    "<script>addEventListener('load', () => { const wide = document.documentElement;"
    " document.title = [wide.scrollWidth <= innerWidth,"
    " document.querySelectorAll('#ways tbody tr').length].join(' '); });</script>"
)


def seen(text: str, folder: Path, width: int) -> str:
    """Return the document that a browser makes of a page."""
    file = folder / "page.html"
    file.write_text(text, "utf-8")
    options = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
    )
    shown = subprocess.run(
        [CHROMIUM, *options, f"--window-size={width},900", "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return shown.stdout


def test_its_own_script_runs_under_its_policy(tmp_path: Path) -> None:
    shown = seen(page(), tmp_path, 1400)

    assert "13 of 13 shown</output>" in shown
    assert "disabled" not in shown.partition("<tbody>")[0].partition("<thead>")[2]


def test_another_script_does_not(tmp_path: Path) -> None:
    shown = seen(page().replace("</body>", f"{MEASURE}</body>"), tmp_path, 1400)

    assert "<title>Who can log in with a token</title>" in shown


@pytest.mark.parametrize("width", [500, 800, 1400])
@pytest.mark.parametrize("is_hostile", [False, True])
def test_no_part_of_it_lies_beyond_the_edge(
    tmp_path: Path, width: int, *, is_hostile: bool
) -> None:
    text = page_of(["W" * 63 + HOSTILE[0]] * PLACES) if is_hostile else page()
    open_page = re.sub(r'<meta http-equiv="Content-Security-Policy".*?>', "", text)

    shown = seen(open_page.replace("</body>", f"{MEASURE}</body>"), tmp_path, width)

    assert f"<title>true {3 if is_hostile else 13}</title>" in shown
