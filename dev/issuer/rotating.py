"""Changes the keys of an issuer by hand: of a running one over HTTPS, else in its folder."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import ssl
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dev.issuer.grants import Form, OAuthError
from dev.issuer.keyring import MAX_KEYS
from dev.issuer.minting import Keyrings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dev.issuer.keyring import Keyring

ACTIONS = ("rotate", "retire")
_PATIENCE_S = 30


class FolderInUseError(Exception):
    """Another process uses the folder."""


@contextmanager
def sole_user(folder: Path) -> Iterator[None]:
    """Keep other issuers off a folder.

    Raises:
        FolderInUseError: One uses it already.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        raise FolderInUseError from exc
    else:
        yield
    finally:
        os.close(descriptor)


def change_keys(folder: Path, action: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Rotate or retire keys; return which are published then.

    Args:
        folder: Keeps everything of the issuer.
        action: One of ACTIONS.
        fields: What the form of the request may have: `alg`, `keep`, `as`.

    Raises:
        FileNotFoundError: No issuer ever ran there.
        NoSuchKeyError: There are no keys for that algorithm.
        OAuthError: It is refused.
    """
    keyrings = Keyrings.kept_in(folder)
    try:
        with sole_user(folder):  # whoever had it may have changed the keys
            keyrings.read()
            return changed(keyrings, action, Form(urlencode(fields)))
    except FolderInUseError:
        return _asked(folder, action, fields)


def changed(keyrings: Keyrings, action: str, form: Form) -> dict[str, Any]:
    """Do what a request asks for; return which keys are published then.

    Raises:
        NoSuchKeyError: There are no keys for that algorithm.
        OAuthError: A parameter can't be used.
    """
    keyring: Keyring = keyrings.of(form.text("as"))
    if action == "rotate":
        keyring.rotate(form.algorithm() or "RS256", form.older_keys(MAX_KEYS))
    else:
        keyring.retire(form.older_keys(0))
    kids = keyring.kids()
    return {"kid": kids[0], "published": kids}


def _asked(folder: Path, action: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Ask the issuer that runs."""
    port = json.loads((folder / "issuer.json").read_bytes())["port"]
    client = json.loads((folder / "client.json").read_bytes())
    credentials = base64.b64encode(f"{client['id']}:{client['secret']}".encode()).decode()
    tls = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    connection = HTTPSConnection("localhost", port, context=tls, timeout=_PATIENCE_S)
    headers = {
        "Authorization": f"Basic {credentials}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        connection.request("POST", f"/{action}", urlencode(fields), headers)
        answer = connection.getresponse()
        found: dict[str, Any] = json.loads(answer.read())
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise OAuthError(found["error"], found["error_description"])
    return found
