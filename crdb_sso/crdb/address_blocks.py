"""Blocks of addresses in host-based rules, and whether some of them contain another.

An address is as it is written: `all`, a block as in `10.0.0.0/8`, or an address and its netmask. A
block of one family never contains an address of the other; IPv4 written as IPv6 counts as IPv4
(CockroachDB compares with Go's net.IPNet).
"""

from collections.abc import Iterable
from ipaddress import (
    IPv4Network,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_network,
)

ANYWHERE = "all"

_V4, _V6 = IPv4Network("0.0.0.0/0"), IPv6Network("::/0")
_MAPPED = IPv6Network("::ffff:0:0/96")


def is_block(address: str) -> bool:
    """Tell whether an address is a block with the number of its bits, as in 10.0.0.0/8."""
    try:
        ip_network(address, strict=False)
    except ValueError:
        return False
    return "/" in address and "%" not in address and not address.partition("/")[2].count(".")


def contain(blocks: Iterable[str], address: str) -> bool:
    """Tell whether some blocks together certainly contain a whole one.

    Args:
        blocks: As written; one that can't be read contains nothing.
        address: As written; one that can't be read may be anywhere.
    """
    v4, v6 = _merged(blocks)
    needed_v4, needed_v6 = _merged([address])
    if not needed_v4 and not needed_v6:
        needed_v4, needed_v6 = [_V4], [_V6]
    return all(any(need.subnet_of(one) for one in v4) for need in needed_v4) and all(
        any(need.subnet_of(one) for one in v6) for need in needed_v6
    )


def _merged(blocks: Iterable[str]) -> tuple[list[IPv4Network], list[IPv6Network]]:
    """Return blocks of each family, of which none can be joined with another."""
    v4: list[IPv4Network] = []
    v6: list[IPv6Network] = []
    for text in blocks:
        for network in _networks(text.replace('"', "")):
            if isinstance(network, IPv4Network):
                v4.append(network)
            else:
                v6.append(network)
    return list(collapse_addresses(v4)), list(collapse_addresses(v6))


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    if text.lower() == ANYWHERE:
        return _V4, _V6
    start, _, mask = text.partition(" ")
    try:
        network = ip_network(f"{start}/{_bits(mask)}" if mask else start, strict=False)
    except ValueError:
        return ()
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        low = int(network.network_address) & 0xFFFFFFFF
        return (IPv4Network((low, network.prefixlen - _MAPPED.prefixlen)),)
    return (network,)


def _bits(mask: str) -> int:
    """Return the length of a netmask.

    Raises:
        ValueError: It is not an address, or has gaps.
    """
    address = ip_address(mask)
    bits = f"{int(address):0{address.max_prefixlen}b}"
    if "01" in bits:
        raise ValueError(mask)
    return bits.count("1")
