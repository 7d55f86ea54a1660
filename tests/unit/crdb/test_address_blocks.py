"""Blocks of addresses: which of them together contain another."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.address_blocks import contain

EVERYWHERE = [
    pytest.param(["all"], id="all"),
    pytest.param(['"0.0.0.0/0"', "::/0"], id="both families"),
    pytest.param(["0.0.0.0 0.0.0.0", ":: ::"], id="netmasks"),
    pytest.param(["10.0.0.0/0", "2001:db8::/0"], id="not written from the start"),
    pytest.param(["0.0.0.0/1", "::/0", "128.0.0.0/1"], id="two halves"),
    pytest.param(["::ffff:0.0.0.0/96", "::/0"], id="IPv4 written as IPv6"),
]


@pytest.mark.parametrize("blocks", EVERYWHERE)
def test_blocks_of_both_families_are_everywhere(blocks: list[str]) -> None:
    assert contain(blocks, "all")
    assert contain(blocks, "10.0.0.0/8")
    assert contain(blocks, "2001:db8:: ffff:ffff::")
    assert contain(blocks, "not an address")


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param([], id="none"),
        pytest.param(["0.0.0.0/0"], id="IPv4 alone"),
        pytest.param(["::/0"], id="IPv6 alone"),
        pytest.param(["0.0.0.0/1", "::/0"], id="a half"),
        pytest.param(["0.0.0.0 0.255.0.0", "::/0"], id="a netmask with gaps"),
        pytest.param(["samehost", "::/0"], id="not readable"),
    ],
)
def test_anything_less_leaves_addresses_over(blocks: list[str]) -> None:
    assert not contain(blocks, "all")
    assert not contain(blocks, "not an address")


v4_blocks = st.builds("10.0.0.{}/{}".format, st.integers(0, 255), st.integers(28, 32))


@given(st.lists(v4_blocks, max_size=40), v4_blocks)
def test_blocks_contain_another_if_they_contain_each_of_its_addresses(
    blocks: list[str], other: str
) -> None:
    networks = [ip_network(block, strict=False) for block in blocks]
    each = [ip_address(one) for one in ip_network(other, strict=False)]

    assert contain(blocks, other) == all(any(one in net for net in networks) for one in each)
