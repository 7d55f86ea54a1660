"""Clusters that others set up by hand, with much that can be adopted and much that can't."""

import json

from hypothesis import assume
from hypothesis import strategies as st

from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.plan.inputs import LiveUser
from dev.emulator.sqlerror import SqlError
from tests.unit.cluster_model import ACCEPTS, Cluster, with_texts
from tests.unit.foreign_text_strategies import KEYS, LITERALS, MAP_LINES, STRINGS, laid_out
from tests.unit.named_keys import ec_key, ed_key

ISSUERS = [
    "https://idp-a.example.com",
    "https://idp-a.example.com/",
    "https://IDP-A.example.com:8443/realms/a",
    "https://theirs.example.com",
    "https://accounts.google.com",
    "https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
    "https://cockroachlabs.cloud",
    'urn:"odd"',
    "import",
    "näme",
]
USERS = ["app_a", "app_b", "üser", "user_x"]
TARGETS = [*USERS, "root", "public", "App_A", "absent", r"\1"]
ROLES = ["readers", "writers", "admin", "Odd Role"]

odd_texts = st.text("ab\"'\\/{}%$漢é\u200b\x07\U000e0001", min_size=1, max_size=12)
"""Quotes, escapes, wide and invisible letters: what could break out of a literal or a comment."""

long_texts = st.integers(40, 130).map("s".__mul__)

subjects = st.one_of(
    st.sampled_from(["orders", "12345", r"/^batch-\d+$", "/any", "//", "/^a|b$"]),
    odd_texts,
    long_texts,
)


def is_accepted(setting: Setting, text: str) -> bool:
    """Tell whether a cluster would accept a text."""
    try:
        ACCEPTS[setting](text)
    except SqlError:
        return False
    return True


@st.composite
def map_lines(draw: st.DrawFn) -> str:
    issuer, user = draw(st.sampled_from(ISSUERS)), draw(st.sampled_from(TARGETS))
    blank = draw(st.sampled_from([" ", "\t", "   "]))
    end = draw(st.sampled_from(["", "", " # 'mail'", "\r"]))
    return f"{issuer}{blank}{draw(subjects)}{blank}{user}{end}"


@st.composite
def identity_maps(draw: st.DrawFn) -> str:
    line = st.one_of(map_lines(), map_lines(), map_lines(), st.sampled_from(MAP_LINES))
    drawn = draw(st.lists(line, min_size=2, max_size=12))
    sure = [
        f"{issuer} orders {USERS[0]}"
        for issuer in draw(st.sets(st.sampled_from(ISSUERS[:4]), min_size=2))
    ]
    texts = draw(st.permutations([*drawn, *sure]))
    return "\n".join(text for text in texts if is_accepted(Setting.IDENTITY_MAP, text))


@st.composite
def string_lists(draw: st.DrawFn, usual: list[str]) -> str:
    named = st.sampled_from([json.dumps(text) for text in usual])
    odd = st.one_of(st.sampled_from(STRINGS), odd_texts.map(json.dumps), long_texts.map(json.dumps))
    raw = draw(st.lists(st.one_of(named, named, odd), min_size=len(usual), max_size=12))
    return draw(laid_out("[", raw, "]"))


@st.composite
def issuer_maps(draw: st.DrawFn) -> str:
    uris = st.one_of(st.just("https://keys.example.com/a"), odd_texts, long_texts)
    mapped = draw(st.dictionaries(st.sampled_from(ISSUERS), uris, min_size=3, max_size=6))
    return json.dumps({"issuer_jwks_map": mapped}, indent=draw(st.sampled_from([None, 1])))


def issuer_texts() -> st.SearchStrategy[str]:
    literal = st.sampled_from([*LITERALS[:2], *ISSUERS[:4]])
    return st.one_of(string_lists(ISSUERS[:6]), string_lists(ISSUERS), issuer_maps(), literal)


def audience_texts() -> st.SearchStrategy[str]:
    usual = ["crdb", "https://crdb.example.com"]
    return st.one_of(string_lists(usual), st.sampled_from([*LITERALS, *usual]))


@st.composite
def key_sets(draw: st.DrawFn) -> str:
    kids = st.one_of(st.sampled_from(["a-1", "a-2", "theirs-1"]), odd_texts)
    made = st.one_of(kids.map(ec_key), kids.map(ed_key))
    raw = draw(st.lists(st.one_of(made, made, st.sampled_from(KEYS)), max_size=4))
    return draw(laid_out('{"keys":[', draw(st.permutations([*raw, ec_key("sure")])), "]}"))


@st.composite
def by_hand(draw: st.DrawFn) -> Cluster:
    """Draw a cluster; from one in ten, nothing can be adopted."""
    is_shut = draw(st.integers(0, 9)) == 9
    texts = {
        Setting.ENABLED: draw(st.sampled_from(["true", "false"])) if is_shut else "true",
        Setting.IDENTITY_MAP: draw(identity_maps()),
        Setting.ISSUERS: draw(issuer_texts()),
        Setting.AUDIENCE: "" if is_shut else draw(audience_texts()),
        Setting.JWKS: draw(key_sets()),
        Setting.PROVISIONING: draw(st.sampled_from(["true", "false"])),
        Setting.GROUP_SYNC: draw(st.sampled_from(["true", "false", "false"])),
        Setting.GROUP_CLAIM: draw(st.one_of(st.sampled_from(["groups", "teams"]), odd_texts)),
        Setting.USERINFO_GROUP_KEY: draw(st.one_of(st.just("groups"), odd_texts, long_texts)),
    }
    assume(all(is_accepted(s, text) for s, text in texts.items() if s in ACCEPTS))
    scalars = {
        Setting.AUTO_FETCH: draw(st.sampled_from(["true", "false", "false"])),
        Setting.TIMEOUT: draw(st.sampled_from(["5s", "5s", "15s"])),
        Setting.CLAIM: draw(st.one_of(st.just(""), st.just(""), odd_texts)),
    }
    settings = with_texts(texts) | {
        setting: LiveSetting(setting.value, text) for setting, text in scalars.items()
    }
    user = st.builds(LiveUser, st.booleans(), st.frozensets(st.sampled_from(ROLES)))
    users = {name: draw(user) for name in [USERS[0], *draw(st.sets(st.sampled_from(USERS)))]}
    return Cluster(settings, users, frozenset(ROLES))
