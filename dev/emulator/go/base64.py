"""The tolerant base64 of the server's JOSE library: any of the four alphabets, padded or not."""

from __future__ import annotations

import base64
import re

from dev.emulator.go.errors import GoError

_STANDARD_TO_URL = str.maketrans("+/", "-_")
_QUANTUM = 4
_BEYOND = {url: re.compile(f"[^A-Za-z0-9{extra}]") for url, extra in ((True, "_-"), (False, "+/"))}


def decode(text: str) -> bytes:
    """Decode a text whose alphabet and padding are guessed from the text.

    Line ends inside are skipped and unused bits of the last character ignored, as in Go.

    Raises:
        GoError: Alphabets are mixed, padding is wrong, or a character belongs to none.
    """
    url = "+" not in text and "/" not in text
    body = text.replace("\r", "").replace("\n", "")
    if text.endswith("="):
        unpadded = body[:-2] if body.endswith("==") else body[:-1]
        if len(body) % _QUANTUM or len(unpadded) % _QUANTUM < 2:  # noqa: PLR2004 - base64 itself
            raise _illegal(len(body))
        body = unpadded
    if beyond := _BEYOND[url].search(body):
        raise _illegal(len(body[: beyond.start()].encode("utf-8", "surrogateescape")))
    if len(body) % _QUANTUM == 1:
        raise _illegal(len(body) - 1)
    body = body.translate(_STANDARD_TO_URL)
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % _QUANTUM))


def _illegal(position: int) -> GoError:
    return GoError(f"failed to decode source: illegal base64 data at input byte {position}")


def encode(raw: bytes) -> str:
    """Return unpadded base64url, the form every signature is made over."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
