"""What drivers need in order to log in with a token: pure rules, no driver."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from crdb_sso.errors import InvalidInput
from crdb_sso.printing import shown
from crdb_sso.workload.tokens.token import Token

DEFAULT_PORT = 26257
DEFAULT_DATABASE = "defaultdb"
JWT_OPTION = "--crdb:jwt_auth_enabled=true"
"""Tells CockroachDB that the password is a token."""

OF_THE_SYSTEM = "system"
"""A CA "file" that stands for the CAs of the system, as libpq has it."""

Foreign: TypeAlias = Any  # any: what a driver takes or returns is its own affair

Parameters = dict[str, Foreign]
"""Connection parameters by name, as a driver takes them."""

_OWN = ("host", "port", "user", "dbname", "database", "password", "sslmode", "sslrootcert")


@dataclass(frozen=True, slots=True)
class Address:
    """Where one login connects, and as whom.

    Attributes:
        host: Host names or addresses, separated by commas.
        port: Their ports, separated by commas, or one for all.
        user: The SQL user.
        database: The database.
        virtual_cluster: Name of a virtual cluster, "" for none.
        ca_file: Path of the CA of the cluster; "system", or "" for libpq's default.
    """

    host: str
    port: str
    user: str
    database: str
    virtual_cluster: str
    ca_file: str


@dataclass(frozen=True, slots=True)
class Trust:
    """What a login says of its tokens; "" for what it does not."""

    user: str
    issuer: str = ""
    audience: str = ""
    subject: str = ""
    claim: str = ""


def libpq_parameters(address: Address, token: Token, more: Mapping[str, object]) -> Parameters:
    """Return fresh parameters for a driver that is built on libpq.

    Args:
        address: Where to connect.
        token: The token.
        more: Parameters of the program's own; `options` are kept beside ours.

    Raises:
        InvalidInput: One of them is what the login says.
    """
    check_more(more)
    made: Parameters = {
        "gssencmode": "disable",  # it would take the place of TLS, and of the cluster's certificate
        **more,
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "dbname": address.database,
        "password": token.value,
        "options": options(address, more.get("options")),
        "sslmode": "verify-full",
    }
    if address.ca_file:
        made["sslrootcert"] = address.ca_file
    return made


def asyncpg_parameters(address: Address, token: Token, more: Mapping[str, object]) -> Parameters:
    """Return fresh parameters for asyncpg, which knows neither `options` nor `sslmode`.

    Args:
        address: Where to connect.
        token: The token.
        more: Parameters of the program's own; `server_settings` are kept beside ours.

    Raises:
        InvalidInput: One of them is what the login says; or there is no CA to verify with.
    """
    check_more(more)
    given = more.get("server_settings")
    settings = dict(given) if isinstance(given, Mapping) else {}
    hosts, ports = address.host.split(","), [int(port) for port in address.port.split(",")]
    ports = ports if len(ports) == len(hosts) else ports * len(hosts)
    return {
        **more,
        "host": hosts[0] if len(hosts) == 1 else hosts,
        "port": ports[0] if len(ports) == 1 else ports,
        "user": address.user,
        "database": address.database,
        "password": token.value,
        "ssl": more.get("ssl") or tls_of(address.ca_file),
        "server_settings": {**settings, "options": options(address, settings.get("options"))},
    }


def options(address: Address, more: object = None) -> str:
    """Return the start-up options: virtual cluster, the program's own, and the one for tokens."""
    routing = f"-ccluster={address.virtual_cluster}" if address.virtual_cluster else ""
    return " ".join(filter(None, (routing, str(more or "").strip(), JWT_OPTION)))


def tls_of(ca_file: str) -> ssl.SSLContext:
    """Return what verifies the cluster as libpq's `verify-full` does.

    Raises:
        InvalidInput: The file can't be read, or holds no certificate.
    """
    if ca_file == OF_THE_SYSTEM:
        return ssl.create_default_context()
    path = ca_file or os.environ.get("PGSSLROOTCERT") or str(_DEFAULT_CA)
    try:
        made = ssl.create_default_context(cafile=path)
    except OSError as error:  # ssl.SSLError is one
        raise InvalidInput(
            f"the CA of the cluster can't be read from {path!r}: {error.strerror or error}",
            hint='Give `ca_file`: the path of a PEM file, or "system".',
        ) from error
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT  # libpq takes CAs without key identifiers
    return made


_DEFAULT_CA = Path("~/.postgresql/root.crt").expanduser()


def check_host(host: str) -> None:
    """Check that each host is one that is reached over a network, and so by TLS.

    libpq takes a path, or nothing, for a Unix socket, and knows no TLS there.

    Args:
        host: Host names or addresses, separated by commas.

    Raises:
        InvalidInput: One of them is a socket, is empty, or has characters that no host has.
    """
    for one in host.split(","):
        if one.startswith(("/", "@")):
            raise InvalidInput(
                "the host is a Unix socket: a token would be sent without TLS", hint=_A_HOST
            )
        if not one or not one.isprintable() or _NOT_IN_HOSTS & {*one}:
            reason = "has characters that no host has" if one else "is empty"
            raise InvalidInput(f"a host of the cluster {reason}", hint=_A_HOST)


_NOT_IN_HOSTS = frozenset(" /@?#&=;'\"\\[]")
_A_HOST = "Name hosts of the cluster, separated by commas, e.g. db.example.com."


def check_more(more: Mapping[str, object]) -> None:
    """Check parameters of the program's own.

    Raises:
        InvalidInput: One of them is what the login says.
    """
    for name in _OWN:
        if name in more:
            raise InvalidInput(
                f"`{name}` is what the login says", hint="Leave it out, or change the Login."
            )


_NEEDED = ("host", "user", "database")
TEXTS = (*_NEEDED, "ca_file", "virtual_cluster")
"""What of a login a client is given as text."""


def check_texts(texts: Mapping[str, str]) -> None:
    """Check what a login says, by its name there: that a client can be given it.

    Raises:
        InvalidInput: It is empty, or has a NUL or half a character in it.
    """
    for name, text in texts.items():
        if not text and name in _NEEDED:
            raise InvalidInput(f"`{name}` of the login is empty", hint=f"Give `{name}`.")
        if "\0" in text or not _is_encodable(text, is_path=name == "ca_file"):
            raise InvalidInput(
                f"`{name}` of the login has a character that nothing can have: {shown(text)}",
                hint=f"Give `{name}` as text in UTF-8.",
            )


def is_port(text: str) -> bool:
    """Tell whether a text is the number of a port."""
    return (
        text.isascii()
        and text.isdecimal()
        and len(text) <= _LONGEST_PORT
        and 0 < int(text) <= _LAST_PORT
    )


_LONGEST_PORT, _LAST_PORT = 5, 65_535


def _is_encodable(text: str, *, is_path: bool) -> bool:
    """Tell whether a text has bytes; a path may have any, which Python keeps as surrogates."""
    try:
        text.encode("utf-8", "surrogateescape" if is_path else "strict")
    except UnicodeEncodeError:
        return False
    return True
