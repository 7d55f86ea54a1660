"""Clients for people: what psql, `cockroach sql` and others need to log in with a token."""

from collections.abc import Mapping
from pathlib import PurePath
from urllib.parse import quote, urlencode

from crdb_sso.workload.parameters import Address, options
from crdb_sso.workload.tokens import Token


def environment_for(program: str, address: Address, token: Token) -> Mapping[str, str]:
    """Return the variables by which a client finds address and token.

    Clients that are built on libpq read the same ones; `cockroach` reads a URL.
    A service file would outrank them: see `without_other_ways`.

    Args:
        program: The client; only its name counts.
        address: Where to connect.
        token: The token.
    """
    made = {
        "PGHOST": address.host,
        "PGPORT": address.port,
        "PGUSER": address.user,
        "PGDATABASE": address.database,
        "PGPASSWORD": str(token.value),
        "PGOPTIONS": options(address),
        "PGSSLMODE": "verify-full",
        "PGGSSENCMODE": "disable",  # it would take the place of TLS
    }
    if address.ca_file:
        made["PGSSLROOTCERT"] = address.ca_file
    if PurePath(program).name == "cockroach":
        made["COCKROACH_URL"] = url_with_token(address, token)
    return made


def without_other_ways(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return an environment without what could lead a client elsewhere, or there without TLS.

    Args:
        environment: That of the user; what is not a parameter of a connection stays.
    """
    return {
        name: text
        for name, text in environment.items()
        if name not in _OF_COCKROACH
        and (not name.startswith("PG") or name.startswith("PG_") or name in _HARMLESS)
    }


_HARMLESS = frozenset(
    {
        *("PGAPPNAME", "PGCLIENTENCODING", "PGCONNECT_TIMEOUT", "PGDATESTYLE", "PGGEQO", "PGTZ"),
        *("PGSSLROOTCERT", "PGSSLCRL", "PGSSLCRLDIR", "PGSSLSNI", "PGSSLMINPROTOCOLVERSION"),
        *("PGLOADBALANCEHOSTS", "PGTARGETSESSIONATTRS", "PGDATA", "PGLOCALEDIR"),
    }
)
"""The rest is dropped, also what later versions of libpq read: PGSERVICE outranks PGHOST."""

_OF_COCKROACH = frozenset(
    f"COCKROACH_{name}" for name in ("URL", "HOST", "PORT", "USER", "DATABASE", "INSECURE")
)


def url_with_token(address: Address, token: Token) -> str:
    """Return a libpq URL whose password is the token: a secret as long as the token lives."""
    hosts, ports = address.host.split(","), address.port.split(",")
    ports = ports if len(ports) == len(hosts) else ports * len(hosts)
    where = ",".join(
        f"[{quote(host, safe=':')}]:{port}" if ":" in host else f"{quote(host, safe='')}:{port}"
        for host, port in zip(hosts, ports, strict=True)
    )
    query = {"options": options(address), "sslmode": "verify-full"}
    if address.ca_file:
        query["sslrootcert"] = address.ca_file
    who = f"{quote(address.user, safe='')}:{quote(token.value, safe='')}"
    path = quote(address.database, safe="")
    said = urlencode(query, errors="surrogateescape", quote_via=quote, safe="")  # a path's bytes
    return f"postgresql://{who}@{where}/{path}?{said}"
