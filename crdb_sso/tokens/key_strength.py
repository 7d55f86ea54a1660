"""Whether only the owner of a key can make signatures for it, and a cluster can verify them.

The numbers are checked here because libraries take many that are broken: an even modulus, an
Ed25519 point of small order.
"""

from math import gcd, prod

from cryptography.hazmat.primitives.asymmetric import ec

from crdb_sso.tokens import edwards

SHORTEST_RSA_BITS = 2048
"""RFC 7518, section 3.3; a shorter key can be computed from its public half."""

LONGEST_RSA_BITS = 16_384
"""What OpenSSL verifies with; each login costs more with a longer one."""

SMALLEST_RSA_EXPONENT = 3
LARGEST_RSA_EXPONENT = 2**31 - 1
"""Go's crypto/rsa does not accept a larger one."""

_SMALL_PRIMES = [n for n in range(2, 1000) if all(n % d for d in range(2, n))]
_SMALL_FACTORS = prod(_SMALL_PRIMES)

_CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}


def too_short(bits: int) -> str:
    """Return what is wrong with a short RSA key."""
    return f"it has {bits} bits; fewer than {SHORTEST_RSA_BITS} are unsafe"


def rsa_weakness(modulus: int, exponent: int) -> str:
    """Return what is wrong with the numbers of an RSA key, "" if nothing is."""
    bits = modulus.bit_length()
    if bits < SHORTEST_RSA_BITS:
        return too_short(bits)
    if bits > LONGEST_RSA_BITS:
        return f"it has {bits} bits; more than {LONGEST_RSA_BITS} are too slow to verify with"
    if gcd(modulus, _SMALL_FACTORS) > 1:
        return "its modulus has a small factor, as no RSA key has"
    if exponent > LARGEST_RSA_EXPONENT:
        return "its exponent is too large for CockroachDB"
    if exponent < SMALLEST_RSA_EXPONENT or exponent % 2 == 0:
        return f"its exponent is {exponent}, not an odd number of 3 or more"
    return ""


def ec_weakness(curve: str, x: int, y: int) -> str:
    """Return what is wrong with a point of a NIST curve, "" if nothing is."""
    given = ec.EllipticCurvePublicNumbers(x, y, _CURVES[curve])
    try:
        is_point = given.public_key().public_numbers() == given  # else it was reduced
    except ValueError:
        is_point = False
    return "" if is_point else f"its point is not on the curve {curve}"


def ed25519_weakness(octets: bytes) -> str:
    """Return what is wrong with an Ed25519 key, "" if nothing is."""
    point = edwards.point_of(octets)
    if point is None:
        return "its point is not on the curve Ed25519"
    if edwards.has_small_order(point):
        return "its point has a small order: anybody can make signatures for it"
    return ""
