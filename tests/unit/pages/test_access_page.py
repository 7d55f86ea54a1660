"""The page of `crdb-sso access --html`: what it says, and that nothing on it can do anything."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.privileges import Privilege
from crdb_sso.crdb.settings import Setting
from crdb_sso.pages.access_page import access_page
from crdb_sso.pages.diagram import diagram
from crdb_sso.pages.remarks import Remark, remarks_on
from crdb_sso.registry.claims import Entry, Kind
from crdb_sso.verdict.access.narrowing import About
from crdb_sso.verdict.access.views import AccessView, Account
from crdb_sso.verdict.access.ways_in import How, Obstacle, WayIn, ways_in
from crdb_sso.verdict.access.whose import Origin, Whose
from crdb_sso.verdict.cluster.views import ClusterView
from tests.unit.pages.sample_access import NOW, REMARKS, page, view

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "</text></svg><svg onload=alert(1)>",
    "</title></style><style>*{display:none}</style>",
    '" autofocus onfocus="alert(1)',
    "' onclick='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "--><!--",
    "]]><x>",
    "a\u202eb\u2066c\x00\x1b[2J\ud800",
)


class Parsed(HTMLParser):
    """The elements of a page with their attributes' names, and its texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.others: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.attributes.extend((tag, name, value or "") for name, value in attrs)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)


def page_of(texts: Sequence[str]) -> str:
    """A page with some texts in all places that take one."""
    issuer, subject, user, role, right, owner, source, version, claim, unseen, word = texts
    account = Account(
        roles=frozenset({role}), rights=(Privilege(right),), last_login=NOW, provision_source=source
    )
    whose = Whose(Origin.FOUND, (owner,))
    way = WayIn(issuer, How.PATTERN, subject, user, user, 1, whose, whose, account)
    ways = (
        way,
        replace(way, how=How.NAME, account=None, line=0),
        replace(way, obstacles=(Obstacle.NO_LOGIN,), line=2, is_made=True),
    )
    seen = AccessView(ClusterView(version, {Setting.CLAIM.value: claim}, {}), unseen=(unseen,))
    remark = Remark(word, word, word, word, (Entry(Kind.ISSUER, issuer),))
    about = About(word, word, word)
    return access_page(seen, ways, about, now=NOW, remarks=(remark,))


PLACES = 11
HARMLESS = Parsed(page_of(["x"] * PLACES))


@given(
    st.lists(
        st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1)), min_size=PLACES, max_size=PLACES
    )
)
def test_no_value_opens_a_tag_or_adds_an_attribute(texts):
    # a version that can't be read adds a sentence, so it is the same odd one in both
    found = Parsed(page_of([*texts[:7], "x", *texts[8:]]))

    assert found.elements == HARMLESS.elements
    assert found.others == HARMLESS.others


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_shown_as_it_is(text):
    printed = page_of([text] * PLACES)
    parsed = Parsed(printed)

    printed.encode()
    assert parsed.elements == HARMLESS.elements
    told = text.encode("unicode_escape").decode() if "\0" in text else text
    assert sum(told in said for said in parsed.texts) >= PLACES
    assert "alert(1)" not in "".join(
        value for tag, name, value in parsed.attributes if (tag, name) != ("meta", "content")
    )


def test_nothing_but_the_styles_and_the_script_of_the_page_may_run():
    printed = page()
    (policy,) = re.findall(
        r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', printed
    )
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))

    for directive, element in (("style-src", "style"), ("script-src", "script")):
        ((text),) = re.findall(rf"<{element}>(.*?)</{element}>", printed, re.DOTALL)
        digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert allowed.pop(directive) == f"'sha256-{digest}'"
    assert allowed == {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}


def test_the_policy_comes_before_anything_it_governs():
    head = page().partition("<style>")[0]

    assert re.findall(r"<(\w+)", head) == [
        *("html", "head", "meta", "meta", "meta", "meta", "meta", "meta", "title")
    ]
    assert head.index("charset") < head.index("Content-Security-Policy") < head.index("viewport")


def test_the_page_needs_nothing_from_elsewhere_and_has_no_inline_style_or_handler():
    for tag, name, value in Parsed(page()).attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in ("src", "style", "srcset", "data", "action")
        assert name not in ("href", "xlink:href") or value.startswith("#")


def test_each_way_is_a_row_with_its_findings_beside_it():
    printed = page()
    rows = re.findall(r'<tr id="way-\d+".*?</tr>', printed, re.DOTALL)

    assert len(rows) == 13
    (github,) = [row for row in rows if "refs\\/heads" in row]
    assert 'class="works admin"' in github
    assert "Whoever pushes a branch of acme/shop becomes deployer" in github
    assert "<b>11</b> of 13 ways in work" in printed
    assert "<b>1</b> of them admin" in printed


def test_without_findings_there_is_no_column_for_them():
    seen = view()
    printed = access_page(seen, ways_in(seen), About(), now=NOW)

    assert "Findings</button>" not in printed
    assert "<b>0</b> findings" in printed


def test_what_was_not_seen_and_what_was_asked_is_on_the_page():
    seen = replace(view(), unseen=("Nobody told us.",))
    printed = access_page(seen, (), About(user="kim"), now=NOW)

    assert "<li>Nobody told us.</li>" in printed
    assert "<p>Only SQL user <code>kim</code>.</p>" in printed
    assert "Nobody.</td>" in printed
    assert "<svg" not in printed


def test_so_many_ways_that_nobody_could_follow_them_are_not_drawn():
    seen = view()
    way = ways_in(seen)[0]
    ways = tuple(replace(way, line=number) for number in range(151))

    assert diagram(ways) == ""
    assert diagram(ways[:150]).startswith("<svg")
    assert "There are too many ways to draw them" in access_page(seen, ways, About(), now=NOW)


def test_every_link_of_the_diagram_leads_to_a_row_and_none_is_drawn_over_another():
    printed = page()
    links = re.findall(r'href="#(way-\d+)"', printed)
    boxes = re.findall(r'<rect x="(\S+)" y="(\S+)" width="(\S+)"', printed)

    assert links
    assert all(f'<tr id="{link}"' in printed for link in links)
    assert len(boxes) == len(set(boxes))


@pytest.mark.parametrize(
    ("entry", "lines"),
    [
        (Entry(Kind.LINE, "https://idp.example.com/ legacy-batch reports"), {7}),
        (Entry(Kind.USER, "kim"), {6}),
        (Entry(Kind.AUDIENCE, "crdb"), set()),
    ],
)
def test_a_finding_stands_beside_the_lines_issuers_and_users_that_it_is_about(entry, lines):
    remark = replace(REMARKS[0], entries=(entry,))

    assert {way.line for way in ways_in(view()) if remarks_on(way, (remark,))} == lines
