"""The part of HashiCorp Vault's transit engine that keeps a stack's key, on loopback.

An engine that has a passphrase derives a key from it at each command, with a million rounds of
PBKDF2; asking for one takes a hundredth of that. Nothing is encrypted here: what an engine gets
back is the key that it made itself, and with that it encrypts a state's secrets as ever.
"""

import json
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROVIDER = "hashivault://stacks"
_PREFIX = "vault:v1:"


class _Transit(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answers = {
            "/v1/transit/encrypt/stacks": lambda: {"ciphertext": _PREFIX + body["plaintext"]},
            "/v1/transit/decrypt/stacks": lambda: {
                "plaintext": body["ciphertext"].removeprefix(_PREFIX)
            },
        }
        said = json.dumps({"data": answers[self.path]()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@cache
def vault_variables() -> dict[str, str]:
    """Return the variables by which an engine finds it; it serves until this process ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Transit)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return {
        "VAULT_ADDR": f"http://127.0.0.1:{server.server_port}",
        "VAULT_TOKEN": "of a test",
    }
