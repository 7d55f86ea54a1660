"""Every command of the guide is run by a test, or the page says why not.

A block of commands is either of a place in `RUN`, or has a comment right above it:

    <!-- not run: the reason -->
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from markdown_it.token import Token

from tests.docs.pages import ROOT, anchor_of, pages, parse

SHELLS = {"sh", "bash", "shell", "console", "zsh"}
PROGRAMS = (
    *("crdb-sso", "pulumi", "make", "pip", "python", "python3", "psql", "cockroach", "curl"),
    *("export", "cat", "cd", "kubectl", "git", "docker", "gcloud", "az", "aws", "vault", "$", "."),
)
"""Blocks without a language that begin so are commands too."""

MARK = "<!-- not run: "


@dataclass(frozen=True)
class Run:
    """Blocks that a test runs.

    Attributes:
        test: The file and name of the test.
        starts: How each of the blocks begins; none means all of the place, also those to come.
    """

    test: str
    starts: Sequence[str] = ()


TYPED = "tests/workload/test_language_pages.py::test_a_page_says_what_the_test_types"
CLIENTS = "tests/workload/test_clients_for_people.py::"
SHOWN = "tests/workload/test_language_pages.py::test_what_is_shown_is_the_file"
GUIDE_PAGES = "tests/cli/test_guide_pages.py::"
SELF_MINTED = (
    "tests/examples/test_self_minted.py"
    "::test_services_log_in_with_tokens_that_they_sign_before_and_after_a_rotation"
)
RUN = {
    "README.md#use-it-on-a-real-cluster": [
        Run("tests/package/test_readme.py::test_every_line_works_and_the_login_opens")
    ],
    "docs/quick-start.md": [
        Run("tests/package/test_quick_start.py::test_every_command_works_and_the_workload_logs_in")
    ],
    "docs/operations/": [
        Run("tests/cli/test_operations.py::test_every_page_is_followed_by_a_test")
    ],
    "docs/sharing.md#who-needs-what": [Run(f"{GUIDE_PAGES}test_what_sharing_says_of_claims")],
    "docs/sharing.md#two-stacks-with-one-name": [
        Run(f"{GUIDE_PAGES}test_what_sharing_says_of_claims")
    ],
    "docs/sharing.md#a-stack-that-is-gone-without-destroy": [
        Run(f"{GUIDE_PAGES}test_what_sharing_says_of_claims")
    ],
    "docs/sharing.md#operators-who-are-not-admins": [
        Run(f"{GUIDE_PAGES}test_what_sharing_says_of_operators")
    ],
    "docs/adopt.md#adopting-a-cluster-that-was-set-up-by-hand": [
        Run(f"{GUIDE_PAGES}test_adopting_prints_a_program_and_its_configuration")
    ],
    "docs/cli.md#explain-a-login": [Run(f"{GUIDE_PAGES}test_explaining_a_login")],
    "docs/issuers/self-minted.md": [
        Run(SELF_MINTED, ("umask 077", "pulumi stack output", "pulumi config set rotation"))
    ],
    "docs/workloads/django.md": [Run(TYPED, ("cd examples/workloads/django",))],
    "docs/workloads/go.md": [Run(TYPED, ("cd examples/workloads/go",))],
    "docs/workloads/java.md": [Run(TYPED, ("cd examples/workloads/java",))],
    "docs/workloads/node.md": [Run(TYPED, ("cd examples/workloads/node",))],
    "docs/workloads/psql.md": [
        Run(TYPED, ("cd examples/workloads/psql",)),
        Run(f"{CLIENTS}test_the_commands_of_the_page_open_a_client", ("crdb-sso connect",)),
        Run(SHOWN, ("#!/bin/sh",)),
    ],
    "docs/workloads/gui.md": [
        Run(f"{CLIENTS}test_a_url_for_any_client_logs_in", ("crdb-sso connect app_orders --dsn",)),
        Run(
            f"{CLIENTS}test_a_password_file_logs_in_and_keeps_the_lines_of_others",
            ("crdb-sso connect app_orders --connect connect.json -- sh pgpass.sh",),
        ),
        Run(SHOWN, ("#!/bin/sh",)),
    ],
    "docs/workloads/kubernetes.md": [
        Run("tests/workload/test_kubernetes_page.py::test_kubectl_makes_the_config_map")
    ],
}
"""Pages, sections (`page#anchor`) and folders (`folder/`), and what runs their commands."""


@dataclass(frozen=True)
class Block:
    """A block of commands.

    Attributes:
        page: Its page.
        anchor: The heading that it is below.
        text: What is in it.
        reason: Why it is not run; "" if the page does not say.
    """

    page: str
    anchor: str
    text: str
    reason: str

    @property
    def tests(self) -> list[str]:
        """The tests that run it."""
        places = (self.page, f"{self.page}#{self.anchor}", self.page.rpartition("/")[0] + "/")
        return [
            run.test
            for place in places
            for run in RUN.get(place, [])
            if not run.starts or self.text.startswith(tuple(run.starts))
        ]


def is_of_commands(token: Token) -> bool:
    """Tell whether a block of code holds what somebody types."""
    language = token.info.partition(" ")[0]
    words = token.content.split(maxsplit=1)
    return language in SHELLS or (not language and bool(words) and words[0] in PROGRAMS)


def command_blocks(page: str, text: str | None = None) -> Iterator[Block]:
    """Yield the blocks of commands of a page, or of a text that would be one."""
    anchor, before = "", None
    read = (ROOT / page).read_text() if text is None else text
    for token in parse(read):
        if before and before.type == "heading_open":
            anchor = anchor_of(token.content)
        if token.type in ("fence", "code_block") and is_of_commands(token):
            comment = before.content.strip() if before and before.type == "html_block" else ""
            is_mark = comment.startswith(MARK) and comment.endswith("-->")
            reason = comment.removeprefix(MARK).removesuffix("-->").strip() if is_mark else ""
            yield Block(page, anchor, token.content, reason)
        before = token


GUIDE = [page for page in pages() if page == "README.md" or page.startswith("docs/")]


@pytest.mark.parametrize("page", GUIDE)
def test_every_block_of_commands_is_run_or_says_why_not(page: str) -> None:
    neither = [b.text for b in command_blocks(page) if not b.tests and not b.reason]
    both = [block.text for block in command_blocks(page) if block.tests and block.reason]

    assert neither == [], f"a test has to run it (RUN in {__file__}), or: {MARK}REASON -->"
    assert both == [], "it is run: take the comment away"


@pytest.mark.parametrize("page", GUIDE)
def test_each_test_that_a_reason_names_exists(page: str) -> None:
    named = [path for b in command_blocks(page) for path in re.findall(r"tests/[\w/.]+", b.reason)]

    assert [path for path in named if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("```sh\nrm x\n```", [("rm x\n", "")], id="no mark"),
        pytest.param("```console\n$ ls\n```", [("$ ls\n", "")], id="another shell"),
        pytest.param("# A\n\n    make x\n", [("make x\n", "")], id="indented, no language"),
        pytest.param("```\npulumi up\n```", [("pulumi up\n", "")], id="no language"),
        pytest.param("* x\n\n  ```sh\n  ls\n  ```", [("ls\n", "")], id="in a list"),
        pytest.param("```\nwarning: x\n```", [], id="what is printed"),
        pytest.param("```sql\nSELECT 1\n```", [], id="another language"),
        pytest.param(
            "<!-- not run: costs money -->\n```sh\nls\n```", [("ls\n", "costs money")], id="a mark"
        ),
        pytest.param(
            "<!-- not run: costs money -->\n\n```sh\nls\n```",
            [("ls\n", "costs money")],
            id="a mark and an empty line",
        ),
        pytest.param("<!-- not run: -->\n```sh\nls\n```", [("ls\n", "")], id="no reason"),
        pytest.param(
            "<!-- not run: x -->\nText.\n```sh\nls\n```", [("ls\n", "")], id="a mark further up"
        ),
    ],
)
def test_blocks_of_commands_and_their_marks_are_found(
    text: str, expected: list[tuple[str, str]]
) -> None:
    found = [(block.text, block.reason) for block in command_blocks("docs/new.md", text)]

    assert found == expected


def test_a_new_block_on_a_page_with_others_that_are_run_counts_as_new() -> None:
    (known, new) = command_blocks(
        "docs/workloads/gui.md", "    crdb-sso connect app_orders --dsn\n\n```sh\nls\n```"
    )

    assert known.tests
    assert not new.tests


@pytest.mark.parametrize("place", RUN)
def test_each_place_has_commands_and_its_tests_exist(place: str) -> None:
    page, _, anchor = place.partition("#")
    here = [page] if page.endswith(".md") else [p for p in pages() if p.startswith(page)]
    texts = [b.text for p in here for b in command_blocks(p) if not anchor or b.anchor == anchor]
    folder = page.rpartition("/")[0]

    assert texts
    for run in RUN[place]:
        file, _, name = run.test.partition("::")
        source = (ROOT / file).read_text()
        assert name in functions(source)
        assert page in source or (folder and f"{folder}/" in source), f"{file} is about {page}"
        assert all(any(text.startswith(start) for text in texts) for start in run.starts)


def functions(source: str) -> set[str]:
    return {n.name for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)}
