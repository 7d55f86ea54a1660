"""From a libpq URL to an open connection, or to an error that says what is wrong."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential

from crdb_sso.clients.environment import seconds
from crdb_sso.errors import ClusterUnreachable, InvalidInput
from crdb_sso.plan.inputs import CERTIFICATE, PASSWORD, TOKEN, Operator

Parameters = dict[str, Any]  # any: libpq's parameters are texts and numbers

Connection = psycopg.Connection[tuple[Any, ...]]  # any: rows are what each statement asks for

BOUNDED_WAITS = (
    "-c lock_timeout=30s -c statement_timeout=600s -c idle_in_transaction_session_timeout=20s"
)
"""No statement waits forever: neither for a row that somebody else has locked, nor for the leases
that a commit of new users waits for; and a process stopped in a transaction holds no row for longer
than others wait for it. The operator's own options take precedence."""

SESSION_OPTIONS = "-c autocommit_before_ddl=off"
"""From 25.1 on, CockroachDB commits an open transaction before any schema change in it, including
CREATE USER (pkg/sql/conn_executor_exec.go): our transactions would not be transactions. Versions
that do not know the variable ignore it."""

CONNECT_TIMEOUT_S = 10
"""Limit for one attempt, in seconds."""

WAIT_VARIABLE = "CRDB_SSO_CONNECT_WAIT_S"
WAIT_S = 60.0
"""How long to wait, in seconds, for a cluster that does not answer yet (it may be coming up in the
same deployment). `CRDB_SSO_CONNECT_WAIT_S` overrides it."""

_NOT_UP_YET = (
    "Connection refused",
    "could not translate host name",
    "failed to resolve host",
    "Name or service not known",
    "timeout expired",
    "connection timeout",
    "No route to host",
    "Network is unreachable",
    "Connection reset by peer",
    "server closed the connection unexpectedly",
)


def check_cluster_url(url: str) -> Parameters:
    """Return the parameters of a libpq URL.

    Raises:
        InvalidInput: libpq can't read it. The text is not repeated: it may hold a password.
    """
    if not url.startswith(("postgresql://", "postgres://")):
        raise InvalidInput("cluster_url is not a postgresql:// URL", hint=_URL_HINT)
    try:
        parameters = conninfo_to_dict(url)
    except psycopg.Error:
        raise InvalidInput("cluster_url can't be read by libpq", hint=_URL_HINT) from None
    if not parameters.get("host"):
        raise InvalidInput("cluster_url has no host", hint=_URL_HINT)
    if _has_torn_password(parameters):
        raise InvalidInput(
            "cluster_url can't be read: its host, port or database contains a character that"
            " belongs to the password",
            hint=_URL_HINT,
        )
    return parameters


def _has_torn_password(parameters: Parameters) -> bool:
    """Tell whether libpq would mistake part of an unescaped password for something it prints."""
    port = str(parameters.get("port", ""))
    return (
        "@" in parameters["host"]
        or "@" in parameters.get("dbname", "")
        or not all(part.isdigit() or not part for part in port.split(","))
    )


_URL_HINT = (
    "Write postgresql://user@host:26257/defaultdb?sslmode=verify-full&sslrootcert=ca.crt ;"
    " percent-escape special characters."
)


@contextmanager
def connection(url: str, *, wait_s: float | None = None) -> Iterator[Connection]:
    """Open a connection in autocommit mode, and close it at the end.

    Args:
        url: A libpq URL.
        wait_s: How long to wait, in seconds, for a cluster that does not answer yet; None for the
            environment's setting.

    Raises:
        InvalidInput: The URL can't be read.
        ClusterUnreachable: No answer within the wait, or TLS or the login failed.
    """
    parameters = check_cluster_url(url)
    with _connected(url, parameters, wait_s) as conn:
        yield conn


def _connected(url: str, parameters: Parameters, wait_s: float | None) -> Connection:
    retrying = Retrying(
        retry=retry_if_exception(_is_not_up_yet),
        stop=stop_after_delay(seconds(WAIT_VARIABLE, WAIT_S) if wait_s is None else wait_s),
        wait=wait_exponential(multiplier=0.2, max=3),
        reraise=True,
    )
    port = parameters.get("port") or os.environ.get("PGPORT") or 26257  # CockroachDB's, not libpq's
    timeout = parameters.get("connect_timeout") or os.environ.get("PGCONNECT_TIMEOUT")
    given = parameters.get("options") or os.environ.get("PGOPTIONS") or ""
    options: Parameters = {
        "port": port,
        "connect_timeout": timeout or CONNECT_TIMEOUT_S,
        "options": " ".join(f"{BOUNDED_WAITS} {given} {SESSION_OPTIONS}".split()),
    }
    try:
        return retrying(
            psycopg.connect,
            url,
            autocommit=True,
            application_name="crdb-sso",
            prepare_threshold=None,
            **options,
        )
    except psycopg.Error as exc:
        raise _explained(exc, f"{parameters['host']}:{port}") from None


def logged_in_operator(conn: Connection, user: str) -> Operator:
    """Return who is logged in on a connection, and by which method."""
    if _TOKEN_OPTION.search(conn.info.options):
        return Operator(user, TOKEN)
    return Operator(user, PASSWORD if conn.pgconn.used_password else CERTIFICATE)


def may_list_grants(conn: Connection) -> bool:
    """Tell whether an operator may list system privileges: everybody since 23.1.4 (#104732)."""
    if conn.info.user == "root":
        return True
    version = _RELEASE.search(conn.info.parameter_status("crdb_version") or "")
    return version is None or tuple(map(int, version.groups())) >= _GRANTS_ARE_OPEN


_RELEASE = re.compile(r"\bv(\d+)\.(\d+)\.(\d+)")
_GRANTS_ARE_OPEN = (23, 1, 4)

_TOKEN_OPTION = re.compile(r"crdb[:_]jwt[-_]auth[-_]enabled=(1|t|true)\b", re.IGNORECASE)


def _is_not_up_yet(exc: BaseException) -> bool:
    return isinstance(exc, psycopg.OperationalError) and any(t in str(exc) for t in _NOT_UP_YET)


def _reason(text: str) -> str:
    """Return libpq's message without its indented advice and its list of attempts."""
    lines = text.partition("\nMultiple connection attempts failed")[0].splitlines()
    return " ".join(line for line in lines if not line.startswith("\t"))


def _explained(exc: psycopg.Error, where: str) -> ClusterUnreachable:
    text = str(exc).strip()
    reason = _reason(text) or type(exc).__name__
    if _is_not_up_yet(exc):
        hint = (
            "Check host, port, firewall and that the cluster is running; if it needs longer to"
            f" start, raise {WAIT_VARIABLE} (seconds)."
        )
    elif any(word in text for word in ("certificate", "SSL", "sslmode", "TLS")):
        hint = (
            "Check sslmode, sslrootcert, sslcert and sslkey of cluster_url, and that the server's"
            " certificate is valid for the host name."
        )
    else:
        hint = (
            "Check the operator's user, password (PGPASSWORD) or client certificate (PGSSLCERT,"
            " PGSSLKEY)."
        )
    return ClusterUnreachable(f"can't connect to {where}: {reason}", hint=hint)
