"""Numbers of public keys: which nobody but the owner can make signatures for."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.tokens.key_strength import ec_weakness, ed25519_weakness, rsa_weakness

P_25519 = 2**255 - 19
P_521 = 2**521 - 1
SMALL_ORDER = "its point has a small order: anybody can make signatures for it"
OFF_CURVE = "its point is not on the curve Ed25519"
SQUARE = (2**1024 - 1) ** 2
"""Divisible by 3, as every even power of 2 less one is."""


def little(number: int) -> bytes:
    return number.to_bytes(32, "little")


@pytest.mark.parametrize(
    "encoded",
    [
        "01" + "00" * 31,
        "00" * 32,
        "00" * 31 + "80",
        "ec" + "ff" * 30 + "7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ],
)
def test_each_point_of_small_order_is_told(encoded: str) -> None:
    assert ed25519_weakness(bytes.fromhex(encoded)) == SMALL_ORDER


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param(little(P_25519), id="zero, plus the modulus"),
        pytest.param(little(P_25519 + 1), id="the neutral point, plus the modulus"),
        pytest.param(little(2**255 - 1), id="the largest number"),
        pytest.param(little(1 + 2**255), id="the neutral point, with the sign of minus zero"),
        pytest.param(little(2), id="no such point"),
    ],
)
def test_what_is_not_the_encoding_of_a_point_is_told(encoded: bytes) -> None:
    assert ed25519_weakness(encoded) == OFF_CURVE


@given(st.binary(min_size=32, max_size=32))
def test_a_key_that_was_generated_is_accepted(seed: bytes) -> None:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()

    assert ed25519_weakness(public.public_bytes(Encoding.Raw, PublicFormat.Raw)) == ""


@pytest.mark.parametrize(
    ("name", "curve"),
    [("P-256", ec.SECP256R1()), ("P-384", ec.SECP384R1()), ("P-521", ec.SECP521R1())],
)
@given(secret=st.integers(1, 2**255))
def test_a_point_of_a_curve_is_accepted_and_its_neighbour_is_not(
    name: str, curve: ec.EllipticCurve, secret: int
) -> None:
    point = ec.derive_private_key(secret, curve).public_key().public_numbers()

    assert ec_weakness(name, point.x, point.y) == ""
    assert ec_weakness(name, point.x, point.y + 1) == f"its point is not on the curve {name}"


def test_a_coordinate_beyond_the_modulus_is_not_on_the_curve() -> None:
    point = ec.derive_private_key(7, ec.SECP521R1()).public_key().public_numbers()

    for x, y in ((point.x + P_521, point.y), (point.x, point.y + P_521), (0, 0)):
        assert ec_weakness("P-521", x, y) == "its point is not on the curve P-521"


@pytest.mark.parametrize(
    ("modulus", "exponent", "weakness"),
    [
        pytest.param(2**2046 + 1, 65537, "it has 2047 bits; fewer than 2048", id="short"),
        pytest.param(2**16384 + 1, 65537, "it has 16385 bits; more than 16384", id="long"),
        pytest.param(2**2047, 65537, "its modulus has a small factor", id="even"),
        pytest.param(SQUARE, 65537, "its modulus has a small factor", id="divisible by three"),
        pytest.param(2**2047 + 3, 0, "its exponent is 0, not an odd number", id="no exponent"),
        pytest.param(2**2047 + 3, 2**31 + 1, "its exponent is too large", id="large exponent"),
    ],
)
def test_what_is_wrong_with_an_rsa_key_is_told(modulus: int, exponent: int, weakness: str) -> None:
    assert rsa_weakness(modulus, exponent).startswith(weakness)
