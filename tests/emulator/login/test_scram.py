"""SCRAM by the example of RFC 7677: the server's side, its refusals, and the stored verifier."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace

import pytest

from dev.emulator.login.passwords import Verifier, matches
from dev.emulator.login.scram import ScramFailed, challenge

SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
SALTED = hashlib.pbkdf2_hmac("sha256", b"pencil", SALT, 4096)
KEPT = Verifier(
    iterations=4096,
    salt=SALT,
    stored_key=hashlib.sha256(hmac.digest(SALTED, b"Client Key", "sha256")).digest(),
    server_key=hmac.digest(SALTED, b"Server Key", "sha256"),
)
CLIENT_FIRST = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
SERVER_FIRST = f"r=rOprNGfwEbeRWgbNEkqO{NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
UNPROVEN = f"c=biws,r=rOprNGfwEbeRWgbNEkqO{NONCE}"
PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_the_example_of_the_standard_succeeds() -> None:
    asked = challenge(CLIENT_FIRST, KEPT, NONCE)
    assert asked.text == SERVER_FIRST
    assert asked.verify(f"{UNPROVEN},p={PROOF}") == SERVER_FINAL


@pytest.mark.parametrize(
    "client_final",
    [
        pytest.param("", id="nothing"),
        pytest.param(UNPROVEN, id="no proof"),
        pytest.param(f"{UNPROVEN},p=", id="an empty proof"),
        pytest.param(f"{UNPROVEN},p=???", id="not base64"),
        pytest.param(f"{UNPROVEN},p=é", id="not ASCII"),
        pytest.param(f"{UNPROVEN},p={PROOF[4:]}", id="a short proof"),
        pytest.param(f"{UNPROVEN},p={PROOF[4:]}AAAA", id="another proof"),
        pytest.param(f"{UNPROVEN},x=1,p={PROOF}", id="an attribute that was not proven"),
        pytest.param(f"{UNPROVEN.replace('biws', 'eSws')},p={PROOF}", id="another binding"),
        pytest.param(f"{UNPROVEN}x,p={PROOF}", id="another nonce"),
        pytest.param(f"r=x,c=biws,p={PROOF}", id="another order"),
    ],
)
def test_any_other_answer_fails(client_final: str) -> None:
    with pytest.raises(ScramFailed):
        challenge(CLIENT_FIRST, KEPT, NONCE).verify(client_final)


def test_the_verifier_of_another_password_rejects_the_proof() -> None:
    other = replace(KEPT, stored_key=bytes(32))
    with pytest.raises(ScramFailed, match="the proof is wrong"):
        challenge(CLIENT_FIRST, other, NONCE).verify(f"{UNPROVEN},p={PROOF}")


@pytest.mark.parametrize(
    "client_first",
    ["", "n", "n,,", "n,,n=user", "n,,n=user,r=", "n,,r=x,n=user", "p=tls-unique,,n=user,r=x", "x"],
)
def test_a_first_message_of_another_form_fails(client_first: str) -> None:
    with pytest.raises(ScramFailed):
        challenge(client_first, KEPT, NONCE)


def test_secrets_do_not_show() -> None:
    shown = repr(challenge(CLIENT_FIRST, KEPT, NONCE))
    assert str(KEPT.stored_key) not in shown
    assert str(KEPT.server_key) not in shown


# Made by PostgreSQL from `pencil`, with the salt of the example in RFC 7677.
VERIFIER = (
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
    "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
)


@pytest.mark.parametrize(
    ("password", "expected"), [("pencil", True), ("Pencil", False), ("", False)]
)
def test_a_password_is_checked_against_its_verifier(password: str, *, expected: bool) -> None:
    assert matches(password, VERIFIER) is expected
