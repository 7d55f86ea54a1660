"""Where workloads connect: libpq URLs without credentials, built from what is meant to be known."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote

from crdb_sso.clients.connecting.connection import check_cluster_url
from crdb_sso.errors import InvalidInput

DEFAULT_PORT = 26257
"""CockroachDB's, not libpq's 5432."""

DEFAULT_DATABASE = "defaultdb"

JWT_OPTION = "--crdb:jwt_auth_enabled=true"


@dataclass(frozen=True, slots=True)
class Way:
    """How workloads reach the cluster: everything in their URLs but the user.

    Attributes:
        authority: `host:port`, or several separated by commas.
        database: Name of the database.
        routing: The option that names a virtual cluster, "" without one.
        ca_file: Path where they find the CA of the cluster, "" for libpq's default.
    """

    authority: str
    database: str = DEFAULT_DATABASE
    routing: str = ""
    ca_file: str = ""


def connect_url(user: str, way: Way) -> str:
    """Return the URL with which a workload logs in as a SQL user; its token is the password."""
    start, hosts = way.authority, ""
    if "," in start and "[" in start:
        start, hosts = "", f"{_in_the_query(start)}&"
    path = f"{quote(way.database, safe='')}?{hosts}options={_escaped(options_of(way))}"
    ca_file = f"&sslrootcert={_escaped(way.ca_file)}" if way.ca_file else ""
    return f"postgresql://{quote(user, safe='')}@{start}/{path}&sslmode=verify-full{ca_file}"


def options_of(way: Way) -> str:
    """Return the start-up options: the virtual cluster, and the one for tokens."""
    return f"{way.routing} {JWT_OPTION}".strip()


def host_and_port_of(authority: str) -> tuple[str, str]:
    """Return the hosts and the ports, each separated by commas, as libpq takes them."""
    pairs = [part.rpartition(":") for part in authority.split(",")]
    hosts = ",".join(host.strip("[]") for host, _, _ in pairs)
    return hosts, ",".join(port for _, _, port in pairs)


def _escaped(value: str) -> str:
    """Escape the value of a parameter so that libpq and Go's pgx read the same."""
    return quote(value, safe="")


def _in_the_query(authority: str) -> str:
    """Return hosts as parameters: Go's net/url rejects an IPv6 address beside another host."""
    hosts, ports = host_and_port_of(authority)
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
