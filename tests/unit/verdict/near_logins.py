"""Logins that are right, but for a few things: version, settings, user, key, header, claims."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from crdb_sso.verdict import ClusterView, UserView
from tests.emulator.token_forge import (
    Pair,
    b64,
    ec_pair,
    oct_pair,
    okp_pair,
    other_rsa_pair,
    rsa_pair,
)
from tests.unit.verdict.imitated_settings import default_settings, is_legal

JWT = "server.jwt_authentication."
MAP = "server.identity_map.configuration"
OURS, SLASHED, THEIRS = "https://idp.example.com", "https://idp.example.com/", "https://other.test"
PAIRS: dict[str, Callable[[], Pair]] = {
    "rsa": rsa_pair,
    "other rsa": other_rsa_pair,
    "p256": ec_pair,
    "p384": lambda: ec_pair("P-384"),
    "p521": lambda: ec_pair("P-521"),
    "ed": okp_pair,
    "oct": oct_pair,
}
ABSENT = object()


@dataclass(frozen=True)
class Login:
    """One login; by default it succeeds on every version.

    Attributes:
        user: Whom the client wants to be.
        users: Who exists, and may log in.
        pair: What the token is signed with.
        alg: The algorithm that it is signed with, if not that of the pair.
        header: What is changed in the header; `ABSENT` takes a member out.
        claims: What is changed in the claims; times count from now.
        jwk: What is changed in the key.
        more_keys: Further keys of the set, those of the number before it and the rest behind.
        settings: What is changed in the settings, by name without its prefix.
        token: What is done to the finished token.
        fetched: What the issuers answer: the keys, other keys, nothing, or not a key set.
        licensed: Whether there is a licence.
    """

    user: str = "kyle"
    users: tuple[tuple[str, bool], ...] = (("kyle", True), ("shut", False), ("admin", False))
    pair: str = "rsa"
    alg: str = ""
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    jwk: dict[str, Any] = field(default_factory=dict)
    more_keys: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    token: str = ""
    fetched: str = "keys"
    licensed: bool = True

    def cluster(self, version: str, build: str) -> ClusterView:
        """The cluster, with the settings that a version lets it have."""
        live = {**default_settings(version)}
        wanted = {
            "enabled": "true",
            "jwks": self._jwks(),
            "issuers": json.dumps([OURS]),
            "audience": json.dumps(["crdb"]),
            **self.settings,
        }
        for short, text in wanted.items():
            name = MAP if short == "map" else short if short.startswith("security") else JWT + short
            if name == JWT + "issuers" and name not in live:
                name += ".configuration"
            if name in live and is_legal(version, name, text):
                live[name] = text
        answers = {"keys": self._jwks(), "other": json.dumps({"keys": []}), "junk": "<html>"}
        fetched = (
            dict.fromkeys((OURS, ""), answers[self.fetched]) if self.fetched in answers else {}
        )
        users = {name: UserView(may_login=may) for name, may in (*self.users, ("root", True))}
        return ClusterView(build, live, users, fetched, self.licensed)

    def _jwks(self) -> str:
        own = _changed(PAIRS[self.pair]().jwk(alg=PAIRS[self.pair]().alg), self.jwk)
        behind = [PAIRS[one]().jwk() for one in self.more_keys if one != "first"]
        keys = [*behind, own] if "first" in self.more_keys else [own, *behind]
        return json.dumps({"keys": keys})

    def sent(self) -> str:
        """The token, as the client sends it."""
        pair = PAIRS[self.pair]()
        now = int(time.time())
        claims = {"iss": OURS, "sub": "kyle", "aud": "crdb", "exp": 900, "iat": -60}
        timed = {
            name: value + now
            if name in ("exp", "iat", "nbf") and type(value) is int and value
            else f"{now + int(value[1:])}"
            if isinstance(value, str) and value.startswith("@")
            else value
            for name, value in _changed(claims, self.claims).items()
        }
        header = _changed({"alg": self.alg or pair.alg, "kid": "k"}, self.header)
        return _bent(pair.token(timed, header, alg=self.alg or None), self.token)


def _changed(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in {**members, **changes}.items() if v is not ABSENT}


def _bent(token: str, how: str) -> str:
    header, payload, signature = token.split(".")
    bent = {
        "": token,
        "empty": "",
        "blanks": f"  {token}\n",
        "padded": token + "=" * (-len(signature) % 4),
        "cut": token[:-3],
        "two parts": f"{header}.{payload}",
        "five parts": f"{token}.x.y",
        "bearer": f"Bearer {token}",
        "word": "hunter2",
        "no signature": f"{header}.{payload}.",
        "other signature": f"{header}.{payload}.{b64(bytes(256))}",
        "general": json.dumps(
            {"payload": payload, "signatures": [{"protected": header, "signature": signature}]}
        ),
        "list": f"{header}.{b64(b'[]')}.{signature}",
        "text": f"{header}.{b64(b'hello')}.{signature}",
        "bad json": f"{header}.{b64(b'{')}.{signature}",
    }
    return bent[how]


VALUES: Sequence[Any] = (
    *(None, True, False, 0, 1, -5, 1.5, 1_000_000, 1_234_567, "", "kyle", "Kyle", "a b", ABSENT),
    *([], ["kyle"], ["x", "kyle"], ["kyle", 1], [None], {}, {"a": 1, "B": ["x"]}, "\u212ayle"),
    *("3F2504E0", "3f2504e0", "ann.lee@corp.com", "root", "pg_x", "new-user", "UPPER", "shut"),
    *("2001-01-01T00:00:00.50Z", "1970-01-01T00:00:00.5Z", "0001-01-01T00:00:00.5Z"),
    *("2099-01-01T00:00:00Z", "2001-01-01T00:00:00+01:00", "2099-13-01T00:00:00Z"),
)
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"),
    *("EdDSA", "HS256", "HS512", "none", "FOO", "", ABSENT),
)
LINES = (
    *("kyle kyle", "Kyle kyle", "KYLE other", r"/^(.*)$ \1", r"/^k(.)le$ k\1le", "/ kyle"),
    *(r"/^(.*)@.*$/ \1", r"/^(.*)@corp\.com$ \1", r"/^(UPPER)$ \1", "3f2504e0 kyle"),
    *("/(?-i)^kyle$ kyle", "/kyle root", "kyle root", "kyle pg_x", "kyle KYLE", r"/x|(y) a\1b"),
    *(r"/[^\x00-\x{10FFFF}] public", "kyle shut", "kyle new-user", r"/^k kyle", "/ad kyle"),
)


def _map(lines: Sequence[str]) -> str:
    return "\n".join(lines)


map_texts = st.lists(
    st.builds(
        lambda issuer, line, tail: f"{issuer} {line}{tail}",
        st.sampled_from([OURS, OURS, OURS, SLASHED, "crdb", OURS.upper()]),
        st.sampled_from(LINES),
        st.sampled_from(["", "", "  # a comment", "\n", "\r"]),
    ),
    max_size=4,
).map(_map)

ISSUERS = (
    *("", OURS, SLASHED, THEIRS, "[]", "null", "{}", f'["{SLASHED}"]', f'["{THEIRS}","{OURS}"]'),
    *(f"{OURS},{THEIRS}", f'["{OURS}"]x', f'["{OURS}",null]', '"x"', f' ["{OURS}"] '),
    *(
        f'{{"issuer_jwks_map":{{"{OURS}":"https://keys.test"}}}}',
        f'{{"ISSUER_jwks_map":{{"{OURS}":null}}}}',
        f'{{"issuer_jwks_map":{{"{OURS}":"u"}}}} and more',
        '{"issuer_jwks_map":{}}',
    ),
)
AUDIENCES = ("", "crdb", "api://crdb", '["crdb"]', '["a","crdb"]', "[]", "crdb,a", '["a",null]')
CLAIMS = (
    *(
        "sub",
        "email",
        "groups",
        "aud",
        "exp",
        "iss",
        "x",
        "/x",
        "/x/a",
        "/x/0",
        "/x/B/0",
        "/x/+1",
        "/x/-0",
        "/a~1b",
    ),
    *("/sub", "/aud/0", "/exp", "x.a", "/", "/~0"),
)

_POINTED = ("x", "a/b", "~", "email", "groups", "/x")
_changes_of_header = st.dictionaries(
    st.sampled_from(["alg", "kid", "typ", "crit", "b64", "x5t", "zip"]),
    st.sampled_from([*ALGORITHMS, "k", "z", "", None, 1, ["exp"], False]),
    min_size=1,
    max_size=2,
)
_changes_of_claims = st.dictionaries(
    st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti", *_POINTED]),
    st.sampled_from([*VALUES, OURS, SLASHED, THEIRS, "crdb", "api://crdb", "@60", "@-60", 30, -30]),
    min_size=1,
    max_size=3,
)
_changes_of_key = st.dictionaries(
    st.sampled_from(["alg", "use", "kid", "key_ops", "crv", "x", "y", "n", "e", "kty", "d"]),
    st.sampled_from(
        [*ALGORITHMS, "sig", "enc", "k", "z", "", "P-256", "P-384", "AQAB", "QUJD", ["verify"]]
    ),
    min_size=1,
    max_size=2,
)
_SWITCHES = (
    "jwks_auto_fetch.enabled",
    "authorization.enabled",
    "security.provisioning.jwt.enabled",
)


def _with_settings(login: Login, name: str, text: str) -> Login:
    return replace(login, settings={**login.settings, name: text})


_SPOILERS = st.one_of(
    _changes_of_header.map(lambda c: lambda x: replace(x, header=c)),
    _changes_of_claims.map(lambda c: lambda x: replace(x, claims={**x.claims, **c})),
    _changes_of_claims.map(lambda c: lambda x: replace(x, claims={**x.claims, **c})),
    _changes_of_key.map(lambda c: lambda x: replace(x, jwk=c)),
    map_texts.map(lambda t: lambda x: _with_settings(x, "map", t)),
    map_texts.map(lambda t: lambda x: _with_settings(x, "map", t)),
    st.sampled_from(ISSUERS).map(lambda t: lambda x: _with_settings(x, "issuers", t)),
    st.sampled_from(AUDIENCES).map(lambda t: lambda x: _with_settings(x, "audience", t)),
    st.sampled_from(CLAIMS).map(lambda t: lambda x: _with_settings(x, "claim", t)),
    st.sampled_from(_SWITCHES).map(lambda n: lambda x: _with_settings(x, n, "true")),
    st.sampled_from(_SWITCHES).map(lambda n: lambda x: _with_settings(x, n, "true")),
    st.just(lambda x: _with_settings(x, "enabled", "false")),
    st.sampled_from(["groups", "roles", "x"]).map(
        lambda t: lambda x: _with_settings(x, "group_claim", t)
    ),
    st.sampled_from([["a", " B "], "a, b", "", [], [""], 1]).map(
        lambda g: lambda x: replace(x, claims={**x.claims, "groups": g})
    ),
    st.sampled_from(["other", "junk", "none"]).map(lambda f: lambda x: replace(x, fetched=f)),
    st.sampled_from(["kyle", "Kyle", "shut", "missing", "new-user", "root", "pg_x", "admin"]).map(
        lambda u: lambda x: replace(x, user=u)
    ),
    st.sampled_from([*PAIRS, "p384", "p256"]).map(lambda p: lambda x: replace(x, pair=p)),
    st.sampled_from([("p384", "ES256"), ("p521", "ES384"), ("rsa", "PS256"), ("rsa", "RS512")]).map(
        lambda p: lambda x: replace(x, pair=p[0], alg=p[1], jwk={"alg": ABSENT, **x.jwk})
    ),
    st.lists(st.sampled_from([*PAIRS, "first"]), max_size=2).map(
        lambda k: lambda x: replace(x, more_keys=tuple(k))
    ),
    st.sampled_from(
        [
            *("empty", "blanks", "padded", "cut", "two parts", "five parts", "bearer", "word"),
            *("no signature", "other signature", "general", "list", "text", "bad json"),
        ]
    ).map(lambda t: lambda x: replace(x, token=t)),
    st.just(lambda x: replace(x, licensed=False)),
)


def _spoilt(spoilers: Sequence[Any]) -> Login:
    login = Login()
    for spoil in spoilers:
        login = spoil(login)
    return login


near_logins = st.lists(_SPOILERS, max_size=4).map(_spoilt)
