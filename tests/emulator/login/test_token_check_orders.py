"""The checks of a token in the first and in later versions: which fails first, in which words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dev.emulator.login.token_check_orders import (
    identify,
    judge_collapsed,
    vouched_claims,
)
from dev.emulator.login.token_checks import JwtSettings
from dev.emulator.sqlerror import SqlError
from tests.emulator.token_forge import CLAIMS, ISSUER, NOW, jwks, other_rsa_pair, rsa_pair

if TYPE_CHECKING:
    from collections.abc import Callable

MAP = '{"issuer_jwks_map":{"https://i":"https://u"}}'
TRUSTING = JwtSettings(
    enabled=True,
    jwks=jwks(rsa_pair().jwk()),
    issuers=ISSUER,
    audience="crdb",
    claim="",
    identity_map="",
)


@pytest.mark.parametrize(
    ("reads_map", "text", "accepted"),
    [
        (True, MAP, ["https://i"]),
        (False, MAP, [MAP]),
        (True, '["a"]x', ["a"]),
        (False, '["a"]x', ['["a"]x']),
        (False, '["a","b"]', ["a", "b"]),
        (False, "", [""]),
    ],
)
def test_old_versions_read_issuers_as_a_list(
    text: str, accepted: list[str], *, reads_map: bool
) -> None:
    settings = replace(TRUSTING, issuers=text, reads_issuer_map=reads_map)
    assert settings.accepted_issuers() == accepted


Refusal = tuple[str, str | None]
"""What is wrong, and the detail."""

BAD = other_rsa_pair().token(CLAIMS)
OLD = rsa_pair().token(CLAIMS | {"exp": NOW - 1})
FOREIGN = CLAIMS | {"iss": "https://other"}
WRONG_ISSUER: Refusal = ("invalid issuer", "token issued by https://other")


def _refusal(act: Callable[[], object]) -> Refusal | None:
    try:
        act()
    except SqlError as refused:
        reason = refused.message.removeprefix("JWT authentication: ")
        return (reason, refused.detail) if refused.sqlstate == "28000" else None
    return None


@pytest.mark.parametrize(
    ("changes", "token", "user", "expected"),
    [
        pytest.param({}, rsa_pair().token(), "kyle", None, id="all is well"),
        pytest.param({"enabled": False}, "x", "kyle", ("not enabled", None), id="off"),
        pytest.param({}, "x", "kyle", ("invalid token", None), id="no token"),
        pytest.param({}, BAD, "kyle", ("invalid token", None), id="signature"),
        pytest.param({}, OLD, "kyle", ("invalid token", None), id="expired"),
        pytest.param(
            {},
            other_rsa_pair().token(FOREIGN),
            "kyle",
            ("invalid token", None),
            id="the signature comes before the issuer",
        ),
        pytest.param({}, rsa_pair().token(FOREIGN), "kyle", WRONG_ISSUER, id="issuer"),
        pytest.param(
            {"audience": "x"},
            rsa_pair().token(),
            "ann",
            ("invalid principal", "token issued for [kyle] and login was for ann"),
            id="the principal comes before the audience",
        ),
        pytest.param(
            {"audience": "x"},
            rsa_pair().token(),
            "kyle",
            ("invalid audience", "token issued with an audience of [crdb]"),
            id="audience",
        ),
    ],
)
def test_the_first_versions_check_a_token_in_one_step(
    changes: dict[str, Any], token: str, user: str, expected: Refusal | None
) -> None:
    settings = replace(TRUSTING, **changes)
    assert _refusal(lambda: judge_collapsed(settings, token, user, NOW)) == expected


def test_in_22_2_a_key_without_an_algorithm_verifies_nothing() -> None:
    settings = replace(TRUSTING, infers_algorithm=False)
    judged = _refusal(lambda: judge_collapsed(settings, rsa_pair().token(), "kyle", NOW))
    assert judged == ("invalid token", None)
    named = replace(settings, jwks=jwks(rsa_pair().jwk(alg="RS256")))
    judge_collapsed(named, rsa_pair().token(), "kyle", NOW)


UNSIGNED = f"{rsa_pair().token().rpartition('.')[0]}."
WRONG_FORM: Refusal = ("invalid token", "token parsing failed: invalid JWT")
OTHER_USER: Refusal = ("invalid principal", "token issued for [kyle] and login was for ann")


@pytest.mark.parametrize(
    ("changes", "token", "user", "expected"),
    [
        pytest.param({}, OLD, "KYLE", None, id="times do not matter yet"),
        pytest.param({"audience": "x"}, rsa_pair().token(), "kyle", None, id="nor the audience"),
        pytest.param({}, UNSIGNED, "kyle", None, id="nor a signature"),
        pytest.param({}, BAD, "kyle", None, id="nor whose it is"),
        pytest.param({}, rsa_pair().token(FOREIGN), "kyle", None, id="nor the issuer"),
        pytest.param({"enabled": False}, "x", "kyle", ("not enabled", None), id="off"),
        pytest.param({}, "x", "kyle", WRONG_FORM, id="no token"),
        pytest.param({}, BAD, "ann", OTHER_USER, id="principal"),
        pytest.param({}, other_rsa_pair().token(FOREIGN), "ann", OTHER_USER, id="of any issuer"),
        pytest.param(
            {"identity_map": f"https://other kyle bob\n{ISSUER} kyle kyle"},
            rsa_pair().token(FOREIGN),
            "kyle",
            ("invalid principal", "token issued for [kyle] and login was for kyle"),
            id="by the map of the token's own issuer",
        ),
        pytest.param(
            {"identity_map": f"{ISSUER} nobody ann"},
            BAD,
            "ann",
            ("invalid principal", f"the value [kyle] for the issuer {ISSUER} is invalid"),
            id="no line",
        ),
        pytest.param(
            {"claim": "email"},
            BAD,
            "kyle",
            ("missing claim", "token does not contain a claim for email"),
            id="claim",
        ),
    ],
)
def test_from_25_4_on_whom_a_token_names_is_read_before_it_is_believed(
    changes: dict[str, Any], token: str, user: str, expected: Refusal | None
) -> None:
    assert _refusal(lambda: identify(replace(TRUSTING, **changes), token, user)) == expected


UNVERIFIED = "could not verify message using any of the signatures or keys"


@pytest.mark.parametrize(
    ("changes", "token", "expected"),
    [
        pytest.param({}, OLD, None, id="times do not matter"),
        pytest.param({"audience": "x"}, rsa_pair().token(), None, id="nor the audience"),
        pytest.param({}, other_rsa_pair().token(FOREIGN), WRONG_ISSUER, id="issuer"),
        pytest.param(
            {}, BAD, ("invalid token", f"unable to parse token: {UNVERIFIED}"), id="signature"
        ),
    ],
)
def test_a_token_makes_its_user_on_issuer_and_signature_alone(
    changes: dict[str, Any], token: str, expected: Refusal | None
) -> None:
    assert _refusal(lambda: vouched_claims(replace(TRUSTING, **changes), token)) == expected
