"""An issuer that is a private key in a file: its tokens are signed wherever the file is."""

import json
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

ISSUER = "https://idp.example.com"
AUDIENCE = "crdb"


class OwnIssuer:
    """A key, and what a program says of it."""

    def __init__(self, folder: Path, name: str = "key") -> None:
        key = ECKey.generate_key("P-256", private=True)
        self.kid = str(key.thumbprint())
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(key.as_pem(private=True))
        public = {**key.as_dict(private=False), "kid": self.kid, "alg": "ES256"}
        self.keys = {self.kid: _text(public)}

    def source(self, subject: str, **changes: str) -> dict[str, str]:
        """Return where a token of a subject comes from, for `prove`."""
        return {
            "kind": "self_signed",
            "issuer": ISSUER,
            "subject": subject,
            "key_file": str(self.file),
            **changes,
        }

    def sources(self) -> dict[str, Any]:
        """Return the `sources` of a ClusterLogins."""
        return {"idp": {"issuer": ISSUER, "keys": self.keys}}


def _text(jwk: dict[str, Any]) -> str:
    return json.dumps({name: jwk[name] for name in sorted(jwk)}, separators=(",", ":"))
