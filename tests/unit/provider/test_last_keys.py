"""An issuer does not give its keys: those of the last `up` stay, and nothing else is held up."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown

from crdb_sso.desired.not_fetched import not_fetched
from crdb_sso.provider.last_keys import with_last_keys

IDP, OTHER = "https://idp.example.com", "https://other.example.com"
SILENT = not_fetched("OidcIssuer 'idp': no answer")
K1, K2 = {"k1": "one"}, {"k2": "two"}


def source(keys: Any, issuer: str = IDP, **more: Any) -> dict[str, Any]:
    return {"issuer": issuer, "keys": keys, **more}


def state(sources: dict[str, Any], mode: str = "pinned") -> dict[str, Any]:
    return {"mode": mode, "sources": sources}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param({"idp": source(K1)}, source(SILENT), source(K1), id="the same source"),
        pytest.param({"old": source(K1)}, source(SILENT), source(K1), id="renamed since"),
        pytest.param(
            {"a": source(K2), "idp": source(K1)}, source(SILENT), source(K1), id="its name first"
        ),
        pytest.param(
            {"a": source(K2), "idp": source(K1, OTHER)},
            source(SILENT),
            source(K2),
            id="the name belonged to another issuer",
        ),
        pytest.param(
            {"idp": source(K1)},
            source({**SILENT, **K2}),
            source({**K1, **K2}),
            id="half of it was fetched",
        ),
        pytest.param(
            {"idp": source({})}, source(SILENT), source({}), id="a refresh had found none left"
        ),
        pytest.param(
            {"idp": source(K1, jwks_uri="https://keys")},
            source(SILENT, jwks_uri=""),
            source(K1, jwks_uri="https://keys"),
            id="nor does it say where its keys are",
        ),
        pytest.param(
            {"idp": source(K1, jwks_uri="https://keys")},
            source(SILENT, jwks_uri="https://new"),
            source(K1, jwks_uri="https://new"),
            id="the program says where they are",
        ),
        pytest.param(
            {"idp": source(K1)}, source(SILENT, jwks_uri=""), source(K1), id="nobody ever did"
        ),
    ],
)
def test_the_keys_of_the_last_up_stay_with_a_warning(
    before: dict[str, Any], now: dict[str, Any], expected: dict[str, Any]
) -> None:
    others = {"fine": source(K2, OTHER)}
    completed = with_last_keys(state({**before, **others}), state({"idp": now, **others}))
    assert completed.props == state({"idp": expected, **others})
    assert completed.problems == ()
    assert completed.warnings == (
        "idp: its keys stay as the last `up` wrote them: OidcIssuer 'idp': no answer",
    )


@pytest.mark.parametrize(
    "before",
    [
        pytest.param({}, id="a new resource"),
        pytest.param(state({}), id="a new source"),
        pytest.param(state({"idp": source(K1, OTHER)}), id="the name belonged to another issuer"),
        pytest.param(
            state({"idp": source({})}, "fetched"), id="the nodes have fetched them until now"
        ),
    ],
)
def test_without_earlier_keys_the_reason_is_the_problem(before: dict[str, Any]) -> None:
    completed = with_last_keys(before, state({"idp": source(SILENT)}))
    assert [(p.path, p.reason) for p in completed.problems] == [("", "OidcIssuer 'idp': no answer")]
    assert completed.warnings == ()
    assert completed.props == state({"idp": source({})})


@pytest.mark.parametrize(
    "sources",
    [
        pytest.param({"idp": source(K1)}, id="all keys are there"),
        pytest.param({"idp": source(Unknown())}, id="keys not known yet"),
        pytest.param(Unknown(), id="nothing known yet"),
        pytest.param("text", id="not a map"),
        pytest.param({"idp": "text"}, id="a source that is not a map"),
    ],
)
def test_inputs_without_a_missing_key_set_stay_as_they_are(sources: Any) -> None:
    props = state(sources)
    assert with_last_keys(state({"idp": source(K2)}), props).props is props


KEYS = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3)
SOURCES = st.dictionaries(
    st.sampled_from("abc"),
    st.builds(source, KEYS, st.sampled_from([IDP, OTHER]), jwks_uri=st.sampled_from(["", "u"])),
)


@given(st.builds(state, SOURCES, st.sampled_from(["pinned", "fetched"])), SOURCES)
def test_what_stands_for_keys_never_gets_further(
    before: dict[str, Any], sources: dict[str, Any]
) -> None:
    for one in before["sources"].values():
        one["keys"].pop("", None)
    completed = with_last_keys(before, state(sources))
    assert all("" not in one["keys"] for one in completed.props["sources"].values())
    silent = sum("" in one["keys"] for one in sources.values())
    assert len(completed.warnings) + len(completed.problems) == silent
