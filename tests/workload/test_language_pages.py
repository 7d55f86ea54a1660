"""docs/workloads: what a page shows of a program is the program, as is what it says to type."""

import pytest

from tests.docs.pages import ROOT, blocks, code_blocks
from tests.workload.language_programs import EXAMPLES, GO, LANGUAGES, NODE, Language

FOLDERS = {*(language.folder for language in LANGUAGES), "gui", "kubernetes"}
BUILT = {
    "go": [*GO.build],
    "java": [],  # what runs it builds it
    "node": [*NODE.build],
    "django": ["pip install -r requirements.txt"],
    "psql": [],
}
STACK = "../../../../shop-logins"
"""The folder of the README's stack, beside this repository."""

SHOWN = {
    (folder, path): block.content
    for folder in sorted(FOLDERS)
    for block in blocks(f"docs/workloads/{folder}.md")
    if (path := block.info.partition(" ")[2])
}


def test_each_folder_has_a_page() -> None:
    assert {folder.name for folder in EXAMPLES.iterdir()} == FOLDERS


def test_each_page_shows_what_a_person_copies() -> None:
    assert SHOWN.keys() == {
        ("django", "shop/database/base.py"),
        ("django", "shop/settings.py"),
        ("go", "login.go"),
        ("gui", "pgadmin.json"),
        ("gui", "pgpass.sh"),
        ("java", "src/main/java/com/example/orders/Login.java"),
        ("java", "src/main/java/com/example/orders/TokenFile.java"),
        ("kubernetes", "projected.yaml"),
        ("kubernetes", "sidecar.yaml"),
        ("node", "login.js"),
        ("psql", "cockroach.sh"),
        ("psql", "orders.sh"),
    }


@pytest.mark.parametrize("shown", sorted(SHOWN), ids="/".join)
def test_what_is_shown_is_the_file(shown: tuple[str, str]) -> None:
    folder, path = shown

    assert SHOWN[shown] == (EXAMPLES / folder / path).read_text()


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.folder)
def test_a_page_says_what_the_test_types(language: Language) -> None:
    (said,) = [
        block
        for block in code_blocks(f"docs/workloads/{language.folder}.md", "sh")
        if block.startswith(f"cd examples/workloads/{language.folder}\n")
    ]

    (_, written, *typed, run) = said.splitlines()
    # not without -C: in this folder the Pulumi CLI finds the project of this repository
    assert written == f"pulumi -C {STACK} stack output connect --json > connect.json"
    assert typed == BUILT[language.folder]
    assert run == f"echo 'SELECT current_user' | {language.run}"


def test_the_project_for_django_pins_what_is_tested() -> None:
    pins = (EXAMPLES / "django" / "requirements.txt").read_text().splitlines()[1:]
    tested = (ROOT / "requirements-dev.txt").read_text().splitlines()

    assert len(pins) == 2
    assert set(pins) <= {line.partition(" ")[0] for line in tested}
