"""People read an argument together with its key in the configuration, and both exist."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import components
import crdb_sso
from components.gcp import GcpIdentityArgs
from crdb_sso.argument_names import Argument
from stack_config import GroupSyncConfig, LoginConfig, StackConfig
from stack_keys import keys_of

PACKAGE = Path(crdb_sso.__file__).parent
MODELS = (StackConfig, LoginConfig, GroupSyncConfig)
KEYS = {name: key for model in MODELS for key, name in keys_of(model).items()}
ARGUMENTS = {
    name
    for shape in (
        components.ClusterSsoArgs,
        components.Login,
        components.GroupSync,
        components.OidcIssuerArgs,
    )
    for name in shape.__annotations__
}
OTHER_NAMES = {"ca_file": "issuer_ca_file"}
"""Arguments whose keys are not only written in another way."""

ROOMS = ("crdb", "desired", "plan", "preview", "provider", "verdict/findings")
FILES = sorted(file for room in ROOMS for file in (PACKAGE / room).rglob("*.py"))


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        (Argument.CA_FILE, "`ca_file` (in the configuration `issuerCaFile`)"),
        (Argument.GROUP_SYNC, "`group_sync` (in the configuration `groupSync`)"),
        (Argument.CLOSE_PASSTHROUGH, "`close_passthrough`"),
    ],
)
def test_people_read(argument: Argument, words: str) -> None:
    assert f"{argument}" == words


@pytest.mark.parametrize("argument", Argument)
def test_an_argument_is_one_of_a_component_and_its_key_one_of_the_configuration(
    argument: Argument,
) -> None:
    name = argument.argument

    assert argument.name == name.upper()
    assert name in ARGUMENTS
    assert argument.key == KEYS.get(OTHER_NAMES.get(name, name), "")


def test_an_argument_without_a_key_for_everybody_has_one_where_it_is_said_to() -> None:
    assert "close_passthrough" in GcpIdentityArgs.__annotations__
    assert "close_passthrough" not in KEYS


def texts_for_people(tree: ast.AST) -> Iterator[str]:
    """Yield all texts but docstrings."""
    docs = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_nobody_reads_the_argument_alone(file: Path) -> None:
    alone = [f"`{argument.argument}`" for argument in Argument]
    texts = list(texts_for_people(ast.parse(file.read_text(encoding="utf-8"))))

    assert [name for name in alone if any(name in text for text in texts)] == []
