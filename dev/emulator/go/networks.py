"""IP addresses and blocks of them, as Go's `net` package reads and compares them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

Address: TypeAlias = "IPv4Address | IPv6Address"
Block: TypeAlias = "IPv4Network | IPv6Network"

_MAPPED_BITS = 96
"""`::ffff:0:0/96` holds the IPv4 addresses; Go takes one written so for the IPv4 address."""
_LONGEST_PREFIX_DIGITS = 3


class NetworkError(ValueError):
    """A text is not an address, mask or block; the message is CockroachDB's."""


@dataclass(frozen=True, slots=True)
class Network:
    """A block of addresses.

    Attributes:
        block: The block; host bits are cleared.
        short: Whether it was written as an IPv4 block in CIDR notation. Go keeps the same block
            in another form when it was written with a mask, and then does not call them equal.
    """

    block: Block
    short: bool

    def __contains__(self, address: Address) -> bool:
        return _plain(address) in self.block


def parse_address(text: str) -> Address | None:
    """Return the address that a text is, or None; an address with a zone is not one."""
    if "%" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def parse_cidr(text: str) -> Network:
    """Return the block that `address/length` names.

    Raises:
        NetworkError: The text is not of that form.
    """
    host, _, length = text.partition("/")
    address = parse_address(host)
    digits = length.lstrip("0") or length[:1]
    if address is None or not (digits.isascii() and digits.isdigit()):
        raise NetworkError(f"invalid CIDR address: {text}")
    if len(digits) > _LONGEST_PREFIX_DIGITS or int(digits) > address.max_prefixlen:
        raise NetworkError(f"invalid CIDR address: {text}")
    bits = int(digits)
    plain = _plain(address)
    if plain is not address:
        if bits < _MAPPED_BITS:
            return Network(ip_network((address, bits), strict=False), short=False)
        return Network(ip_network((plain, bits - _MAPPED_BITS), strict=False), short=False)
    block = ip_network((address, bits), strict=False)
    return Network(block, short=isinstance(block, IPv4Network))


def parse_masked(address: Address, mask_text: str) -> Network:
    """Return the block that an address and a mask name.

    Raises:
        NetworkError: The mask is not an address, is not ones followed by zeroes, or is of the
            other IP version.
    """
    mask, plain = parse_address(mask_text), _plain(address)
    if mask is None:
        raise NetworkError(f'invalid IP mask "{mask_text}": netmask not in IP numeric format')
    mask = _plain(mask)
    zeroes = int(mask) ^ (2**mask.max_prefixlen - 1)
    if zeroes & (zeroes + 1):
        raise NetworkError(f'invalid IP mask "{mask_text}": address is not a mask')
    if mask.version != plain.version:
        raise NetworkError("IP address and mask do not match")
    bits = mask.max_prefixlen - zeroes.bit_length()
    return Network(ip_network((plain, bits), strict=False), short=False)


def _plain(address: Address) -> Address:
    """Return the IPv4 address behind an IPv6 one that stands for it."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
