"""The reference tables say what the sources say; stale ones are named."""

import shutil
from pathlib import Path

import pytest

from dev import docs
from tests.docs.pages import ROOT

PAGE = "before\n<!-- a:begin -->\nold\n<!-- a:end -->\nafter\n"

SOURCE = '''
class Base(TypedDict):
    """Shared."""

    shared: str
    """What all
    have."""


class Thing(Base):
    """A thing."""

    size: NotRequired[pulumi.Input[int] | None]
    """In metres | feet."""
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of all that the tables are made from and written to."""
    for folder in ("components", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    return tmp_path


def replace(file: Path, change: tuple[str, str]) -> None:
    old, new = change
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_the_tables_are_fresh(capsys) -> None:
    assert docs.main(["--check"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("source", "change", "stale"),
    [
        pytest.param(
            "components/oidc.py",
            ("The `aud` that the workloads' tokens carry.", "Another text."),
            "docs/components.md",
            id="a docstring",
        ),
        pytest.param(
            "components/cluster_sso.py",
            ("connect_port: NotRequired[pulumi.Input[int] | None]", "connect_port: Input[int]"),
            "docs/components.md",
            id="a type",
        ),
        pytest.param(
            "Pulumi.yaml", ("  audience:", "  audiences:"), "docs/configuration.md", id="a key"
        ),
        pytest.param(
            "docs/components.md",
            ("| `cluster_url` |", "| `url` |"),
            "docs/components.md",
            id="a page",
        ),
    ],
)
def test_a_stale_page_is_named_and_then_written(project, capsys, source, change, stale) -> None:
    replace(project / source, change)

    assert docs.main(["--check"], project) == 1
    assert capsys.readouterr().out == f"docs: {stale} is stale: run `make fix`\n"
    assert docs.main([], project) == 0
    assert capsys.readouterr().out == f"docs: wrote {stale}\n"
    assert docs.main(["--check"], project) == 0


@pytest.mark.parametrize(
    ("source", "change", "said"),
    [
        pytest.param(
            "components/identity.py",
            ('    """Label in previews and state, unique within a login."""\n', ""),
            "docs: IdentityFacts.name needs a docstring below it\n",
            id="an undescribed key",
        ),
        pytest.param(
            "components/cluster_sso.py",
            ("class ClusterSso(", "class Cluster("),
            "docs: there is no class ClusterSso in components/\n",
            id="a renamed component",
        ),
        pytest.param(
            "docs/configuration.md",
            ("<!-- config:end -->\n", ""),
            "docs: docs/configuration.md needs one line <!-- config:begin -->"
            " and below it one <!-- config:end -->\n",
            id="a lost marker",
        ),
    ],
)
def test_what_the_tables_lack_is_an_error_and_nothing_is_written(
    project, capsys, source, change, said
) -> None:
    replace(project / source, change)
    before = (project / "docs/components.md").read_text()

    assert docs.main([], project) == 1
    assert capsys.readouterr().err == said
    assert (project / "docs/components.md").read_text() == before


def test_only_the_text_between_the_markers_is_written() -> None:
    assert docs.filled(PAGE, {"a": "new"}) == (
        "before\n<!-- a:begin -->\n\nnew\n\n<!-- a:end -->\nafter\n"
    )


def test_a_dict_is_described_with_the_keys_that_it_extends(tmp_path) -> None:
    (tmp_path / "thing.py").write_text(SOURCE)

    assert docs.described("Thing", "Key", docs.classes_in(tmp_path)) == (
        "A thing.\n"
        "\n"
        "| Key | Type | Required | Meaning |\n"
        "| --- | --- | --- | --- |\n"
        "| `shared` | `str` | yes | What all have. |\n"
        "| `size` | `Input[int]` |  | In metres \\| feet. |"
    )


def test_configuration_is_described_with_what_is_required_and_what_is_secret() -> None:
    declared = """
config:
  url: {type: string, secret: true, description: Where it is}
  file: {type: string, default: "", description: A file}
  port: {type: integer, default: 0, description: A port}
  guarded: {type: boolean, default: false, description: Whether it is}
"""
    assert docs.config_table(declared) == (
        "| Key | Type | Default | Secret | Meaning |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| `url` | string | required | yes | Where it is |\n"
        "| `file` | string | none |  | A file |\n"
        "| `port` | integer | none |  | A port |\n"
        "| `guarded` | boolean | `false` |  | Whether it is |"
    )
