"""Asks a client for a password, for proof that it knows it, or for a token over SASL."""

from __future__ import annotations

import asyncio
import base64
import secrets
from typing import TYPE_CHECKING, NoReturn

from dev.emulator.login.passwords import Verifier
from dev.emulator.login.refusals import wrong_password
from dev.emulator.login.scram import MECHANISM, ScramFailed, challenge
from dev.emulator.sqlerror import SqlError
from dev.emulator.wire.messages import Fields, Message, int32, text

if TYPE_CHECKING:
    from dev.emulator.wire.client import Client

ANSWER_TIMEOUT_S = 30.0
NONCE_BYTES = 18
ASK_FOR_PASSWORD = Message(b"R", int32(3))
ASK_FOR_PROOF = Message(b"R", int32(10) + text(MECHANISM) + b"\0")
ASK_FOR_BEARER = Message(b"R", int32(10) + text("OAUTHBEARER") + b"\0")
_CONTINUE, _FINAL = int32(11), int32(12)
_LENGTH_BYTES = 4


async def ask_for_secret(client: Client, user: str, *, if_empty: str = "28P01") -> str:
    """Ask for a password or token in clear; bytes of it that are not UTF-8 become surrogates.

    Args:
        client: Who is asked.
        user: Who wants to log in.
        if_empty: SQLSTATE of the refusal of an empty one.

    Raises:
        SqlError: It is empty, or the client sends something else.
    """
    await client.send(ASK_FOR_PASSWORD)
    secret = Fields(await _answer(client)).escaped_text()
    if not secret:
        raise wrong_password(user, if_empty)
    return secret


async def ask_for_proof(client: Client, user: str, verifier: str | None) -> None:
    """Lead a client through SCRAM-SHA-256.

    Args:
        client: Who has to prove that it knows the password.
        user: Whose password it is, for the refusal.
        verifier: What is stored of the password; None refuses every client.

    Raises:
        SqlError: The proof is wrong, or there is nothing to compare it with.
    """
    await client.send(ASK_FOR_PROOF)
    first = _first_message(await _answer(client))
    if verifier is None:
        raise wrong_password(user)
    try:
        nonce = base64.b64encode(secrets.token_bytes(NONCE_BYTES)).decode()
        asked = challenge(first, Verifier.parse(verifier), nonce)
        await client.send(Message(b"R", _CONTINUE + asked.text.encode()))
        last = asked.verify((await _answer(client)).decode("utf-8", "replace"))
    except ScramFailed as exc:
        raise wrong_password(user) from exc
    await client.send(Message(b"R", _FINAL + last.encode()))


async def refuse_bearer(client: Client) -> NoReturn:
    """Offer SASL OAUTHBEARER alone (RFC 7628), which is not imitated any further.

    A client that does not know it leaves; one that does is refused.

    Raises:
        SqlError: The client has chosen it.
    """
    await client.send(ASK_FOR_BEARER)
    await _answer(client)
    raise SqlError(
        "OAUTHBEARER is not implemented in the embedded cluster",
        sqlstate="0A000",
        hint="Send the token as the password, with the option --crdb:jwt_auth_enabled=true.",
    )


def _first_message(body: bytes) -> str:
    """Return the SCRAM message that comes with the client's choice of a mechanism."""
    fields = Fields(body)
    if fields.text() != MECHANISM:
        raise SqlError("unimplemented: channel binding not supported", sqlstate="0A000")
    return fields.rest()[_LENGTH_BYTES:].decode("utf-8", "replace")


async def _answer(client: Client) -> bytes:
    answer = await asyncio.wait_for(client.receive(), ANSWER_TIMEOUT_S)
    if answer.kind != b"p":
        raise SqlError("expected a password message", sqlstate="08P01")
    return answer.body
