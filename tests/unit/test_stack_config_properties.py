"""Any configuration of a stack is read, or refused in our own words."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
from hypothesis import given, settings
from hypothesis import strategies as st

import stack_config
from stack_config import StackConfig
from stack_keys import keys_of
from tests.components.mockrun import configure, run
from tests.unit.test_stack_config import LEAST

KEYS = sorted(keys_of(StackConfig))
INNER = [
    *("subjects", "identities", "roles", "login", "onDelete", "keep", "user", "method", "address"),
    *("groupClaim", "accountId", "tokenCreators", "gke", "namespace", "serviceAccount", "aks"),
    *("tokenVersion", "cloud", "issuer", "app", "[key]", "[map]", "[list]", "", "a.b", "\ud800"),
]
LEFT_OUT = object()
JARGON = ("pydantic", "Input should", "input_value", "type=", "Traceback", "hunter2")

names = st.sampled_from(INNER) | st.text(max_size=5)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["drop", "pinned", "public", "orders", "", "\ud800"])
    | st.text(max_size=5)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
texts = (
    values.map(json.dumps)
    | st.text(max_size=20)
    | st.sampled_from(["[" * 100_000, "[" * 900 + "]" * 900, "1" * 5000, "NaN", '{"a":' * 500])
)
namespace = st.dictionaries(st.sampled_from(KEYS) | names, texts | st.just(LEFT_OUT), max_size=6)
secret_values = st.recursive(
    st.just("hunter2"),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(INNER), inner, max_size=3)
    ),
    max_leaves=6,
)


def said_of(changes: Mapping[str, Any], secrets: Iterable[str]) -> str:
    """Return the error for a configuration in a running program, "" if it can be used."""
    texts = {
        f"crdb-sso:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in {**LEAST, **changes}.items()
        if value is not LEFT_OUT
    }
    configure(texts, [f"crdb-sso:{key}" for key in secrets])
    try:
        stack_config.load()
    except pulumi.RunError as error:
        return str(error)
    return ""


@settings(max_examples=500)
@given(namespace, st.lists(st.sampled_from(KEYS), max_size=3))
def check_words(changes: Mapping[str, Any], secrets: list[str]) -> None:
    said = said_of(changes, secrets)
    assert not said or said.startswith("Pulumi.prod.yaml")
    assert not said or "\n  Next step: " in said
    assert not any(word in said for word in JARGON)
    said.encode()  # can be printed


@settings(max_examples=300)
@given(st.sampled_from(KEYS), secret_values)
def check_secrets(key: str, value: Any) -> None:
    assert "hunter2" not in said_of({key: value}, ["clusterUrl", key])


def test_any_configuration_is_read_or_refused_in_our_words() -> None:
    run(check_words)


def test_no_secret_is_ever_repeated() -> None:
    run(check_secrets)
