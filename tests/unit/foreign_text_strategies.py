"""Texts that others may have left in the settings: odd layouts, comments, escapes, duplicates."""

import json
from collections.abc import Sequence
from functools import cache

from hypothesis import strategies as st

from crdb_sso.crdb.settings import Setting
from tests.unit.named_keys import ec_key

BLANKS = st.sampled_from(["", "", " ", "\n  ", "\t", "\r\n"])

MAP_LINES = [
    "",
    "   ",
    "# a note",
    "\t# https://idp-a.example.com s-1 app_a",
    "https://theirs.example.com  sub\tuser_x",
    r"https://theirs.example.com /^(.*)@corp\.com$ \1 # mail",
    "cert_map alice alice\r",
    "https://theirs.example.com näme üser",
    "https://idp-a.example.com foreign-subject app_b#glued",
    "https://idp-b.example.com \t s-1   app_a # as ours, in their layout",
]

KEYS = [
    '{"kty":"RSA","n":"AQAB","e":"AQAB"}',
    '{ "kid" : "theirs-1", "kty":"EC","crv":"P-256K","x":"AA","y":"AA" }',
    '{"kid":"theirs-1","kty":"RSA","n":"AQAB","e":"AQAB","double":true}',
    r'{"kty":"OKP","crv":"Ed25519","x":"AQAB","kid":"th\u0065irs-2","note":["a, b",{"]":"}"}]}',
    '{"kty":"oct","k":"c2VjcmV0","kid":"theirs-3"}',
    json.dumps(json.loads(ec_key("a-1")) | {"x5t": "their copy of ours", "use": "sig"}, indent=1),
]

OTHER_MEMBERS = [r'"n\u006fte" : "keys, and more"', '"version":1e2', '"x": {"keys":[]}']

STRINGS = [
    '"https://theirs.example.com"',
    r'"https:\/\/escaped.example.com\/"',
    r'"\u0061udience"',
    '"näme, with ] and comma"',
    "null",
    '""',
    '"https://theirs.example.com"',
    r'"https:\/\/idp-b.example.com"',
    '"crdb"',
]

LITERALS = ["https://theirs.example.com", "a,b", "issuer1{}`[]!@#", "crdb", "ä ö\nü", '["half']


HOST_RULES = [
    "",
    "host all all all cert-password",
    "# people\nhost all mon 10.0.0.5/32 cert\nhost  all all all password # all\n",
    'hostssl all "mon","ops" all cert # crdb-sso\n\nlocal all all password',
]


def laid_out(opening: str, slices: Sequence[str], closing: str) -> st.SearchStrategy[str]:
    """Return a JSON container with white space between its raw slices."""
    return _laid_out(opening, tuple(slices), closing)


@cache  # a strategy that is made again is looked through again
def _laid_out(opening: str, slices: tuple[str, ...], closing: str) -> st.SearchStrategy[str]:
    padded = [st.tuples(BLANKS, st.just(raw), BLANKS).map("".join) for raw in slices]
    body = st.tuples(*padded).map(",".join) if padded else BLANKS
    return st.tuples(BLANKS, st.just(opening), body, st.just(closing), BLANKS).map("".join)


def chosen(slices: Sequence[str]) -> st.SearchStrategy[list[str]]:
    return _chosen(tuple(slices))


@cache
def _chosen(slices: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(slices), max_size=4, unique=True)


def identity_maps() -> st.SearchStrategy[str]:
    lines = st.lists(st.sampled_from(MAP_LINES), max_size=6)
    return st.tuples(lines.map("\n".join), st.sampled_from(["", "\n"])).map("".join)


@st.composite
def key_sets(draw: st.DrawFn) -> str:
    if draw(st.sampled_from([True, False, False])):
        return draw(st.sampled_from(KEYS))
    listed = draw(st.one_of(chosen(KEYS).flatmap(lambda s: laid_out("[", s, "]")), st.just("null")))
    others = draw(chosen(OTHER_MEMBERS))
    at = draw(st.integers(0, len(others)))
    return draw(laid_out("{", [*others[:at], f'"keys":{listed}', *others[at:]], "}"))


def string_lists() -> st.SearchStrategy[str]:
    listed = chosen(STRINGS).flatmap(lambda slices: laid_out("[", slices, "]"))
    return st.one_of(listed, st.sampled_from(["", "[]", "null", *LITERALS]))


@st.composite
def issuer_maps(draw: st.DrawFn) -> str:
    named = [raw for raw in STRINGS if raw.startswith('"')]
    members = [f'{raw} : "https:\\/\\/keys.example.com"' for raw in draw(chosen(named))]
    mapped = draw(st.one_of(laid_out("{", members, "}"), st.just("null")))
    return draw(laid_out("{", [f'"Issuer_JWKS_map":{mapped}'], "}"))


def issuers() -> st.SearchStrategy[str]:
    return st.one_of(string_lists(), issuer_maps(), st.just("{}"))


TEXTS = {
    Setting.IDENTITY_MAP: identity_maps(),
    Setting.JWKS: key_sets(),
    Setting.ISSUERS: issuers(),
    Setting.AUDIENCE: string_lists(),
    Setting.ENABLED: st.sampled_from(["true", "false"]),
    Setting.HOST_RULES: st.sampled_from(HOST_RULES),
    Setting.PROVISIONING: st.sampled_from(["true", "false"]),
    Setting.GROUP_SYNC: st.sampled_from(["true", "false", "false"]),
    Setting.GROUP_CLAIM: st.sampled_from(["groups", "teams"]),
    Setting.USERINFO_GROUP_KEY: st.sampled_from(["groups", "teams"]),
}


def found_texts() -> st.SearchStrategy[dict[Setting, str]]:
    """Return texts of some settings; the others are at their defaults."""
    return st.fixed_dictionaries({}, optional=TEXTS)
