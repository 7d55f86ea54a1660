"""Which texts `audience` and `issuers` take, and what list of values they then mean."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.contract.cluster import ADMITTED
from tests.contract.expectations import UNCATEGORISED, every_version, holds, refusal, says
from tests.contract.setting_names import AUDIENCE, ISSUERS

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.setting_restorer import Settings
    from tests.contract.sso import Sso

pytestmark = every_version
MAY_BE_MAP = holds(needs=ISSUERS)
ONLY_LIST = holds(before="23.2")

MAP = '{"issuer_jwks_map": {"https://i": "https://i/keys"}}'
AUDIENCE_REFUSED = "JWT authentication audiences JSON not valid: .+"
ISSUER_LIST_REFUSED = "JWT authentication issuers JSON not valid: .+"
ISSUERS_REFUSED = "JWT authentication: issuers JSON not valid: .+\n.+"
NUMBER_IN_LIST = "json: cannot unmarshal number into Go value of type string"

LITERALS = [
    pytest.param("", id="empty text"),
    pytest.param("https://idp.example/", id="a plain string"),
    pytest.param("a,b", id="commas do not split"),
    pytest.param("issuer1{}`[]!@#", id="punctuation that is not JSON"),
    pytest.param("['a']", id="single quotes are not JSON"),
    pytest.param('["a"]x', id="text after a list"),
    pytest.param('["a"', id="an unclosed list"),
    pytest.param("back\\slash and 'quote'", id="backslash and quote"),
    pytest.param("Ομηρος", id="letters beyond ASCII"),
]
LISTS = [
    pytest.param("[]", id="an empty list"),
    pytest.param('["a", "b"]', id="a list"),
    pytest.param(' ["a"] ', id="a list between blanks"),
    pytest.param('[\n  "a"\n]', id="a list over several lines"),
    pytest.param("null", id="null"),
    pytest.param('["a", null]', id="a list with null"),
]


@pytest.mark.parametrize("name", [AUDIENCE, ISSUERS])
@pytest.mark.parametrize("text", [*LITERALS, *LISTS])
def test_a_literal_or_a_list_of_strings_is_kept_byte_for_byte(
    settings: Settings, name: str, text: str
) -> None:
    settings.put(name, text)
    assert settings.show(name) == text


@MAY_BE_MAP
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{}", id="an empty object"),
        pytest.param(MAP, id="a map of key URLs"),
        pytest.param('{"ISSUER_jwks_MAP": {"i": "u"}}', id="a map whatever the letter case"),
    ],
)
def test_issuers_take_a_map_too(settings: Settings, text: str) -> None:
    settings.put(ISSUERS, text)
    assert settings.show(ISSUERS) == text


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        pytest.param(AUDIENCE, '"a"', AUDIENCE_REFUSED, id="audience: a JSON string"),
        pytest.param(AUDIENCE, "123", AUDIENCE_REFUSED, id="audience: a number"),
        pytest.param(AUDIENCE, "true", AUDIENCE_REFUSED, id="audience: true"),
        pytest.param(AUDIENCE, "{}", AUDIENCE_REFUSED, id="audience: an object"),
        pytest.param(AUDIENCE, MAP, AUDIENCE_REFUSED, id="audience: a map of key URLs"),
        pytest.param(
            AUDIENCE,
            '["a", 1]',
            f"JWT authentication audiences JSON not valid: {NUMBER_IN_LIST}",
            id="audience: a number in the list",
        ),
        pytest.param(
            ISSUERS, '"a"', ISSUERS_REFUSED, id="issuers: a JSON string", marks=MAY_BE_MAP
        ),
        pytest.param(ISSUERS, "123", ISSUERS_REFUSED, id="issuers: a number", marks=MAY_BE_MAP),
        pytest.param(ISSUERS, "true", ISSUERS_REFUSED, id="issuers: true", marks=MAY_BE_MAP),
        pytest.param(
            ISSUERS,
            '["a", 1]',
            f"JWT authentication: issuers JSON not valid: {NUMBER_IN_LIST}\n.+",
            id="issuers: a number in the list",
            marks=MAY_BE_MAP,
        ),
        pytest.param(
            ISSUERS,
            '{"issuer_jwks_map": {"i": "u"}, "x": 1}',
            '.+\njson: unknown field "x"',
            id="issuers: an unknown member beside the map",
            marks=MAY_BE_MAP,
        ),
        pytest.param(
            ISSUERS,
            '{"redirect_urls": {"i": "u"}}',
            '.+\njson: unknown field "redirect_urls"',
            id="issuers: another object",
            marks=MAY_BE_MAP,
        ),
        pytest.param(
            ISSUERS,
            '{"issuer_jwks_map": ["i"]}',
            ISSUERS_REFUSED,
            id="issuers: a list as the map",
            marks=MAY_BE_MAP,
        ),
        pytest.param(
            ISSUERS, '"a"', ISSUER_LIST_REFUSED, id="old issuers: a JSON string", marks=ONLY_LIST
        ),
        pytest.param(
            ISSUERS, "{}", ISSUER_LIST_REFUSED, id="old issuers: an object", marks=ONLY_LIST
        ),
        pytest.param(ISSUERS, MAP, ISSUER_LIST_REFUSED, id="old issuers: a map", marks=ONLY_LIST),
        pytest.param(
            ISSUERS,
            '["a", 1]',
            f"JWT authentication issuers JSON not valid: {NUMBER_IN_LIST}",
            id="old issuers: a number in the list",
            marks=ONLY_LIST,
        ),
    ],
)
def test_other_json_is_refused_and_changes_nothing(
    settings: Settings, db: Connection, name: str, text: str, error: str
) -> None:
    settings.put(name, "before")
    said = refusal(db, f"SET CLUSTER SETTING {settings.called(name)} = '{text}'")
    assert says(error, said.message_primary), said.message_primary
    assert said.sqlstate == UNCATEGORISED
    assert settings.show(name) == "before"


INVALID_AUDIENCE = "JWT authentication: invalid audience"
INVALID_ISSUER = "JWT authentication: invalid issuer"


@pytest.mark.parametrize(
    ("text", "aud", "expected"),
    [
        pytest.param("a", "a", ADMITTED, id="the string itself"),
        pytest.param("a,b", "a", INVALID_AUDIENCE, id="commas do not split"),
        pytest.param("a,b", "a,b", ADMITTED, id="a comma is part of the string"),
        pytest.param("https://a/", "https://a", INVALID_AUDIENCE, id="a trailing slash matters"),
        pytest.param("A", "a", INVALID_AUDIENCE, id="letter case matters"),
        pytest.param('["a", "b"]', "b", ADMITTED, id="any of the list"),
        pytest.param('["a", "b"]', ["x", "b"], ADMITTED, id="any token audience"),
        pytest.param('["a", "b"]', ["x", "y"], INVALID_AUDIENCE, id="none of the list"),
        pytest.param('["123"]', "123", ADMITTED, id="a numeric audience in a list"),
        pytest.param("[]", "a", INVALID_AUDIENCE, id="an empty list takes nothing"),
        pytest.param("null", "a", INVALID_AUDIENCE, id="null takes nothing"),
        pytest.param('["a"]x', "a", INVALID_AUDIENCE, id="text after a list makes a literal"),
        pytest.param('["a"]x', '["a"]x', ADMITTED, id="the literal with text after a list"),
        pytest.param("", "a", INVALID_AUDIENCE, id="the empty default takes no name"),
        pytest.param("", "", ADMITTED, id="the empty default takes the empty audience"),
        pytest.param("", None, INVALID_AUDIENCE, id="the empty default takes no missing audience"),
        pytest.param('["a", null]', "", ADMITTED, id="null in a list is the empty string"),
        pytest.param("a", [], INVALID_AUDIENCE, id="a token with an empty list of audiences"),
    ],
)
def test_audience_is_compared_byte_for_byte(
    cluster: Cluster, sso: Sso, text: str, aud: str | list[str] | None, expected: str
) -> None:
    sso.trust(audience=text)
    assert cluster.verdict(sso.person, sso.token(aud=aud)) == expected


@pytest.mark.parametrize(
    ("template", "iss", "expected"),
    [
        pytest.param("ISS", "ISS", ADMITTED, id="the string itself"),
        pytest.param("ISS/", "ISS", INVALID_ISSUER, id="a trailing slash matters"),
        pytest.param("ISS", "ISS/", INVALID_ISSUER, id="a trailing slash matters in the token"),
        pytest.param("ISS,b", "ISS", INVALID_ISSUER, id="commas do not split"),
        pytest.param('["b", "ISS"]', "ISS", ADMITTED, id="any of the list"),
        pytest.param('["b", "c"]', "ISS", INVALID_ISSUER, id="none of the list"),
        pytest.param("[]", "ISS", INVALID_ISSUER, id="an empty list takes nothing"),
        pytest.param(
            "{}", "ISS", INVALID_ISSUER, id="an empty object takes nothing", marks=MAY_BE_MAP
        ),
        pytest.param("null", "ISS", INVALID_ISSUER, id="null takes nothing"),
        pytest.param(
            '{"issuer_jwks_map": {"ISS": "https://u"}}',
            "ISS",
            ADMITTED,
            id="the keys of a map are issuers while nothing is fetched",
            marks=MAY_BE_MAP,
        ),
        pytest.param(
            '{"issuer_jwks_map": {"https://i": "ISS"}}',
            "ISS",
            INVALID_ISSUER,
            id="the URLs of a map are not issuers",
            marks=MAY_BE_MAP,
        ),
        pytest.param(
            '["ISS"]x', "ISS", ADMITTED, id="text after a list is ignored", marks=MAY_BE_MAP
        ),
        pytest.param(
            '["ISS"]x', '["ISS"]x', INVALID_ISSUER, id="and makes no literal", marks=MAY_BE_MAP
        ),
        pytest.param(
            '["ISS"]x', '["ISS"]x', ADMITTED, id="text after a list, old", marks=ONLY_LIST
        ),
        pytest.param("['ISS']", "ISS", INVALID_ISSUER, id="single quotes make a literal"),
        pytest.param("", None, ADMITTED, id="unset issuers take a token without iss"),
        pytest.param("", "ISS", INVALID_ISSUER, id="unset issuers take no named issuer"),
        pytest.param("ISS", None, INVALID_ISSUER, id="a named issuer takes no token without iss"),
        pytest.param('["ISS", null]', None, ADMITTED, id="null in a list takes a missing iss"),
    ],
)
def test_the_issuer_is_compared_byte_for_byte(
    cluster: Cluster, sso: Sso, template: str, iss: str | None, expected: str
) -> None:
    sso.trust(issuers=template.replace("ISS", sso.issuer))
    token = sso.token(iss=iss and iss.replace("ISS", sso.issuer))
    assert cluster.verdict(sso.person, token) == expected


def test_a_list_made_by_a_program_means_its_values(cluster: Cluster, sso: Sso) -> None:
    odd = 'a "quoted" \\ value é'
    sso.trust(audience=json.dumps(["x", odd]))
    assert cluster.verdict(sso.person, sso.token(aud=odd)) == ADMITTED
