"""In whose style a token is requested, and with which keys it is signed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from dev.issuer.entra import NOISE_BYTES, EntraToken, entra_token
from dev.issuer.faults import spoilt
from dev.issuer.google import GoogleToken, google_token
from dev.issuer.grants import OAuthError, TokenRequest, token_request
from dev.issuer.key_styles import ENTRA, GOOGLE
from dev.issuer.keyring import Keyring

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from dev.issuer.grants import Client, Form

VOICES = ("google", "entra-v1", "entra-v2")
"""Identity providers that the issuer can speak as."""

Wanted: TypeAlias = "TokenRequest | GoogleToken | EntraToken"


@dataclass(frozen=True, slots=True)
class Keyrings:
    """The issuer's own keys, and those for each voice."""

    own: Keyring
    google: Keyring
    entra: Keyring

    @classmethod
    def kept_in(cls, folder: Path) -> Keyrings:
        """Return the keyrings of a folder, unread."""
        return cls(
            Keyring(folder / "keys.json"),
            Keyring(folder / "google.json", GOOGLE),
            Keyring(folder / "entra.json", ENTRA),
        )

    def open(self) -> None:
        """Read all keys, or make the first ones."""
        for keyring in (self.own, self.google, self.entra):
            keyring.open()

    def read(self) -> None:
        """Read all keys from disk; the files must exist."""
        for keyring in (self.own, self.google, self.entra):
            keyring.read()

    def of(self, voice: str) -> Keyring:
        """Return the keys of a voice, or the issuer's own for "".

        Raises:
            OAuthError: Unknown voice.
        """
        named = {"": self.own, "google": self.google, "entra-v1": self.entra}
        found = {**named, "entra-v2": self.entra}.get(voice)
        if found is None:
            raise OAuthError("invalid_request", f"as must be one of {', '.join(VOICES)}")
        return found


def wanted_token(form: Form, client: Client) -> Wanted:
    """Read a request for a token.

    Raises:
        OAuthError: It cannot be answered as asked.
    """
    voice = form.text("as")
    if not voice:
        return token_request(form, client)
    form.client_credentials()
    return wanted_of(voice, form)


def wanted_of(voice: str, form: Form) -> Wanted:
    """Read a request to one voice.

    Raises:
        OAuthError: Unknown voice, or a parameter is missing, malformed, or unknown to it.
    """
    if voice not in VOICES:
        raise OAuthError("invalid_request", f"as must be one of {', '.join(VOICES)}")
    if voice == "google":
        return google_token(form)
    return entra_token(form, {"entra-v1": "1.0", "entra-v2": "2.0"}[voice])


def signed(
    wanted: Wanted, keyrings: Keyrings, issuer: str, now_s: int, faults: Collection[str] = ()
) -> str:
    """Return a token.

    Args:
        wanted: What it is to say.
        keyrings: All keys.
        issuer: The issuer's own URL, for tokens of its own.
        now_s: Seconds since 1970.
        faults: What is to be wrong with it, some of `dev.issuer.faults`.

    Raises:
        NoSuchKeyError: No key for the wanted algorithm is published.
    """
    if isinstance(wanted, GoogleToken):
        return keyrings.google.sign(spoilt(wanted.claims(now_s), faults, now_s), faults=faults)
    if isinstance(wanted, EntraToken):
        claims = wanted.claims(now_s, secrets.token_bytes(NOISE_BYTES))
        marks = wanted.marks
        return keyrings.entra.sign(spoilt(claims, faults, now_s), marks=marks, faults=faults)
    claims = spoilt(wanted.payload(issuer, now_s), faults, now_s)
    return keyrings.own.sign(claims, wanted.alg, faults=faults)
