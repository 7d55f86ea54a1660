"""The resource that holds the keys of an issuer of your own."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pulumi
import pytest
from pulumi.output import Unknown

from crdb_sso.errors import InvalidInput
from crdb_sso.provider.issuer_keys import IssuerKeysProvider
from crdb_sso.tokens.private_keys import made_key, public_half, signing_key

PROVIDER = IssuerKeysProvider()
MADE = {"component": "signer", "algorithm": "ES256", "rotation": "1", "overlap_h": 24}
A, B = (public_half(made_key("ES256")) for _ in range(2))
GIVEN = {"component": "signer", "public_key": A.text, "overlap_h": 24}
UNKNOWN = Unknown()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda text: lines.extend(text.splitlines()))
    return lines


def created(props: dict[str, Any]) -> dict[str, Any]:
    return dict(PROVIDER.create(props).outs or {})


def updated(state: dict[str, Any], props: dict[str, Any]) -> dict[str, Any]:
    return dict(PROVIDER.update("signer", state, props).outs or {})


def test_a_made_key_is_the_one_that_signs() -> None:
    state = created(MADE)

    key = signing_key(state["private_key"])
    assert state == {
        **MADE,
        "private_key": state["private_key"],
        "kid": key.public.kid,
        "keys": {key.public.kid: key.public.text},
        "retiring": {},
    }


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"component": "renamed"}, id="a new name"),
        pytest.param({"overlap_h": 48}, id="another overlap"),
        pytest.param({"rotation": None}, id="no rotation any more"),
    ],
)
def test_nothing_but_a_rotation_makes_another_key(change: dict[str, Any]) -> None:
    state = created(MADE)

    after = updated(state, {**MADE, **change})

    assert (after["private_key"], after["keys"]) == (state["private_key"], state["keys"])


@pytest.mark.parametrize("change", [{"rotation": "2"}, {"algorithm": "ES384"}])
def test_a_rotation_keeps_the_last_public_key_for_the_overlap(change: dict[str, Any]) -> None:
    state = created(MADE)
    before = datetime.now(timezone.utc)

    after = updated(state, {**MADE, **change})

    assert after["private_key"] != state["private_key"]
    assert after["kid"] == signing_key(after["private_key"]).public.kid
    assert after["keys"].keys() == {state["kid"], after["kid"]}
    end = datetime.fromisoformat(after["retiring"][state["kid"]])
    assert timedelta(0) <= end - before - timedelta(hours=24) < timedelta(minutes=5)


def test_a_key_may_be_made_at_first_and_given_later() -> None:
    state = created(MADE)

    after = updated(state, GIVEN)

    assert (after["private_key"], after["kid"]) == ("", A.kid)
    assert after["keys"].keys() == {state["kid"], A.kid}
    assert updated(after, MADE)["private_key"].startswith("-----BEGIN PRIVATE KEY-----")


def test_a_key_that_a_state_has_lost_is_made_again() -> None:
    state = {**created(MADE), "private_key": ""}

    assert PROVIDER.diff("signer", state, MADE).changes is True
    assert updated(state, MADE)["private_key"]


def test_a_refresh_returns_what_the_state_has() -> None:
    state = created(MADE)
    read = PROVIDER.read("signer", state)

    assert (read.outs, read.inputs) == (state, MADE)
    assert PROVIDER.diff("signer", state, dict(read.inputs or {})).changes is False


def test_a_first_preview_says_which_key_signs(said: list[str]) -> None:
    PROVIDER.check({}, MADE)
    PROVIDER.check({}, GIVEN)
    PROVIDER.check({}, {**GIVEN, "public_key": UNKNOWN})
    PROVIDER.check(MADE, MADE)

    assert said == [
        "+ signer: a private key is made (ES256), and signs",
        f"+ signer: key {A.kid} signs",
        "+ signer: key [unknown] signs",
    ]


def test_a_preview_says_what_rotates_and_until_when(said: list[str]) -> None:
    state = created(GIVEN)
    until = f"{datetime.now(timezone.utc) + timedelta(hours=24):%Y-%m-%d}"

    assert PROVIDER.diff("signer", state, {**GIVEN, "public_key": B.text}).changes is True
    first, second = said
    assert first == f"~ signer: key {B.kid} signs from then on"
    assert second.startswith(f"~ signer: key {A.kid} no longer signs, published until {until}")
    assert second.endswith(" UTC")

    said.clear()
    PROVIDER.diff("signer", state, {**GIVEN, "public_key": B.text, "overlap_h": 0})
    assert said[1] == f"- signer: key {A.kid} is no longer published"

    said.clear()
    PROVIDER.diff("signer", state, MADE)
    assert said[0] == "~ signer: a new private key is made (ES256), and signs from then on"


def test_a_preview_without_a_change_says_nothing(said: list[str]) -> None:
    for props in (MADE, GIVEN):
        state = created(props)
        assert PROVIDER.diff("signer", state, props).changes is False

    assert said == []


@pytest.mark.parametrize(
    ("state", "props"),
    [(MADE, {**MADE, "rotation": UNKNOWN}), (GIVEN, {**GIVEN, "public_key": UNKNOWN})],
)
def test_what_only_up_will_know_is_said(
    state: dict[str, Any], props: dict[str, Any], said: list[str]
) -> None:
    assert PROVIDER.diff("signer", created(state), props).changes is True

    assert said == ["~ signer: only `up` will know whether another key signs"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        pytest.param({"algorithm": "HS256"}, "algorithm", id="algorithm"),
        pytest.param({"algorithm": None}, "algorithm", id="neither"),
        pytest.param({"public_key": A.text}, "algorithm", id="both"),
        pytest.param({"public_key": "{}"}, "public_key", id="not a key"),
        pytest.param({"overlap_h": -1}, "overlap_h", id="overlap"),
        pytest.param({"overlap_h": "24"}, "overlap_h", id="text"),
        pytest.param({"rotation": 11}, "rotation", id="a number"),
        pytest.param({"component": None}, "component", id="no component"),
        pytest.param({"other": "x"}, "other", id="unknown"),
    ],
)
def test_inputs_are_checked(change: dict[str, Any], path: str, said: list[str]) -> None:
    failures = PROVIDER.check({}, {**MADE, **change}).failures

    assert path in [failure.property for failure in failures or ()]
    assert said == []


def test_two_given_keys_with_one_kid_are_refused_in_the_preview() -> None:
    other = B.text.replace(B.kid, A.kid)

    with pytest.raises(InvalidInput, match="stands for another key"):
        PROVIDER.diff("signer", created(GIVEN), {**GIVEN, "public_key": other})
