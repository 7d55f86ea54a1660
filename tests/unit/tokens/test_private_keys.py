"""Private keys: what is taken, what is refused, and that none is repeated."""

import json
import traceback
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import import_key

from crdb_sso.errors import InvalidInput
from crdb_sso.tokens.private_keys import MAKERS, made_key, public_half, signing_key

P256 = made_key("ES256")
JWK: dict[str, Any] = dict(import_key(P256, "EC").as_dict(private=True))
KINDS: dict[str, Any] = {"ES256": "EC", "ES384": "EC", "ES512": "EC", "RS256": "RSA"}


def pem(key: Any, layout: PrivateFormat = PrivateFormat.PKCS8) -> str:
    return key.private_bytes(Encoding.PEM, layout, NoEncryption()).decode()


def encrypted(layout: PrivateFormat) -> str:
    key = load_pem_private_key(P256.encode(), None)
    return key.private_bytes(Encoding.PEM, layout, BestAvailableEncryption(b"p")).decode()


ENCRYPTED = encrypted(PrivateFormat.PKCS8)
OLD_ENCRYPTED = encrypted(PrivateFormat.TraditionalOpenSSL)


SECP160R1 = """\
-----BEGIN PRIVATE KEY-----
MGECAQAwEAYHKoZIzj0CAQYFK4EEAAgESjBIAgEBBBUA/PPjnQk5/w5dU+akmLG1
rzxmTXuhLAMqAAQalirnHBOfLK8qfwqv9k3WPowTA8/HxQ8iV/wxeFUJOWb/FLqt
gjFA
-----END PRIVATE KEY-----
"""
SM2 = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgPGK2LpWssNyS0fDQ
d3irI0Cf5x4hTVsLCZhQZlAhyUuhRANCAAQ9JVU5qygu0Ai5ddpWuZB6Pz0nwsWv
LuyRO3h4lV3991hPk1B4cuR5zw2QFxtuAYmO5Gcrzw5j44dLDYJhPuJB
-----END PRIVATE KEY-----
"""
"""Keys that only OpenSSL makes."""


def public_pem(private: str) -> str:
    key = load_pem_private_key(private.encode(), None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("algorithm", MAKERS)
@pytest.mark.filterwarnings("ignore:EdDSA")  # has a newer name, which CockroachDB does not know
def test_a_made_key_signs_what_its_public_half_verifies(algorithm: str) -> None:
    key = made_key(algorithm)
    token = signing_key(key).sign({"sub": "o"})

    public = public_half(key)
    read = jwt.decode(token, import_key(json.loads(public.text)), algorithms=[algorithm])
    assert read.header == {"typ": "JWT", "alg": algorithm, "kid": public.kid}
    members = json.loads(public.text)
    assert (members["alg"], members["use"]) == (algorithm, "sig")
    assert public.kid == import_key(key, KINDS.get(algorithm, "OKP")).thumbprint()
    assert "d" not in members


def test_all_forms_of_a_key_have_one_public_half() -> None:
    public_jwk = import_key(P256, "EC").as_dict(private=False)
    traditional = pem(load_pem_private_key(P256.encode(), None), PrivateFormat.TraditionalOpenSSL)

    halves = {
        public_half(text)
        for text in (
            P256,
            traditional,
            public_pem(P256),
            public_pem(P256) + P256,
            P256 + public_pem(P256),
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + P256,
            json.dumps(JWK),
            json.dumps({**JWK, "key_ops": ["sign"], "use": "sig"}),
            json.dumps(public_jwk),
            json.dumps({**public_jwk, "key_ops": ["verify"]}),
        )
    }

    assert len(halves) == 1


def test_a_jwk_says_its_own_kid_and_algorithm() -> None:
    rsa_jwk = import_key(made_key("RS256"), "RSA").as_dict(private=True)
    key = signing_key(json.dumps({**rsa_jwk, "kid": "2026-a", "alg": "PS256"}))

    assert (key.public.kid, key.algorithm) == ("2026-a", "PS256")
    assert json.loads(key.public.text)["alg"] == "PS256"


@pytest.mark.parametrize("read", [signing_key, public_half])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "the key can't be read: ValueError", id="empty"),
        pytest.param(ENCRYPTED, "the key is encrypted", id="encrypted, PKCS #8"),
        pytest.param(OLD_ENCRYPTED, "the key is encrypted", id="encrypted, as OpenSSL once did"),
        pytest.param("{}", "the key can't be read: KeyError", id="no members"),
        pytest.param("[" * 100_000, "the key can't be read: ValueError", id="not an object"),
        pytest.param('{"a":' * 100_000, "can't be read: RecursionError", id="deep"),
        pytest.param('{"kty":"oct","k":"c2VjcmV0"}', "not a private key", id="symmetric"),
        pytest.param(pem(rsa.generate_private_key(65537, 1024)), "1024 bits", id="short"),  # noqa: S505 - to be refused
        pytest.param('{"kty":"RSA","n":"AQAB","e":"AQAB"}', "17 bits", id="a short JWK"),
        pytest.param('{"kty":"RSA","n":"A","e":"AQAB"}', "can't be read", id="no number"),
        pytest.param(pem(ec.generate_private_key(ec.SECP256K1())), "secp256k1", id="curve"),
        pytest.param(pem(ec.generate_private_key(ec.SECP224R1())), "is secp224r1", id="P-224"),
        pytest.param(
            pem(ec.generate_private_key(ec.BrainpoolP256R1())), "is brainpoolP256r1", id="brainpool"
        ),
        pytest.param(SECP160R1, "its curve or algorithm is not known", id="secp160r1"),
        pytest.param(SM2, "its curve or algorithm is not known", id="SM2"),
        pytest.param(pem(ed448.Ed448PrivateKey.generate()), "Ed448", id="Ed448"),
        pytest.param(pem(x25519.X25519PrivateKey.generate()), "X25519", id="not for signatures"),
        pytest.param(pem(dsa.generate_private_key(1024)), "the key can't be", id="DSA"),  # noqa: S505 - to be refused
        pytest.param(json.dumps({**JWK, "use": "enc"}), "not for signatures", id="use"),
        pytest.param(json.dumps({**JWK, "key_ops": ["deriveKey"]}), "not meant to sign", id="ops"),
        pytest.param(json.dumps({**JWK, "alg": "HS256"}), "HS256", id="symmetric algorithm"),
        pytest.param(json.dumps({**JWK, "alg": "ES384"}), "ES384 does not go", id="other curve"),
    ],
)
def test_what_a_cluster_can_not_verify_safely_is_refused(read: Any, text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        read(text)


@pytest.mark.parametrize("curve", [ec.SECP224R1(), ec.BrainpoolP384R1(), ec.SECP256K1()])
def test_a_public_key_on_another_curve_is_refused(curve: ec.EllipticCurve) -> None:
    with pytest.raises(InvalidInput, match=f"its curve is {curve.name}"):
        public_half(public_pem(pem(ec.generate_private_key(curve))))


def test_a_public_key_does_not_sign() -> None:
    with pytest.raises(InvalidInput, match="it is not a private key"):
        signing_key(public_pem(P256))


@given(
    st.text()
    | st.sampled_from([P256, json.dumps(JWK)]).flatmap(
        lambda text: st.integers(0, len(text)).map(lambda cut: text[:cut] + "é" + text[cut + 1 :])
    )
)
def test_no_error_repeats_a_key(text: str) -> None:
    said = refusal(text)

    assert JWK["d"] not in said
    assert P256.splitlines()[1] not in said


def refusal(text: str) -> str:
    """Return why a key is refused, with all that an unexpected traceback would tell."""
    try:
        signing_key(text)
    except InvalidInput as error:
        return "".join(traceback.format_exception(error))
    return ""


def test_a_key_is_hidden_in_its_repr() -> None:
    assert JWK["d"] not in repr(signing_key(P256))
    assert "private" not in repr(signing_key(P256))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param(P256.replace("\n", "\\n"), r"printf '%b' \"\$KEY\"", id="escaped"),
        pytest.param(P256.replace("\n", "\\r\\n"), "printf '%b'", id="escaped, of Windows"),
        pytest.param(b64encode(P256.encode()).decode(), "base64 -d", id="in base64"),
        pytest.param(P256[:90], "openssl genpkey", id="cut off"),
    ],
)
def test_a_key_that_a_variable_has_spoilt_says_how(text: str, hint: str) -> None:
    with pytest.raises(InvalidInput, match=hint) as raised:
        signing_key(text)

    assert P256.splitlines()[1][:20] not in str(raised.value)


@pytest.mark.parametrize(
    ("curve", "member", "number", "octets"),
    [
        pytest.param(ec.SECP256R1(), "x", 379, 32, id="P-256, x"),
        pytest.param(ec.SECP256R1(), "y", 43, 32, id="P-256, y"),
        pytest.param(ec.SECP384R1(), "x", 197, 48, id="P-384, x"),
        pytest.param(ec.SECP384R1(), "y", 176, 48, id="P-384, y"),
        pytest.param(ec.SECP521R1(), "x", 1, 66, id="P-521, x"),
        pytest.param(ec.SECP521R1(), "y", 2, 66, id="P-521, y"),
    ],
)
def test_coordinates_keep_their_leading_zeros(
    curve: ec.EllipticCurve, member: str, number: int, octets: int
) -> None:
    published = json.loads(public_half(pem(ec.derive_private_key(number, curve))).text)

    coordinate = urlsafe_b64decode(published[member] + "==")
    assert len(coordinate) == octets
    assert coordinate[0] == 0
    named = {name: published[name] for name in ("crv", "kty", "x", "y")}
    thumbprint = sha256(json.dumps(named, separators=(",", ":")).encode()).digest()
    assert published["kid"] == urlsafe_b64encode(thumbprint).decode().rstrip("=")
