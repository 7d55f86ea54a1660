"""Keys of the standards, for tests."""

import base64
import json
from typing import Any

from hypothesis import strategies as st

Jwk = dict[str, Any]

# The RSA key of RFC 7638, section 3.1, and its thumbprint there.
MODULUS = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWK"
    "RXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMic"
    "AtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3"
    "XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
)
THUMBPRINT = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
RSA: Jwk = {"kty": "RSA", "kid": "r1", "alg": "RS256", "n": MODULUS, "e": "AQAB"}

# The EC key of RFC 7517, appendix A.1, and the Ed25519 key of RFC 8037, appendix A.2.
X, Y = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
EC: Jwk = {"kty": "EC", "kid": "e1", "crv": "P-256", "x": X, "y": Y}
ED_X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
ED: Jwk = {"kty": "OKP", "kid": "o1", "crv": "Ed25519", "x": ED_X}
SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQ"
OCT: Jwk = {"kty": "oct", "kid": "s1", "k": SECRET}

EC_TEXT = f'{{"crv":"P-256","kid":"e1","kty":"EC","x":"{X}","y":"{Y}"}}'


def jwks(*keys: object) -> str:
    return json.dumps({"keys": list(keys)})


def without(key: Jwk, name: str) -> Jwk:
    return {member: value for member, value in key.items() if member != name}


def with_leading_zero(member: str) -> str:
    octets = base64.urlsafe_b64decode(member + "=" * (-len(member) % 4))
    return base64.urlsafe_b64encode(b"\0" + octets).rstrip(b"=").decode()


texts = st.text("AQ9_-=+/ \n\0\u00e9\ud800", max_size=6)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
jwk_like = st.builds(
    lambda base, change: {**base, **change},
    st.sampled_from([RSA, EC, ED, OCT]),
    st.dictionaries(
        st.sampled_from(["kty", "kid", "alg", "use", "key_ops", "n", "e", "crv", "x", "y", "d"]),
        json_values,
        max_size=2,
    ),
)
