"""The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dev.emulator.login.passwords import Verifier

MECHANISM = "SCRAM-SHA-256"

_WITHOUT_BINDING = ("n", "y")


class ScramFailed(ValueError):
    """The exchange cannot go on, or the proof is wrong; the message is for logs."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the client has to prove itself against.

    Attributes:
        text: The server's first message.
    """

    text: str
    header: str = field(repr=False)
    client_first: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: Verifier = field(repr=False)

    def verify(self, client_final: str) -> str:
        """Check the client's proof, and return the server's last message.

        Raises:
            ScramFailed: The message is malformed, belongs to another exchange, or was made with
                another password.
        """
        unproven, _, encoded = client_final.rpartition(",p=")
        values = _attributes(unproven)
        binding = base64.b64encode(self.header.encode()).decode()
        if [name for name, _ in values[:2]] != ["c", "r"]:
            raise ScramFailed("the client's last message is malformed")
        if values[0][1] != binding or values[1][1] != self.nonce:
            raise ScramFailed("the client answers another challenge")
        signed = f"{self.client_first},{self.text},{unproven}".encode()
        signature = hmac.digest(self.verifier.stored_key, signed, "sha256")
        proof = _decoded(encoded)
        client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=False))
        if len(proof) != len(signature) or not self.verifier.knows(client_key):
            raise ScramFailed("the proof is wrong")
        answer = hmac.digest(self.verifier.server_key, signed, "sha256")
        return f"v={base64.b64encode(answer).decode()}"


def challenge(client_first: str, verifier: Verifier, nonce: str) -> Challenge:
    """Answer a client's first message.

    Args:
        client_first: For instance `n,,n=,r=<nonce>`; the name in it is ignored.
        verifier: What is stored of the password.
        nonce: Printable random text of this exchange alone, without commas.

    Raises:
        ScramFailed: The message is malformed, or binds to the channel.
    """
    parts = client_first.split(",", 2)
    if len(parts) != 3 or parts[0] not in _WITHOUT_BINDING:  # noqa: PLR2004 - flag, name, rest
        raise ScramFailed("the client's first message is malformed")
    flag, authorisation, rest = parts
    values = _attributes(rest)
    if [name for name, _ in values[:2]] != ["n", "r"] or not values[1][1]:
        raise ScramFailed("the client's first message is malformed")
    both = values[1][1] + nonce
    text = f"r={both},s={base64.b64encode(verifier.salt).decode()},i={verifier.iterations}"
    return Challenge(text, f"{flag},{authorisation},", rest, both, verifier)


def _attributes(text: str) -> list[tuple[str, str]]:
    return [(part[:1], part[2:]) for part in text.split(",") if part[1:2] == "="]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ScramFailed("the proof is not base64") from exc
