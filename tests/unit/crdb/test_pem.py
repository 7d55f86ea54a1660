"""PEM texts taken apart into certificates and put together again."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.pem import (
    blocks,
    certificates,
    check_certificates,
    joined,
    without_keys,
)
from crdb_sso.crdb.setting_texts import entries, spliced
from crdb_sso.crdb.settings import Setting
from crdb_sso.errors import InvalidInput
from dev.emulator.setting_texts.custom_ca import validate_custom_ca
from tests.unit.standard_certificates import BROKEN_CA, CA, OTHER_CA

A = "-----BEGIN CERTIFICATE-----\nQUFB\n-----END CERTIFICATE-----"
A_AGAIN = "-----BEGIN CERTIFICATE-----\r\nQU\r\nFB\r\n-----END CERTIFICATE-----"
B = "-----BEGIN CERTIFICATE-----\nQkJC\n-----END CERTIFICATE-----"
OF_A = hashlib.sha256(b"AAA").hexdigest()
OF_B = hashlib.sha256(b"BBB").hexdigest()
KEY = "-----BEGIN PUBLIC KEY-----\nQUFB\n-----END PUBLIC KEY-----"
BROKEN = "-----BEGIN CERTIFICATE-----\nno-base64!\n-----END CERTIFICATE-----"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", (), id="empty"),
        pytest.param(f"{A}\n", ((OF_A, A),), id="one"),
        pytest.param(A_AGAIN, ((OF_A, A_AGAIN),), id="a different layout has the same fingerprint"),
        pytest.param(f"# x\n{A}\n\n {B}", (("", "# x"), (OF_A, A), (OF_B, B)), id="two, a note"),
        pytest.param(f"{KEY}{BROKEN}", (("", KEY), ("", BROKEN)), id="no certificates"),
        pytest.param("-----BEGIN CERT", (("", "-----BEGIN CERT"),), id="half a certificate"),
    ],
)
def test_a_text_is_taken_apart(text: str, expected: tuple[tuple[str, str], ...]) -> None:
    assert blocks(text) == expected


def test_certificates_have_names() -> None:
    assert certificates(f"{A}\n# x\n{B}\n{BROKEN}") == {OF_A: A, OF_B: B}


# what nodes could not read

FINE = [
    pytest.param(CA, id="one"),
    pytest.param(CA.strip(), id="without the last line end"),
    pytest.param(CA.replace("\n", "\r\n"), id="carriage returns"),
    pytest.param(f"# of the shop\n{CA}{OTHER_CA}{CA}", id="several, one twice, and a note"),
    pytest.param(f"{KEY}\n{CA}", id="beside a public key"),
    pytest.param(f"  {CA}", id="blanks before it"),
]
BROKEN_TEXTS = [
    pytest.param("", "it holds no certificate", id="empty"),
    pytest.param("my-ca", "it holds no certificate", id="a name"),
    pytest.param(KEY, "it holds no certificate", id="a public key"),
    pytest.param(
        CA.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), "it holds no", id="another PEM type"
    ),
    pytest.param(BROKEN_CA, "its certificate number 1 is broken", id="not a certificate"),
    pytest.param(CA + BROKEN, "its certificate number 2 is broken", id="not base64"),
    pytest.param(CA + CA[:-60], "its certificate number 2 is broken", id="cut off at the end"),
    pytest.param(CA[:-60] + CA, "its certificate number 2 is broken", id="cut off between"),
    pytest.param(CA.replace("\n", ""), "its certificate number 1 is", id="all in one line"),
    pytest.param(CA.replace("\n", "\n  "), "its certificate number 1 is broken", id="indented"),
    pytest.param(CA.replace("-\nMI", "-\nA: 4\n\nMI"), "number 1 is broken", id="PEM headers"),
    pytest.param(CA.replace("MII", "MIJ"), "number 1 is broken", id="a digit changed"),
]


@pytest.mark.parametrize("text", FINE)
def test_certificates_that_nodes_can_read_are_accepted(text: str) -> None:
    check_certificates(text)
    for raw in certificates(text).values():
        validate_custom_ca(joined([raw]))


@pytest.mark.parametrize(("text", "reason"), BROKEN_TEXTS)
def test_a_certificate_that_nodes_would_do_without_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        check_certificates(text)


def test_a_private_key_beside_certificates_is_left_out() -> None:
    secret = "-----BEGIN PRIVATE KEY-----\nQUFB\n-----END PRIVATE KEY-----\n"

    assert without_keys(f"# of the shop\n{secret}{CA}") == CA
    assert without_keys(f"# of the shop\n{CA}") == f"# of the shop\n{CA}"


pieces = st.sampled_from([A, B, KEY, BROKEN, "# a note", "-----"])
bundles = st.lists(st.tuples(pieces, st.sampled_from(["\n", "\r\n\n", "\n  "])))
texts = bundles.map(lambda parts: "".join(raw + gap for raw, gap in parts))


@given(texts)
def test_joined_blocks_are_taken_apart_again(text: str) -> None:
    assert certificates(joined(raw for _, raw in blocks(text))) == certificates(text)


@given(texts)
def test_our_certificates_come_and_go_and_the_rest_stays_byte_for_byte(text: str) -> None:
    new = base64.b64encode(b"new").decode()
    ours = f"-----BEGIN CERTIFICATE-----\n{new}\n-----END CERTIFICATE-----"
    (name,) = certificates(ours)

    with_ours = spliced(Setting.CUSTOM_CA, text, {name: ours}, ())
    without = spliced(Setting.CUSTOM_CA, with_ours, {}, [name])

    assert entries(Setting.CUSTOM_CA, with_ours) == {**certificates(text), name: ours}
    assert certificates(without) == certificates(text)
    assert all(raw in without for raw in certificates(text).values())
