"""When a login that was not let in is tried again, and when that is given up."""

import pytest

from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.plan.proving import (
    Failure,
    Helps,
    gives_up,
    source_may_recover,
    waiting_helps,
)
from crdb_sso.verdict.outcome import Check, Verdict


def failure(helps: Helps) -> Failure:
    return Failure("app", "no", helps)


def verdict(*checks: tuple[str, bool | None]) -> Verdict:
    made = tuple(Check(name, passed, "", "") for name, passed in checks)
    return Verdict(accepted=all(check.passed for check in made), checks=made)


@pytest.mark.parametrize(
    ("failures", "waited_s", "expected"),
    [
        pytest.param([Helps.NOTHING], 0.0, True, id="a token that can't come is not waited for"),
        pytest.param([Helps.SPREADING], 9.9, False, id="a refusal is not believed at first"),
        pytest.param([Helps.SPREADING], 10.0, True, id="a refusal with a reason is believed then"),
        pytest.param([Helps.ANYTHING], 59.9, False, id="one without a reason is tried to the end"),
        pytest.param([Helps.ANYTHING], 60.0, True, id="there is an end"),
        pytest.param([Helps.NOTHING, Helps.ANYTHING], 1.0, False, id="the most patient decides"),
        pytest.param([], 0.0, True, id="nobody is left"),
    ],
)
def test_a_proof_is_given_up_once_nothing_speaks_for_waiting(
    failures: list[Helps],
    waited_s: float,
    expected: object,
) -> None:
    assert gives_up([failure(one) for one in failures], waited_s, 60.0) is expected


def test_no_patience_is_longer_than_the_limit() -> None:
    assert gives_up([failure(Helps.SPREADING)], 2.0, 2.0)


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        pytest.param(verdict(("issuer", False)), Helps.SPREADING, id="a token that does not fit"),
        pytest.param(verdict(("expiry", False)), Helps.SPREADING, id="an expired token"),
        pytest.param(verdict(("issued at", False)), Helps.ANYTHING, id="a clock that is behind"),
        pytest.param(verdict(("not before", False)), Helps.ANYTHING, id="a token of tomorrow"),
        pytest.param(verdict(("issuer", True)), Helps.ANYTHING, id="a token that fits"),
        pytest.param(verdict(("key", None)), Helps.ANYTHING, id="nobody knows"),
    ],
)
def test_waiting_helps_a_token_in_which_nothing_is_wrong(judged: Verdict, expected: Helps) -> None:
    assert waiting_helps(judged) is expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("file", Helps.NOTHING),
        ("environment", Helps.NOTHING),
        ("self_signed", Helps.NOTHING),
        ("kubernetes", Helps.NOTHING),
        ("command", Helps.ANYTHING),
        ("gcp", Helps.ANYTHING),
        ("client_credentials", Helps.ANYTHING),
        (UNKNOWN, Helps.ANYTHING),
    ],
)
def test_only_who_asks_somebody_may_get_another_answer(kind: str, expected: Helps) -> None:
    assert source_may_recover({"kind": kind}) is expected
