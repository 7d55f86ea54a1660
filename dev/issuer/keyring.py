"""An issuer's signing keys: on disk, newest first, rotated with overlap."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.jwk import Key, import_key

from dev.issuer import private_files
from dev.issuer.faults import FORGED, NO_KID, UNKNOWN_KID
from dev.issuer.key_styles import PLAIN

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from dev.issuer.key_styles import KeyStyle

MAX_KEYS = 16
"""At most so many are published; the oldest are withdrawn."""

_ANOTHER_KEY = frozenset({UNKNOWN_KID, FORGED})
"""Faults of tokens that none of the published keys signs."""


class NoSuchKeyError(Exception):
    """No key for an algorithm is published, or ever can be; the message says which."""


class Keyring:
    """The keys of one issuer; safe to use from many threads.

    Args:
        path: File of the private keys, JSON, mode 0600.
        style: How keys are made and published.
    """

    def __init__(self, path: Path, style: KeyStyle = PLAIN) -> None:
        self._path = path
        self._style = style
        self._lock = threading.Lock()
        self._keys: tuple[Key, ...] = ()

    def open(self) -> None:
        """Read the keys from disk, or make and write the first one (RS256)."""
        if self._path.exists():
            self.read()
        else:
            self.rotate("RS256", keep=0)

    def read(self) -> None:
        """Read the keys from disk; the file must exist."""
        stored = json.loads(self._path.read_bytes())
        self._keys = tuple(import_key(jwk) for jwk in stored)

    def kids(self) -> list[str]:
        """Return the ids of all published keys, the newest first."""
        return [str(key.kid) for key in self._keys]

    def public(self) -> dict[str, Any]:
        """Return the published JSON Web Key Set."""
        return {"keys": [self._style.published(key.as_dict(private=False)) for key in self._keys]}

    def rotate(self, alg: str, keep: int = MAX_KEYS) -> None:
        """Make a new signing key.

        Args:
            alg: The algorithm it signs with.
            keep: How many of the older keys stay published.

        Raises:
            NoSuchKeyError: This style has no keys for that algorithm.
        """
        if alg not in self._style.makers:
            raise NoSuchKeyError(f"its keys are {', '.join(self._style.makers)}, never {alg}")
        made = self._style.make(alg)
        with self._lock:
            self._store((made, *self._keys[:keep])[:MAX_KEYS])

    def retire(self, keep: int = 0) -> None:
        """Withdraw old keys.

        Args:
            keep: How many stay published besides the newest.
        """
        with self._lock:
            self._store(self._keys[: 1 + keep])

    def sign(
        self,
        claims: dict[str, Any],
        alg: str | None = None,
        marks: Sequence[str] = (),
        faults: Collection[str] = (),
    ) -> str:
        """Return a compact token.

        Args:
            claims: Its payload.
            alg: Selects the newest key for this algorithm; None selects the newest of all.
            marks: Members of the key that the header repeats, besides `alg` and `kid`.
            faults: What is to be wrong with the signature, some of `dev.issuer.faults`.

        Raises:
            NoSuchKeyError: No key for this algorithm is published.
        """
        for key in self._keys:
            if alg in {None, key.alg}:
                signs = self._style.make(str(key.alg)) if _ANOTHER_KEY & {*faults} else key
                members = (signs if UNKNOWN_KID in faults else key).as_dict(private=False)
                named = ("alg", *(() if NO_KID in faults else ("kid", *marks)))
                header = {"typ": "JWT"} | {name: members[name] for name in named}
                return jwt.encode(header, claims, signs, algorithms=[str(key.alg)])
        raise NoSuchKeyError(f"no {alg} key is published; POST alg={alg} to /rotate makes one")

    def _store(self, keys: tuple[Key, ...]) -> None:
        stored = json.dumps([key.as_dict(private=True) for key in keys])
        private_files.write(self._path, stored.encode())
        self._keys = keys
