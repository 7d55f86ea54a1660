from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pulumi.output import Unknown

from crdb_sso.desired.logins import Logins, Source
from crdb_sso.provider.checking import problems
from crdb_sso.provider.key_props import retire_after, retiring_outputs, with_retiring
from crdb_sso.provider.problems import Problem
from crdb_sso.provider.props import logins
from tests.unit.engine_inputs import IDP, WISH
from tests.unit.named_keys import ec_key

DUE = datetime(2026, 11, 26, 6, tzinfo=timezone.utc)
NO_TIME = "it is no number of hours from 0 to 8784. Write e.g. 24, or 0 for at once."


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(24.0, 24), (0.5, 0.5), (0, 0), (None, 0), (Unknown(), 0)],
)
def test_the_time_that_keys_stay_is_in_hours(hours: object, expected: float) -> None:
    assert retire_after({"retire_after_h": hours}) == timedelta(hours=expected)


@pytest.mark.parametrize("hours", [-1, 8785, "24", True, float("nan"), float("inf"), [1]])
def test_what_is_no_time_is_refused(hours: object) -> None:
    props: dict[str, Any] = {**WISH, "retire_after_h": hours}
    assert problems(props) == [Problem("retire_after_h", NO_TIME)]


@pytest.mark.parametrize("hours", [0, 24.0, 8784, None, Unknown()])
def test_a_time_is_taken(hours: object) -> None:
    assert problems({**WISH, "retire_after_h": hours}) == []


@pytest.mark.parametrize("claim", ["", " ", 7.0, ["email"]])
def test_what_is_no_claim_is_refused(claim: object) -> None:
    (problem,) = problems({**WISH, "claim": claim})
    assert (problem.path, problem.reason[:24]) == ("claim", "it is no name of a claim")


@pytest.mark.parametrize(("claim", "expected"), [("email", "email"), (None, ""), (Unknown(), None)])
def test_a_claim_is_read(claim: object, expected: str | None) -> None:
    assert problems({**WISH, "claim": claim}) == []
    assert logins({**WISH, "claim": claim}).claim == expected


PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("source", "path", "reason"),
    [
        pytest.param({"keys": {"k1": ec_key("k1")}}, "keys", "Leave them out", id="keys"),
        pytest.param({"ca": "no PEM"}, "ca", "no certificate in it", id="CA"),
        pytest.param({"issuer": "minter"}, "issuer", "can't fetch keys from 'minter'", id="name"),
        pytest.param({"issuer": "http://a"}, "issuer", "can't fetch keys from", id="not secure"),
        pytest.param({"jwks_uri": "file:///a"}, "jwks_uri", "can't fetch keys", id="jwks_uri"),
    ],
)
def test_what_no_node_could_fetch_is_refused(
    source: dict[str, Any], path: str, reason: str
) -> None:
    props = {**WISH, "mode": "fetched", "sources": {"idp": {"issuer": IDP, **source}}}

    (problem,) = problems(props)

    assert problem.path == f"sources.idp.{path}"
    assert reason in problem.reason


@pytest.mark.parametrize(
    "source",
    [
        {"issuer": IDP},
        {"issuer": IDP, "ca": PEM, "keys": {}},
        {"issuer": "minter", "jwks_uri": "https://keys.example.com"},
        {"issuer": Unknown(), "jwks_uri": Unknown(), "ca": Unknown()},
    ],
)
def test_what_nodes_can_fetch_is_taken(source: dict[str, Any]) -> None:
    props = {**WISH, "mode": "fetched", "sources": {"idp": source}}
    assert problems(props) == []
    assert logins(props).fetched


def test_retired_keys_that_a_state_remembers_are_read() -> None:
    remembered = {"retiring": {"idp": {"k0": "2026-11-26T06:00:00+00:00"}, "gone": {"k9": "x"}}}
    assert logins({**WISH, **remembered}).sources["idp"].retiring == {"k0": DUE}


@pytest.mark.parametrize("remembered", [None, Unknown()])
def test_outputs_that_are_not_known_say_nothing(remembered: object) -> None:
    assert with_retiring({"retiring": remembered}, Logins({}, {})) == Logins({}, {})


def test_retired_keys_are_an_output_where_there_are_some() -> None:
    source = Source("i", retiring={"k2": DUE, "k1": DUE})
    assert retiring_outputs(Logins({"idp": source, "other": Source("o")}, {})) == {
        "retiring": {"idp": {"k1": "2026-11-26T06:00:00+00:00", "k2": "2026-11-26T06:00:00+00:00"}}
    }
    assert retiring_outputs(Logins({"other": Source("o")}, {})) == {}
