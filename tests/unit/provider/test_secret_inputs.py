"""Which texts of a bag of properties are not shown, and how problems name their inputs."""

from typing import Any

import pytest
from pulumi.dynamic import CheckFailure
from pulumi.output import Unknown

from crdb_sso.provider import log
from crdb_sso.provider.engine_errors import told
from crdb_sso.provider.property_types import Problem
from crdb_sso.provider.secret_inputs import secret_texts
from tests.unit.engine_inputs import IDP, WISH, with_value
from tests.unit.named_keys import ec_key

IDENTITY = {"source": "idp", "audience": "crdb", "subject": "o-1"}


def texts(*pointers: str, props: dict[str, Any] = WISH) -> set[str]:
    return set(secret_texts({**props, "secret_inputs": list(pointers)}))


def test_without_pointers_there_are_no_secrets() -> None:
    assert set(secret_texts(WISH)) == set()


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        pytest.param("/sources/idp/issuer", {IDP}, id="a text"),
        pytest.param("/logins/app/identities/orders", {"idp", "crdb", "o-1"}, id="a map of ours"),
        pytest.param("/logins/app/roles", {"readers"}, id="names that a program chose"),
        pytest.param("/sources/idp/keys", {"k1", ec_key("k1")}, id="keys, with their kids"),
        pytest.param("/logins/gone/identities", set(), id="what is not there"),
        pytest.param("/enabled", set(), id="a switch"),
    ],
)
def test_a_pointer_names_the_texts_below_it(pointer: str, expected: set[str]) -> None:
    assert texts(pointer) == expected


def test_names_with_slashes_and_tildes_are_found() -> None:
    props = with_value("logins", {"a/b~c": {"identities": {"x": IDENTITY}}})

    assert texts("/logins/a~1b~0c/identities/x/subject", props=props) == {"o-1"}


def test_what_is_not_known_yet_is_no_secret_text() -> None:
    props = with_value("sources idp issuer", Unknown())

    assert texts("/sources/idp/issuer", props=props) == set()


@pytest.mark.parametrize(
    ("props", "path", "failure"),
    [
        pytest.param(
            {"claim": "hidden", "secret_inputs": ["/claim"]},
            "claim",
            CheckFailure("", "`claim`: '[secret]' is wrong"),
            id="an outermost secret: the engine would print its value",
        ),
        pytest.param(
            {"claim": "a\x1b[2J"},
            "claim",
            CheckFailure("", "`claim`: 'hidden' is wrong"),
            id="an outermost text that would command a terminal",
        ),
        pytest.param(
            {"claim": "email"}, "claim", CheckFailure("claim", "'hidden' is wrong"), id="another"
        ),
        pytest.param(
            {"sources": {"idp": {"keys": {"hidden": ""}}}, "secret_inputs": ["/sources/idp/keys"]},
            'sources.idp.keys["hidden"]',
            CheckFailure('sources.idp.keys["[secret]"]', "'[secret]' is wrong"),
            id="a name in a path",
        ),
    ],
)
def test_a_problem_is_told_without_secrets(
    props: dict[str, Any], path: str, failure: CheckFailure
) -> None:
    with log.keeping(set(secret_texts(props))):
        found = told(Problem(path, "'hidden' is wrong"), props)

    assert (found.property, found.reason) == (failure.property, failure.reason)
