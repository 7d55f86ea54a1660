"""The inputs about keys as the engine gives them, and the claim that names principals."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pulumi.output import Unknown

from crdb_sso.desired.unknown import UNKNOWN, Text
from crdb_sso.provider.checking import problems
from crdb_sso.provider.property_types import Problem
from crdb_sso.provider.reading import read_desired, read_remembered
from tests.unit.engine_inputs import IDP, WISH
from tests.unit.named_keys import ec_key
from tests.unit.standard_certificates import BROKEN_CA, CA, OTHER_CA
from tests.unit.standard_keys import EC, SECRET, X

DUE = datetime(2026, 11, 26, 6, tzinfo=timezone.utc)
NO_TIME = "it is not a number of hours from 0 to 8784: write e.g. 24, or 0 for immediately"


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(24.0, 24), (0.5, 0.5), (0, 0), (None, 0), (Unknown(), 0)],
)
def test_the_time_that_keys_stay_is_in_hours(hours: object, expected: float) -> None:
    assert read_desired({"retire_after_h": hours}).retire_after == timedelta(hours=expected)


@pytest.mark.parametrize("hours", [-1, 8785, "24", True, float("nan"), float("inf"), [1]])
def test_what_is_not_a_time_is_refused(hours: object) -> None:
    props: dict[str, Any] = {**WISH, "retire_after_h": hours}
    assert problems(props) == [Problem("retire_after_h", NO_TIME)]


@pytest.mark.parametrize("hours", [0, 24.0, 8784, None, Unknown()])
def test_a_time_is_accepted(hours: object) -> None:
    assert problems({**WISH, "retire_after_h": hours}) == []


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("", "the name of the claim is blank"),
        (" ", "the name of the claim is blank"),
        ("/a//b", "the JSON Pointer '/a//b' has nothing between two slashes"),
        (7.0, "it is not a string"),
        (["email"], "it is not a string"),
    ],
)
def test_what_is_not_a_claim_is_refused(claim: object, reason: str) -> None:
    (problem,) = problems({**WISH, "claim": claim})
    assert problem.path == "claim"
    assert problem.reason.startswith(reason)


@pytest.mark.parametrize(
    ("claim", "expected"), [("email", "email"), (None, ""), (Unknown(), UNKNOWN)]
)
def test_a_claim_is_read(claim: object, expected: Text) -> None:
    assert problems({**WISH, "claim": claim}) == []
    assert read_desired({**WISH, "claim": claim}).claim == expected


@pytest.mark.parametrize(
    ("source", "path", "reason"),
    [
        pytest.param({"keys": {"k1": ec_key("k1")}}, "keys", "Leave the keys out", id="keys"),
        pytest.param({"ca": "no PEM"}, "ca", "it holds no certificate", id="CA"),
        pytest.param({"ca": ""}, "ca", "it holds no certificate", id="an empty CA file"),
        pytest.param(
            {"ca": CA + BROKEN_CA}, "ca", "its certificate number 2 is broken", id="a broken CA"
        ),
        pytest.param({"issuer": "minter"}, "issuer", "can't fetch keys from 'minter'", id="name"),
        pytest.param({"issuer": "http://a"}, "issuer", "can't fetch keys from", id="not secure"),
        pytest.param({"issuer": "https:///a"}, "issuer", "can't fetch keys from", id="no host"),
    ],
)
def test_what_nodes_cannot_fetch_is_refused(source: dict[str, Any], path: str, reason: str) -> None:
    props = {**WISH, "mode": "fetched", "sources": {"idp": {"issuer": IDP, **source}}}

    (problem,) = problems(props)

    assert problem.path == f"sources.idp.{path}"
    assert reason in problem.reason


@pytest.mark.parametrize("mode", ["pinned", "fetched"])
@pytest.mark.parametrize(
    "address",
    [
        pytest.param("https://", id="nothing after the scheme"),
        pytest.param("https:///jwks", id="a path alone"),
        pytest.param("https://:443/jwks", id="a port alone"),
        pytest.param("https://idp.example.com:x/jwks", id="a port of letters"),
        pytest.param("https://idp.example.com:99999/jwks", id="too large a port"),
        pytest.param("https://idp .example.com/jwks", id="a blank"),
        pytest.param("https://idp.example.com/jwks\n", id="a line end"),
        pytest.param("https:idp.example.com/jwks", id="no slashes"),
        pytest.param("http://idp.example.com/jwks", id="not secure"),
        pytest.param("file:///jwks", id="a file"),
    ],
)
def test_a_jwks_uri_that_nodes_cannot_fetch_is_refused(mode: str, address: str) -> None:
    source = {"issuer": IDP, "jwks_uri": address, "keys": {}}

    (problem,) = problems({**WISH, "mode": mode, "sources": {"idp": source}})

    assert problem.path == "sources.idp.jwks_uri"
    assert "is not an https URL with a host: no node can fetch keys from it" in problem.reason


@pytest.mark.parametrize(
    "source",
    [
        {"issuer": IDP},
        {"issuer": IDP, "ca": f"# of the shop\n{CA}{OTHER_CA}", "keys": {}},
        {"issuer": "minter", "jwks_uri": "https://keys.example.com"},
        {"issuer": Unknown(), "jwks_uri": Unknown(), "ca": Unknown()},
    ],
)
def test_what_nodes_can_fetch_is_accepted(source: dict[str, Any]) -> None:
    props = {**WISH, "mode": "fetched", "sources": {"idp": source}}
    assert problems(props) == []
    assert read_desired(props).fetched


def test_retired_keys_that_a_state_remembers_are_read() -> None:
    state = {**WISH, "retiring": {"idp": {"k0": "2026-11-26T06:00:00+00:00"}}}
    assert read_remembered(state).retiring == {"idp": {"k0": DUE}}


@pytest.mark.parametrize("remembered", [None, Unknown(), {}])
def test_missing_outputs_say_nothing(remembered: object) -> None:
    assert read_remembered({**WISH, "retiring": remembered}).retiring == {}


def test_more_keys_of_an_issuer_than_a_cluster_should_get_are_refused_with_the_limit() -> None:
    hundred = {f"k{number}": ec_key(f"k{number}") for number in range(100)}
    source = {"issuer": IDP, "keys": hundred}
    assert problems({**WISH, "sources": {"idp": source}}) == []

    source["keys"] = hundred | {"k100": ec_key("k100")}
    (problem,) = problems({**WISH, "sources": {"idp": source}})

    assert problem.path == "sources.idp.keys"
    assert problem.reason.startswith("there are 101 keys; a cluster gets at most 100 of one issuer")


def test_a_kid_of_two_sources_is_one_key_only_for_the_same_algorithms() -> None:
    def of_two(one: str, other: str) -> dict[str, Any]:
        sources = {"a": {"issuer": IDP, "keys": {"k1": one}}, "idp": WISH["sources"]["idp"]}
        sources["idp"] = {**sources["idp"], "keys": {"k1": other}}
        return {**WISH, "sources": sources}

    narrow = json.dumps({**EC, "kid": "k1", "alg": "ES256"})
    assert problems(of_two(json.dumps({**EC, "kid": "k1"}), ec_key("k1"))) == []
    for one, other in ((narrow, ec_key("k1")), (ec_key("k1"), narrow)):
        (problem,) = problems(of_two(one, other))
        assert problem.path == 'sources.idp.keys["k1"]'


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        pytest.param({"more": {"d": SECRET}}, "it holds a private key", id="private inside"),
        pytest.param({"y": X}, "its point is not on the curve P-256", id="off the curve"),
        pytest.param({"alg": "FOO"}, "is not a signature algorithm", id="unknown algorithm"),
    ],
)
def test_a_key_that_no_cluster_should_get_is_refused_at_its_kid(
    key: dict[str, Any], reason: str
) -> None:
    keys = {"k1": json.dumps({**EC, "kid": "k1", **key})}

    (problem,) = problems({**WISH, "sources": {"idp": {"issuer": IDP, "keys": keys}}})

    assert problem.path == 'sources.idp.keys["k1"]'
    assert reason in problem.reason
    assert SECRET not in problem.reason
