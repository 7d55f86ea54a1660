"""PEM texts taken apart into certificates and put together again."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.pem import blocks, certificates, joined
from crdb_sso.crdb.setting_texts import entries, spliced
from crdb_sso.crdb.settings import Setting

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
