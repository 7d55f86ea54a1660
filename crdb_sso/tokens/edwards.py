"""Points of the curve edwards25519 (RFC 8032, section 5.1), as far as public keys need them.

No library that we have tells a point of small order, for which anybody can make signatures: for
some messages they verify although nobody signed.
"""

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_NEUTRAL = (0, 1)
_DOUBLINGS_BY_THE_COFACTOR = 3

Point = tuple[int, int]


def point_of(octets: bytes) -> Point | None:
    """Return the point that 32 octets encode (RFC 8032, section 5.1.3).

    Returns:
        None if there is no such point on the curve, or if the encoding is not the canonical one.
    """
    encoded = int.from_bytes(octets, "little")
    sign, y = encoded >> 255, encoded % 2**255
    if y >= _P:
        return None
    above, below = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = above * pow(below, 3, _P) * pow(above * pow(below, 7, _P), (_P - 5) // 8, _P) % _P
    if (below * x * x - above) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (below * x * x - above) % _P or (x == 0 and sign):
        return None
    return (x if x % 2 == sign else _P - x), y


def has_small_order(point: Point) -> bool:
    """Tell whether a point is one of the eight that the cofactor takes to the neutral one."""
    for _ in range(_DOUBLINGS_BY_THE_COFACTOR):
        point = _doubled(point)
    return point == _NEUTRAL


def _doubled(point: Point) -> Point:
    x, y = point
    product = _D * x * x * y * y
    return (
        2 * x * y * pow(1 + product, -1, _P) % _P,
        (y * y + x * x) * pow(1 - product, -1, _P) % _P,
    )
