"""The reference tables say what the sources say; stale ones are named."""

import shutil
from pathlib import Path

import pulumi
import pytest
import yaml  # type: ignore[import-untyped] # ships no types

from dev import docs
from stack_config import LoginConfig, StackConfig
from stack_keys import Keys, keys_of
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


FINDINGS = "crdb_sso/verdict/findings/__init__.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of all that the tables are made from and written to."""
    for folder in ("components", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "stack_config.py", tmp_path)
    (tmp_path / FINDINGS).parent.mkdir(parents=True)
    shutil.copy(ROOT / "crdb_sso/verdict/messages.py", tmp_path / "crdb_sso/verdict")
    shutil.copy(ROOT / FINDINGS, (tmp_path / FINDINGS).parent)
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
            "stack_config.py",
            ("    claim: str | None", "    claims: str | None"),
            "docs/configuration.md",
            id="a configuration key",
        ),
        pytest.param(
            "crdb_sso/verdict/messages.py",
            ("The cluster takes no tokens at all.", "Another text."),
            "docs/login-errors.md",
            id="a message",
        ),
        pytest.param(
            FINDINGS,
            ("tokens without `exp` are accepted", "another title"),
            "docs/findings.md",
            id="a finding",
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
            "docs: class ClusterSso is missing\n",
            id="a renamed component",
        ),
        pytest.param(
            "stack_config.py",
            ('    """Who may log in as whom, by SQL user; each login has the keys below"""\n', ""),
            "docs: StackConfig.logins needs a docstring below it\n",
            id="an undescribed configuration key",
        ),
        pytest.param(
            "stack_config.py",
            ("    claim: str | None", "    claim: bytes | None"),
            "docs: StackConfig.claim: TYPE_WORDS has no word for bytes\n",
            id="a configuration key of a new type",
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


MODEL = '''
class StackConfig(Keys):
    """All."""

    where_it_is: pulumi.Output[str] = Field(repr=False, examples=["db.example.com"])
    """Where it is"""

    mode: Literal["a", "b"] = "b"
    """One of two"""

    file: str | None = None
    """A file"""

    port: Annotated[WholeNumber, Field(ge=0)] = 0
    """A port"""

    guarded: Switch = False
    """Whether it is"""

    things: Mapping[Text, ThingConfig] = Field(default={}, examples=["{a: {}}"])
    """Things"""

    thing: ThingConfig = Field(default=ThingConfig())
    """A thing"""


class LoginConfig(Keys):
    """One."""

    names: tuple[Text, ...] = ()
    """Its names"""

    is_open: Switch = True
    """Whether it is"""
'''


def test_configuration_is_described_with_what_is_required_and_what_is_secret(tmp_path) -> None:
    (tmp_path / "stack_config.py").write_text(MODEL)

    assert docs.config_sections(docs.classes_in(tmp_path / "stack_config.py")) == {
        "config": (
            "| Key | Type | Default | Secret | Meaning | Example |\n"
            "| --- | --- | --- | --- | --- | --- |\n"
            "| `whereItIs` | string | required | yes | Where it is | `db.example.com` |\n"
            "| `mode` | string | `b` |  | One of two |  |\n"
            "| `file` | string | none |  | A file |  |\n"
            "| `port` | integer | none |  | A port |  |\n"
            "| `guarded` | boolean | `false` |  | Whether it is |  |\n"
            "| `things` | map | none |  | Things | `{a: {}}` |\n"
            "| `thing` | map | none |  | A thing |  |"
        ),
        "login": (
            "| Key | Type | Default | Meaning |\n"
            "| --- | --- | --- | --- |\n"
            "| `names` | list of strings | none | Its names |\n"
            "| `isOpen` | boolean | `true` | Whether it is |"
        ),
    }


def rows_of_page(section: str) -> list[dict[str, str]]:
    """Return the rows of a table of the configuration page, by column."""
    page = (ROOT / "docs/configuration.md").read_text()
    table = page.partition(f"<!-- {section}:begin -->")[2].partition(f"<!-- {section}:end -->")[0]
    head, _, *rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in table.split("\n")
        if line
    ]
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.parametrize(
    ("section", "model"),
    [pytest.param("config", StackConfig, id="all"), pytest.param("login", LoginConfig, id="login")],
)
def test_the_configuration_page_says_what_the_model_says(section: str, model: type[Keys]) -> None:
    said = [
        (row["Key"].strip("`"), row["Default"] == "required", row["Meaning"])
        for row in rows_of_page(section)
    ]

    assert said == [
        (
            key,
            model.model_fields[name].is_required(),
            one_line(model.model_fields[name].description),
        )
        for key, name in keys_of(model).items()
    ]


def one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def test_the_configuration_page_shows_the_examples_that_errors_give() -> None:
    shown = {row["Key"].strip("`"): row["Example"].strip("`") for row in rows_of_page("config")}
    fields = {key: StackConfig.model_fields[name] for key, name in keys_of(StackConfig).items()}

    assert shown == {key: (of.examples or [""])[0] for key, of in fields.items()}


def test_one_key_is_secret_and_the_model_makes_it_so() -> None:
    secret = [row["Key"] for row in rows_of_page("config") if row["Secret"] == "yes"]

    assert secret == ["`clusterUrl`"]
    assert StackConfig.model_fields["cluster_url"].annotation == pulumi.Output[str]


def test_the_project_declares_no_key_a_second_time() -> None:
    assert "config" not in yaml.safe_load((ROOT / "Pulumi.yaml").read_text())


def test_the_table_of_findings_says_each_severity_that_analyze_prints() -> None:
    text = (ROOT / "docs/findings.md").read_text()

    assert "| [CRDB-SSO-003](#crdb-sso-003) | error |" in text
    assert "| [CRDB-SSO-005](#crdb-sso-005) | error or warning |" in text
    assert "| [CRDB-SSO-013](#crdb-sso-013) | warning or info |" in text
