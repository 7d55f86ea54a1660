"""A tiny HTTP or HTTPS server on loopback, with answers written by the test."""

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Answer = Callable[["Exchange"], None]


@dataclass
class HttpsServer:
    """A running server: answers by path; `asked` lists the requested paths in order.

    `otherwise` answers what has no answer of its own.
    """

    url: str
    ca_file: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    otherwise: Answer = field(default_factory=lambda: status(404))
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def ca_pem(self) -> str:
        """The certificate alone, without the key in the same file; empty without TLS."""
        if not self.ca_file:
            return ""
        _, begin, certificate = Path(self.ca_file).read_text().partition("-----BEGIN CERT")
        return begin + certificate


class Exchange(BaseHTTPRequestHandler):
    """One request; an answer writes to it."""

    protocol_version = "HTTP/1.1"
    served: HttpsServer
    body: bytes = b""

    def do_GET(self) -> None:
        self.served.asked.append(self.path)
        self.close_connection = True
        answer = self.served.answers.get(self.path, self.served.otherwise)
        try:
            answer(self)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            return  # the client left, as some tests want

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
        """Say nothing on stderr."""


def text(body: str | bytes, code: int = 200, **headers: str) -> Answer:
    raw = body.encode() if isinstance(body, str) else body

    def answer(exchange: Exchange) -> None:
        exchange.send_response(code)
        exchange.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            exchange.send_header(name.replace("_", "-"), value)
        exchange.end_headers()
        exchange.wfile.write(raw)

    return answer


def status(code: int, **headers: str) -> Answer:
    return text("", code, **headers)


def endless(first: bytes, then: bytes, pause_s: float = 0.0) -> Answer:
    """Send `first`, then `then` repeatedly until the client leaves or the test is over."""

    def answer(exchange: Exchange) -> None:
        exchange.wfile.write(first)
        while not exchange.served.over.wait(pause_s):
            exchange.wfile.write(then)

    return answer


@contextmanager
def https_server(
    folder: Path, *names: str, has_ca: bool = False, has_expired: bool = False
) -> Iterator[HttpsServer]:
    """Serve on 127.0.0.1, under other host names too.

    Args:
        folder: For the certificates.
        names: Host names in the certificate, besides the address.
        has_ca: Whether a CA signs the certificate, one as people make them by hand: without key
            identifiers and key usage. Otherwise it signs itself.
        has_expired: Whether the certificate is no longer valid.
    """
    certificate, ca = folder / "server.pem", folder / "ca.pem"
    _write_certificates(certificate, ca, names, has_ca=has_ca, has_expired=has_expired)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with _serving("https", context, str(ca if has_ca else certificate)) as served:
        yield served


@contextmanager
def http_server() -> Iterator[HttpsServer]:
    with _serving("http", None, "") as served:
        yield served


@contextmanager
def _serving(scheme: str, tls: ssl.SSLContext | None, ca_file: str) -> Iterator[HttpsServer]:
    class Handler(Exchange):
        """Knows the answers of this server."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        served = HttpsServer(f"{scheme}://127.0.0.1:{server.server_port}", ca_file)
        Handler.served = served
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            served.over.set()
            server.shutdown()
            thread.join()


def _write_certificates(
    path: Path, ca: Path, names: Sequence[str], *, has_ca: bool, has_expired: bool
) -> None:
    """Write a certificate for 127.0.0.1 and some names, with its key in the same file, and its CA.

    Without a CA it signs itself.
    """
    key, ca_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    if not has_ca:
        ca_key = key
    else:
        made = _certificate("a private CA", "a private CA", ca_key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        ca.write_bytes(made.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    signer = "a private CA" if has_ca else "127.0.0.1"
    certificate = (
        _certificate("127.0.0.1", signer, key, ends_in_h=-0.5 if has_expired else 1)
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                    *(x509.DNSName(host) for host in names),
                ]
            ),
            critical=False,
        )
        .add_extension(
            x509.BasicConstraints(ca=not has_ca, path_length=None if has_ca else 0), critical=True
        )
        .sign(ca_key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )


def _certificate(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, ends_in_h: float = 1
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=ends_in_h))
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
