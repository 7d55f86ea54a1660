"""Where workloads connect: libpq URLs without credentials, built from host and port alone."""

import ipaddress
import re
from urllib.parse import quote

from crdb_sso.clients.connection import check_cluster_url
from crdb_sso.errors import InvalidInput

DEFAULT_PORT = 26257
"""CockroachDB's, not libpq's 5432."""

DEFAULT_DATABASE = "defaultdb"

# `options` and its value are percent-escaped so that libpq and Go's pgx read the same value.
PARAMETERS = "options=--crdb%3Ajwt_auth_enabled%3Dtrue&sslmode=verify-full"


def connect_url(user: str, authority: str, database: str) -> str:
    """Return the URL a workload connects with; it adds its token as password, and `sslrootcert`.

    Args:
        user: SQL user.
        authority: `host:port`, or several separated by commas.
        database: Name of the database.
    """
    start, parameters = authority, PARAMETERS
    if "," in authority and "[" in authority:
        start, parameters = "", f"{_in_the_query(authority)}&{PARAMETERS}"
    path = quote(database, safe="")
    return f"postgresql://{quote(user, safe='')}@{start}/{path}?{parameters}"


def _in_the_query(authority: str) -> str:
    """Return hosts as parameters: Go's net/url rejects an IPv6 address beside another host."""
    pairs = [part.rpartition(":") for part in authority.split(",")]
    hosts = ",".join(host.strip("[]") for host, _, _ in pairs)
    ports = ",".join(port for _, _, port in pairs)
    return f"host={quote(hosts, safe='')}&port={quote(ports, safe='')}"


def authority_of(cluster_url: object, port: object = None) -> str:
    """Return host and port of a cluster URL, and nothing else: the URL is a secret.

    Args:
        cluster_url: A libpq URL; several hosts keep their order, a missing port is 26257.
        port: Replaces every port in the URL, if given.

    Raises:
        InvalidInput: It is not a libpq URL with hosts that workloads can reach over TLS.
    """
    parameters = check_cluster_url(str(cluster_url))
    hosts = str(parameters["host"]).split(",")
    ports = str(port or parameters.get("port") or "").split(",")
    if not all(_is_host(host) for host in hosts):
        raise InvalidInput(
            "cluster_url has a host that is not a host name or address",
            hint="Tell workloads where the cluster is with `connect_host` and `connect_port`.",
        )
    if len(ports) not in (1, len(hosts)):
        raise InvalidInput(
            f"cluster_url has {len(hosts)} hosts, but {len(ports)} ports",
            hint="Give one port for each host, or one for all.",
        )
    each = ports if len(ports) > 1 else ports * len(hosts)
    return ",".join(_joined(host, number) for host, number in zip(hosts, each, strict=True))


def authority_at(host: object, port: object = None) -> str:
    """Return host and port as part of a URL.

    Args:
        host: Name or address; several separated by commas share the port.
        port: 1 to 65535; None is 26257.

    Raises:
        InvalidInput: One of them can't be part of a URL.
    """
    hosts = str(host).split(",")
    if not all(_is_host(one) for one in hosts):
        raise InvalidInput(
            f"connect_host {host!r} is not a host name or address",
            hint="Give the name alone, e.g. db.example.com; the port is `connect_port`.",
        )
    return ",".join(_joined(one, port) for one in hosts)


def _joined(host: str, port: object) -> str:
    return f"[{host}]:{_port(port)}" if ":" in host else f"{host}:{_port(port)}"


def _port(port: object) -> int:
    text = str(port or DEFAULT_PORT).removesuffix(".0")  # the engine turns numbers into floats
    largest = 65535
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= largest:
        raise InvalidInput(
            f"{text!r} is not a port", hint="Give a number from 1 to 65535; CockroachDB's is 26257."
        )
    return int(text)


def _is_host(text: str) -> bool:
    if re.fullmatch(r"[A-Za-z0-9._-]+", text):
        return True
    try:
        return bool(ipaddress.IPv6Address(text))
    except ValueError:
        return False
