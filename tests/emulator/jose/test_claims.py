"""How the claims of a token are read, and when its times hold."""

from __future__ import annotations

import pytest

from dev.emulator.jose.keys import parse_jwks
from dev.emulator.jose.tokens import verify
from tests.emulator.token_forge import CLAIMS, NOW, jwks, rsa_pair, verdict

RSA = rsa_pair()
KEYS = jwks(RSA.jwk())


def with_claims(**claims: object) -> str:
    return RSA.token(CLAIMS | claims)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        pytest.param({}, "accepted", id="no times at all"),
        pytest.param({"exp": NOW + 1}, "accepted", id="exp in a second"),
        pytest.param({"exp": NOW}, 'refused: "exp" not satisfied', id="exp now"),
        pytest.param(
            {"exp": NOW + 0.9}, 'refused: "exp" not satisfied', id="exp loses its fraction"
        ),
        pytest.param({"exp": 0}, "accepted", id="exp 0 never expires"),
        pytest.param({"exp": 0.9}, "accepted", id="exp below 1 never expires"),
        pytest.param({"iat": NOW}, "accepted", id="iat now"),
        pytest.param({"iat": NOW + 0.9}, "accepted", id="iat loses its fraction"),
        pytest.param({"iat": NOW + 1}, 'refused: "iat" not satisfied', id="iat in a second"),
        pytest.param({"nbf": NOW}, "accepted", id="nbf now"),
        pytest.param({"nbf": NOW + 1}, 'refused: "nbf" not satisfied', id="nbf in a second"),
        pytest.param(
            {"iat": NOW + 1, "exp": 1, "nbf": NOW + 1},
            'refused: "iat" not satisfied',
            id="iat first",
        ),
        pytest.param(
            {"exp": 1, "nbf": NOW + 1}, 'refused: "exp" not satisfied', id="exp before nbf"
        ),
        pytest.param({"exp": "1700000001"}, "accepted", id="digits as text"),
        pytest.param({"exp": "1700000001.99"}, "accepted", id="digits with a fraction as text"),
        pytest.param({"exp": "1699999999"}, 'refused: "exp" not satisfied', id="expired as text"),
        pytest.param({"exp": "2030-01-01T00:00:00Z"}, "accepted", id="RFC 3339"),
        pytest.param(
            {"exp": "2023-11-14T23:13:20+01:00"}, 'refused: "exp" not satisfied', id="RFC 3339, now"
        ),
        pytest.param({"exp": "0001-01-01T00:00:00Z"}, "accepted", id="Go's zero time"),
        pytest.param(
            {"exp": "0001-01-01T00:00:00.5Z"}, 'refused: "exp" not satisfied', id="half a second on"
        ),
        pytest.param({"exp": 9.2e18}, "accepted", id="a future far away"),
        pytest.param(
            {"exp": "9223372036854775807"}, 'refused: "exp" not satisfied', id="wraps into the past"
        ),
    ],
)
def test_times_are_compared_by_the_second_without_leeway(
    claims: dict[str, object], expected: str
) -> None:
    assert verdict(KEYS, with_claims(**claims)) == expected


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param(
            {"exp": -1},
            "exp: invalid value for NumericDate: failed to accept float32 "
            "-1.000000000: value is not number of seconds since the epoch, and attempt to parse it "
            'as RFC3339 timestamp failed: parsing time "-1.000000000" as '
            '"2006-01-02T15:04:05Z07:00": cannot parse "-1.000000000" as "2006"',
            id="a negative time",
        ),
        pytest.param(
            {"exp": "2030-02-30T00:00:00Z"},
            'exp: invalid value for NumericDate: failed to accept string "2030-02-30T00:00:00Z": '
            "value is not number of seconds since the epoch, and attempt to parse it as RFC3339 "
            'timestamp failed: parsing time "2030-02-30T00:00:00Z": day out of range',
            id="a day that never comes",
        ),
        pytest.param(
            {"iat": None}, "iat: invalid value for NumericDate: invalid type <nil>", id="null time"
        ),
        pytest.param(
            {"nbf": True}, "nbf: invalid value for NumericDate: invalid type bool", id="bool time"
        ),
        pytest.param(
            {"exp": [1]},
            "exp: invalid value for NumericDate: invalid type []interface {}",
            id="list as time",
        ),
        pytest.param(
            {"exp": {}},
            "exp: invalid value for NumericDate: invalid type map[string]interface {}",
            id="object as time",
        ),
        pytest.param(
            {"exp": 1e19},
            "exp: invalid value for NumericDate: failed to accept float32 "
            "10000000000000000000.000000000: failed to parse whole value "
            '"10000000000000000000": strconv.ParseInt: parsing "10000000000000000000": '
            "value out of range",
            id="a time beyond 64 bits",
        ),
        pytest.param(
            {"exp": ""},
            'exp: invalid value for NumericDate: failed to accept string "": '
            'failed to parse whole value "": strconv.ParseInt: parsing "": invalid syntax',
            id="no digits",
        ),
        *[
            pytest.param(
                {name: 5},
                f"{name}: error reading next value: "
                "json: cannot unmarshal number into Go value of type string",
                id=f"{name} is a number",
            )
            for name in ("iss", "sub", "jti")
        ],
        pytest.param({"aud": None}, "aud: invalid type: <nil>", id="aud null"),
        pytest.param({"aud": 5}, "aud: invalid type: float64", id="aud a number"),
        pytest.param({"aud": {}}, "aud: invalid type: map[string]interface {}", id="aud an object"),
        pytest.param(
            {"aud": ["crdb", 5]}, "aud: invalid list element type float64", id="aud with a number"
        ),
    ],
)
def test_a_registered_claim_of_the_wrong_kind_makes_the_token_unreadable(
    claims: dict[str, object], reason: str
) -> None:
    expected = f"unreadable: failed to parse token: failed to decode value for key {reason}"
    assert verdict(KEYS, with_claims(**claims)) == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param('{"aud":"crdb"} trailing', "accepted", id="text after the claims"),
        pytest.param("null", "unreadable: invalid JWT", id="null"),
        pytest.param("[]", "unreadable: invalid JWT", id="a list"),
        pytest.param("", "unreadable: failed to parse token: EOF", id="nothing"),
        pytest.param(
            '{"aud":5,"aud":"crdb"}',
            "unreadable: failed to parse token: failed to decode value for key aud: "
            "invalid type: float64",
            id="a repeated claim is checked each time",
        ),
        pytest.param(
            '{"n":1e400}',
            "unreadable: failed to parse token: could not decode field n: failed to decode field n"
            ": json: cannot unmarshal number 1e400 into Go value of type float64",
            id="a number beyond float64",
        ),
        pytest.param(
            '{"kty":"x"}', "unreadable: unsupported format (layer: #2)", id="claims like a key"
        ),
        pytest.param('{"kty":"x","aud":"crdb"}', "accepted", id="claims like a key, with aud"),
        pytest.param(
            '{"a":' * 300 + "1" + "}" * 300,
            "unreadable: failed to parse token: exceeded max depth",
            id="nested deeper than anyone needs",
        ),
        pytest.param(
            '{"a":' * 100_000,
            "unreadable: failed to parse token: exceeded max depth",
            id="nested deeper than the stack",
        ),
    ],
)
def test_a_payload_is_the_first_json_object(payload: str, expected: str) -> None:
    assert verdict(KEYS, RSA.token(payload)) == expected


@pytest.mark.parametrize(
    ("payload", "subject"),
    [
        pytest.param('{"sub":"a","sub":"b"}', "b", id="the last of two"),
        pytest.param('{"sub":"a","sub":null}', "", id="null empties it"),
        pytest.param('{"Sub":"a"}', "", id="case matters"),
        pytest.param("{}", "", id="absent"),
        pytest.param(b'{"sub":"a\xff\xffb"}', "a\ufffd\ufffdb", id="broken bytes, one by one"),
        pytest.param('{"sub":"\\ud800x"}', "\ufffdx", id="half a surrogate pair"),
        pytest.param('{"sub":"\\ud83d\\ude00"}', "\U0001f600", id="a whole one"),
    ],
)
def test_the_subject_is_read_as_go_reads_text(payload: str | bytes, subject: str) -> None:
    assert verify(RSA.token(payload), parse_jwks(KEYS), NOW).principals("") == [subject]
