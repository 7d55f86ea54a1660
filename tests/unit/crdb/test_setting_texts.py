"""Texts of settings as entries: read, spliced, and refused where they are ambiguous."""

import pytest

from crdb_sso.crdb.setting_texts import agrees, entries, may_restore, read, spliced
from crdb_sso.crdb.settings import Setting
from crdb_sso.errors import GuardRefused
from tests.unit.named_keys import ec_key, ed_key

MAP, JWKS = Setting.IDENTITY_MAP, Setting.JWKS
ISSUERS, AUDIENCE = Setting.ISSUERS, Setting.AUDIENCE
SYNC, TIMEOUT, RULES = Setting.GROUP_SYNC, Setting.TIMEOUT, Setting.HOST_RULES

K1, K2 = ec_key("k1"), ed_key("k2")
NAMELESS = '{"kty":"RSA","n":"AQAB","e":"AQAB"}'
K1_THEIRS = K1.replace('"kid"', ' "x5t" : "theirs", "kid"')


# reading


@pytest.mark.parametrize(
    ("setting", "text", "expected"),
    [
        pytest.param(AUDIENCE, "", {}, id="unset"),
        pytest.param(AUDIENCE, "crdb", {"crdb": '"crdb"'}, id="a literal"),
        pytest.param(AUDIENCE, "a,b", {"a,b": '"a,b"'}, id="commas do not split a literal"),
        pytest.param(AUDIENCE, "['a']", {"['a']": "\"['a']\""}, id="single quotes are not JSON"),
        pytest.param(AUDIENCE, '["a"]x', {'["a"]x': r'"[\"a\"]x"'}, id="text after a list"),
        pytest.param(AUDIENCE, "ä\nö", {"ä\nö": r'"ä\nö"'}, id="a literal of two lines"),
        pytest.param(AUDIENCE, "[]", {}, id="an empty list"),
        pytest.param(AUDIENCE, "null", {}, id="null"),
        pytest.param(AUDIENCE, ' ["a" , "b"] ', {"a": '"a"', "b": '"b"'}, id="a list"),
        pytest.param(AUDIENCE, r'["\u0061"]', {"a": r'"\u0061"'}, id="an escaped name"),
        pytest.param(AUDIENCE, '["a",null,""]', {"a": '"a"'}, id="the empty text has no name"),
        pytest.param(ISSUERS, "https://idp/", {"https://idp/": '"https://idp/"'}, id="one issuer"),
        pytest.param(ISSUERS, "{}", {}, id="an empty object"),
        pytest.param(ISSUERS, '{"issuer_jwks_map":{}}', {}, id="an empty map"),
        pytest.param(ISSUERS, '{"issuer_jwks_map":null}', {}, id="null instead of a map"),
        pytest.param(
            ISSUERS,
            r'{ "Issuer_JWKS_Map" : { "i\/1" : "u" , "j":null} }',
            {"i/1": r'"i\/1" : "u"', "j": '"j":null'},
            id="a map, its member in any case",
        ),
        pytest.param(ISSUERS, "nobody", {"nobody": '"nobody"'}, id="a literal with null's letter"),
        pytest.param(ISSUERS, '["half', {'["half': r'"[\"half"'}, id="a list that does not end"),
        pytest.param(JWKS, '{"keys":[]}', {}, id="no key"),
        pytest.param(JWKS, '{"keys":null}', {}, id="keys null"),
        pytest.param(JWKS, f" {K1}\n", {"k1": K1}, id="a single key"),
        pytest.param(JWKS, f'{{"keys":[{K1} , {K2}]}}', {"k1": K1, "k2": K2}, id="a set"),
        pytest.param(JWKS, f'{{"keys":[{NAMELESS}]}}', {}, id="a key without kid"),
        pytest.param(JWKS, '{"keys":[{"kid":7},[]]}', {}, id="what is not a key has no name"),
        pytest.param(
            JWKS, f'{{"keys":[{K1_THEIRS},{K1}]}}', {"k1": K1_THEIRS}, id="the first of duplicates"
        ),
        pytest.param(MAP, "", {}, id="an empty map text"),
        pytest.param(
            RULES,
            "# note\nhost all all all cert # x",
            {"host all all all cert # x": "host all all all cert # x"},
            id="host-based rules",
        ),
        pytest.param(SYNC, "true", {}, id="a value has no name"),
        pytest.param(TIMEOUT, "1m0.5s", {}, id="a length of time"),
        pytest.param(
            MAP,
            "# note\n\n i \t s   u # why\nj s u",
            {"i s u": " i \t s   u # why", "j s u": "j s u"},
            id="lines",
        ),
    ],
)
def test_entries_are_named_and_keep_their_raw_text(
    setting: Setting, text: str, expected: dict[str, str]
) -> None:
    assert entries(setting, text) == expected


@pytest.mark.parametrize(
    ("setting", "text", "reason"),
    [
        pytest.param(AUDIENCE, '"a"', r"begins with \[", id="a JSON string"),
        pytest.param(AUDIENCE, "123", r"begins with \[", id="a number"),
        pytest.param(AUDIENCE, '["a",1]', "a list of strings", id="a number in the list"),
        pytest.param(ISSUERS, '{"a":{}}', "one member issuer_jwks_map", id="an unknown member"),
        pytest.param(
            ISSUERS, '{"issuer_jwks_map":{},"x":1}', "one member issuer_jwks_map", id="two members"
        ),
        pytest.param(ISSUERS, '{"issuer_jwks_map":[]}', "begins with {", id="a list in it"),
        pytest.param(ISSUERS, '["a"]x', "text after the JSON value, from char.* 6", id="more text"),
        pytest.param(ISSUERS, ' ["a"]x', "text after the JSON value", id="a blank first"),
        pytest.param(ISSUERS, "nullx", "text after the JSON value", id="text after null"),
        pytest.param(JWKS, "", "a JWK or JWKS object", id="nothing"),
        pytest.param(JWKS, "[]", "a JWK or JWKS object", id="a bare list"),
        pytest.param(JWKS, f"{K1} x", "a JWK or JWKS object", id="text after a key"),
        pytest.param(JWKS, '{"keys":[],"keys":[]}', "occurs twice", id="two lists"),
        pytest.param(JWKS, '{"keys":{}}', r"begins with \[", id="keys that are not a list"),
        pytest.param(
            MAP, "i s\n", "not accept line 1 .a line is `issuer subject user`", id="two fields"
        ),
        pytest.param(SYNC, "on", "'on' is not a legal value", id="not a switch"),
        pytest.param(TIMEOUT, "5", "'5' is not a legal value", id="a number without a unit"),
        pytest.param(
            MAP,
            "# a\ni s u v",
            "not accept line 2 .a line is `issuer subject user`",
            id="four fields",
        ),
    ],
)
def test_what_the_cluster_might_read_differently_is_refused(
    setting: Setting, text: str, reason: str
) -> None:
    with pytest.raises(GuardRefused, match=reason) as caught:
        read(setting, text)
    assert f"the live value of {setting.value} can't be read" in caught.value.what
    assert "fix it by hand" in caught.value.hint


def test_an_error_names_a_setting_as_the_cluster_does() -> None:
    with pytest.raises(GuardRefused, match=r"of its\.name can't be read"):
        entries(JWKS, "{", "its.name")


# splicing


@pytest.mark.parametrize(
    ("setting", "text", "put", "drop", "expected"),
    [
        pytest.param(AUDIENCE, "", {"a": ""}, [], '["a"]', id="the first of a list"),
        pytest.param(AUDIENCE, "old", {"a": ""}, [], '["old","a"]', id="a literal becomes a list"),
        pytest.param(
            AUDIENCE, "a", {"a": ""}, [], "a", id="a literal that already says it stays a literal"
        ),
        pytest.param(AUDIENCE, ' [ "b" ] ', {"a": ""}, [], '["b","a"]', id="new ones come last"),
        pytest.param(AUDIENCE, ' [ "b" ] ', {}, ["c"], ' [ "b" ] ', id="nothing to drop"),
        pytest.param(
            AUDIENCE, '["a","b","a"]', {}, ["a"], '["b"]', id="duplicates are removed together"
        ),
        pytest.param(AUDIENCE, '["a"]', {"a": ""}, ["a"], '["a"]', id="put wins over drop"),
        pytest.param(AUDIENCE, '[null,"a"]', {}, ["", "a"], "[null]", id="nameless entries stay"),
        pytest.param(ISSUERS, "null", {"ä": "u"}, [], '["ä"]', id="null becomes a list"),
        pytest.param(
            ISSUERS,
            r'{"ISSUER_jwks_map": {"i\/1" : "u"}}',
            {"j": "https://j/keys"},
            [],
            r'{"issuer_jwks_map":{"i\/1" : "u","j":"https://j/keys"}}',
            id="a map keeps the spelling of others",
        ),
        pytest.param(
            ISSUERS,
            '{"issuer_jwks_map":{"i":"u","j":"v"}}',
            {},
            ["i"],
            '{"issuer_jwks_map":{"j":"v"}}',
            id="dropped from a map",
        ),
        pytest.param(JWKS, '{"keys":[]}', {"k1": K1}, [], f'{{"keys":[{K1}]}}', id="first key"),
        pytest.param(JWKS, K2, {"k1": K1}, [], f'{{"keys":[{K2},{K1}]}}', id="a set of two"),
        pytest.param(
            JWKS,
            f'{{"n\\u006fte": 1e2, "keys" : [ {NAMELESS} ],"z":[ ]}}',
            {"k1": K1},
            [],
            f'{{"n\\u006fte": 1e2,"keys":[{NAMELESS},{K1}],"z":[ ]}}',
            id="other members stay",
        ),
        pytest.param(
            JWKS,
            f'{{"keys":[{K1_THEIRS}]}}',
            {"k1": K1},
            [],
            f'{{"keys":[{K1_THEIRS}]}}',
            id="a key that means the same stays as it is",
        ),
        pytest.param(
            JWKS,
            f'{{"keys":[{ed_key("k1")},{NAMELESS}]}}',
            {"k1": K1},
            [],
            f'{{"keys":[{K1},{NAMELESS}]}}',
            id="another key of that kid is replaced in its place",
        ),
        pytest.param(
            JWKS,
            f'{{"keys":[{K1},{ed_key("k1")}]}}',
            {"k1": K1},
            [],
            f'{{"keys":[{K1},{ed_key("k1")}]}}',
            id="a second key of that kid is foreign",
        ),
        pytest.param(
            JWKS,
            f'{{"keys":[{K1},{ed_key("k1")}]}}',
            {},
            ["k1"],
            f'{{"keys":[{ed_key("k1")}]}}',
            id="the second key of a kid is not removed with the first",
        ),
        pytest.param(MAP, "", {"i s u": "i s u"}, [], "i s u\n", id="the first line"),
        pytest.param(
            MAP, "a b c", {"i s u": "i s u"}, [], "a b c\ni s u\n", id="a line end comes between"
        ),
        pytest.param(
            MAP, " i\ts u # x", {"i s u": "i s u"}, [], " i\ts u # x", id="a line in any layout"
        ),
        pytest.param(
            MAP,
            "# i s u\r\ni s u # ours\n\na b c\ni  s  u",
            {},
            ["i s u"],
            "# i s u\r\n\na b c\n",
            id="a line is removed with its duplicates, comments stay",
        ),
        pytest.param(TIMEOUT, "15s", {"": "5s"}, [], "5s", id="a value"),
        pytest.param(TIMEOUT, "15s", {}, [""], "15s", id="a value can't be dropped"),
    ],
)
def test_a_splice_puts_and_drops_entries(
    setting: Setting, text: str, put: dict[str, str], drop: list[str], expected: str
) -> None:
    assert spliced(setting, text, put, drop) == expected


def test_an_issuer_without_uri_cannot_join_a_map_of_uris() -> None:
    with pytest.raises(GuardRefused, match="that of https://j is not known") as caught:
        spliced(ISSUERS, '{"issuer_jwks_map":{"i":"u"}}', {"https://j": ""}, [])
    assert "Give the issuer's `jwks_uri`" in caught.value.hint


# comparing


@pytest.mark.parametrize(
    ("setting", "text", "other", "expected"),
    [
        pytest.param(AUDIENCE, "a", ' [ "a" ]', True, id="a literal and its list"),
        pytest.param(AUDIENCE, "", "[]", True, id="unset and nothing"),
        pytest.param(AUDIENCE, '["a","b"]', '["b","a"]', False, id="another order"),
        pytest.param(AUDIENCE, '["a"]', r'["\u0061"]', False, id="another spelling"),
        pytest.param(ISSUERS, '["a"]', '{"issuer_jwks_map":{"a":"u"}}', False, id="list and map"),
        pytest.param(JWKS, K1, f'{{"keys": [ {K1} ]}}', True, id="a key and its set"),
        pytest.param(JWKS, '{"keys":[]}', '{"keys":[],"x":1}', False, id="another member"),
        pytest.param(MAP, "a b c", "a b c\n", True, id="with and without a last line end"),
        pytest.param(MAP, "a b c", "a b  c", False, id="other white space in a line"),
        pytest.param(SYNC, "true", "false", True, id="a value has nothing foreign in it"),
        pytest.param(SYNC, "true", "maybe", False, id="not a value at all"),
        pytest.param(ISSUERS, '["a"]', '["a', False, id="not a list at all"),
        pytest.param(RULES, "host all a all cert", "host", False, id="not a rule at all"),
        pytest.param(RULES, "host all a all cert", "host all b all cert", False, id="other rules"),
        pytest.param(RULES, "host all a all cert", "host all a all cert", True, id="same rules"),
        pytest.param(RULES, "# a note", "", True, id="comments alone can't be set"),
    ],
)
def test_a_found_text_comes_back_when_what_is_left_holds_the_same_slices(
    setting: Setting, text: str, other: str, *, expected: bool
) -> None:
    assert may_restore(setting, text, other) is expected


@pytest.mark.parametrize(
    ("setting", "raw", "text", "expected"),
    [
        pytest.param(JWKS, K1_THEIRS, K1, True, id="the same key"),
        pytest.param(JWKS, ed_key("k1"), K1, False, id="another key"),
        pytest.param(MAP, " i s u # x", "i s u", True, id="a line is its name"),
        pytest.param(ISSUERS, '"i":"u"', "https://other", True, id="an issuer is its name"),
    ],
)
def test_a_live_slice_agrees_when_it_means_the_same(
    setting: Setting, raw: str, text: str, *, expected: bool
) -> None:
    assert agrees(setting, raw, text) is expected
