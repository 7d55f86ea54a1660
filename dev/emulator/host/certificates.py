"""The certificate authority of an embedded cluster, and the certificates it issues."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import ssl
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VALID_DAYS = 3650


def ensure_certificates(folder: Path) -> None:
    """Make `ca`, `node` and `client.root` pairs where they are missing.

    Args:
        folder: Where `<name>.crt` and `<name>.key` are kept; keys get mode 0600.
    """
    if not (folder / "ca.crt").exists() or not (folder / "ca.key").exists():
        _make_ca(folder)
    if not (folder / "node.crt").exists():
        _issue(folder, "node", "node", _node_extensions())
    if not (folder / "client.root.crt").exists():
        issue_client(folder, "root")


def issue_client(folder: Path, user: str) -> tuple[Path, Path]:
    """Issue a client certificate for a SQL user.

    Args:
        folder: The folder of the cluster, which holds `ca.crt` and `ca.key`.
        user: The SQL user, written as the certificate's common name.

    Returns:
        The paths of `client.<user>.crt` and `client.<user>.key`.
    """
    extensions = [x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])]
    return _issue(folder, f"client.{user}", user, extensions)


def server_tls(folder: Path) -> ssl.SSLContext:
    """Return the listener's TLS settings: client certificates are optional."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / "node.crt", folder / "node.key")
    context.load_verify_locations(folder / "ca.crt")
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def common_name(certificate: bytes) -> str | None:
    """Return the common name of a certificate in DER form, if it has one."""
    names = x509.load_der_x509_certificate(certificate).subject
    found = names.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else None


def _make_ca(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Embedded cluster CA")
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_pair(folder, "ca", certificate, key)


def _issue(
    folder: Path, file_name: str, subject: str, extensions: Sequence[x509.ExtensionType]
) -> tuple[Path, Path]:
    ca = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    ca_key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{folder / 'ca.key'} does not hold the EC key that was written there")
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(subject), ca.subject, key.public_key()).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return _write_pair(folder, file_name, builder.sign(ca_key, hashes.SHA256()), key)


def _node_extensions() -> list[x509.ExtensionType]:
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]
    return [
        x509.SubjectAlternativeName(hosts),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
    ]


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=VALID_DAYS))
    )


def _write_pair(
    folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> tuple[Path, Path]:
    """Write key and certificate; the certificate last, so that its presence means both are."""
    certificate_path, key_path = folder / f"{name}.crt", folder / f"{name}.key"
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(key_path, pem)
    _write(certificate_path, certificate.public_bytes(serialization.Encoding.PEM))
    return certificate_path, key_path


def _write(path: Path, content: bytes) -> None:
    """Put a private file into place in one step: a crash leaves the old one or the new one."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    partial.replace(path)
