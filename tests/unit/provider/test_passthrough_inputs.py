"""The properties of an issuer whose subjects are user names."""

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.output import Unknown

from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.provider.checking import problems
from crdb_sso.provider.property_types import Problem
from crdb_sso.provider.reading import read_desired
from crdb_sso.provider.writing import seen_inputs
from tests.unit.engine_inputs import WISH
from tests.unit.observations import all_there

IDP = "https://idp.example.com"
OPEN = Desired(
    {"idp": Source(IDP, subject_is_username=True, audience="crdb")},
    {"app": Login({"app": Identity("idp", "crdb", "app")})},
)


def bag(**more: object) -> dict[str, Any]:
    identity = {"source": "idp", "audience": "crdb", "subject": "app"}
    source = {"issuer": IDP, "keys": {}, "subject_is_username": True, "audience": "crdb", **more}
    return {
        **WISH,
        "sources": {"idp": source},
        "logins": {"app": {"identities": {"app": identity}}},
    }


def test_the_properties_are_read() -> None:
    assert read_desired(bag()) == OPEN
    assert problems(bag()) == []
    assert seen_inputs(bag(), all_there(OPEN)) == bag()


def test_unknown_values_count_as_good() -> None:
    assert problems(bag(audience=Unknown())) == []
    assert problems(bag(issuer=Unknown())) == []


@pytest.mark.parametrize(
    ("more", "path", "reason"),
    [
        ({"audience": ""}, "sources.idp.audience", "the audience is empty"),
        ({"audience": 7}, "sources.idp.audience", "it is not a string"),
        (
            {"close_passthrough": True},
            "sources.idp.subject_is_username",
            "it is the opposite of `close_passthrough`",
        ),
    ],
)
def test_an_impossible_source_is_a_problem(
    more: Mapping[str, object], path: str, reason: str
) -> None:
    (problem,) = problems(bag(**more))
    assert problem.path == path
    assert reason in problem.reason


def test_a_login_with_another_name_is_a_problem() -> None:
    props = bag()
    props["logins"] = {"orders": props["logins"]["app"]}
    (problem,) = problems(props)
    assert problem.path == 'logins["orders"].identities["app"].subject'
    assert "log in as 'app' here, not as 'orders'" in problem.reason


def test_one_issuer_used_in_two_ways_is_a_problem() -> None:
    props = bag()
    props["sources"] = {"idp": props["sources"]["idp"], "zoo": {"issuer": IDP, "keys": {}}}
    assert problems(props) == [
        Problem(
            "sources.zoo.subject_is_username",
            "idp and zoo are the same issuer: either its subjects are user names, or lines map"
            " them. Choose one for both.",
        )
    ]
