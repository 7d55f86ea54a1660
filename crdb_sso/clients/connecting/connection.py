"""From a libpq URL to an open connection, or to an error that says what is wrong."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_delay,
    wait_exponential,
)

from crdb_sso.clients.connecting.libpq_errors import WAIT_VARIABLE, explained, reason_to_wait
from crdb_sso.clients.connecting.waiting import Waiting, current
from crdb_sso.errors import InvalidInput
from crdb_sso.plan.inputs import CERTIFICATE, OAUTH, PASSWORD, TOKEN, Operator

__all__ = ["WAIT_VARIABLE", "Connection", "check_cluster_url", "connection"]

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

GLANCE_TIMEOUT_S = 3
"""The same, in seconds, for those who do without the cluster if it does not answer: previews."""


def check_cluster_url(url: str) -> Parameters:
    """Return the parameters of a libpq URL.

    Raises:
        InvalidInput: libpq can't read it. The text is not repeated: it may hold a password.
    """
    if not url.startswith(("postgresql://", "postgres://")):
        raise InvalidInput("cluster_url is not a postgresql:// URL", hint=_URL_HINT)
    if "\0" in url:  # libpq would stop reading there
        raise InvalidInput("cluster_url contains a NUL character", hint=_URL_HINT)
    try:
        parameters = conninfo_to_dict(url)
    except (psycopg.Error, UnicodeEncodeError):
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
        or not re.fullmatch("[0-9,]*", port)
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
        wait_s: How long to wait, in seconds, for a cluster that does not answer yet; None for what
            `waiting` says.

    Raises:
        InvalidInput: The URL can't be read.
        ClusterUnreachable: No answer within the wait, or TLS or the login failed.
    """
    parameters = check_cluster_url(url)
    with _connected(url, parameters, wait_s) as conn:
        yield conn


def _connected(url: str, parameters: Parameters, wait_s: float | None) -> Connection:
    port = parameters.get("port") or os.environ.get("PGPORT") or 26257  # CockroachDB's, not libpq's
    where = f"{parameters['host']}:{port}"
    agreed = current()
    retrying = _until_it_is_up(where, agreed, agreed.limit_s if wait_s is None else wait_s)
    timeout = parameters.get("connect_timeout") or os.environ.get("PGCONNECT_TIMEOUT")
    given = parameters.get("options") or os.environ.get("PGOPTIONS") or ""
    options: Parameters = {
        "port": port,
        "connect_timeout": timeout or (CONNECT_TIMEOUT_S if wait_s != 0 else GLANCE_TIMEOUT_S),
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
        raise explained(exc, where, parameters) from None


def _until_it_is_up(where: str, agreed: Waiting, limit_s: float) -> Retrying:
    """Return what tries again while the cluster is not up yet, and says so once."""
    pause = wait_exponential(multiplier=0.2, max=3)

    def say(state: RetryCallState) -> None:
        reason = reason_to_wait(state.outcome.exception()) if state.outcome else ""
        if state.attempt_number == 1:
            agreed.say(f"waiting up to {limit_s:g} s for {where} to accept connections: {reason}")

    return Retrying(
        retry=retry_if_exception(lambda exc: bool(reason_to_wait(exc))),
        stop=stop_after_delay(limit_s),
        wait=lambda state: min(pause(state), max(0.0, limit_s - (state.seconds_since_start or 0))),
        before_sleep=say,
        reraise=True,
    )


def logged_in_operator(conn: Connection, user: str) -> Operator:
    """Return who is logged in on a connection, and by which method."""
    if _TOKEN_OPTION.search(conn.info.options):
        return Operator(user, TOKEN)
    if conn.pgconn.used_password:
        return Operator(user, PASSWORD)
    given = conn.info.get_parameters()
    is_by_oauth = "oauth_issuer" in given and "sslcert" not in given  # libpq 18 and later
    return Operator(user, OAUTH if is_by_oauth else CERTIFICATE)


def node_version(conn: Connection) -> str:
    """Return what a node says that it runs, e.g. `CockroachDB CCL v25.4.0 (...)`; "" if nothing."""
    return conn.info.parameter_status("crdb_version") or ""


def may_list_grants(conn: Connection) -> bool:
    """Tell whether an operator may list system privileges: everybody since 23.1.4 (#104732)."""
    if conn.info.user == "root":
        return True
    version = _RELEASE.search(node_version(conn))
    return version is None or tuple(map(int, version.groups())) >= _GRANTS_ARE_OPEN


_RELEASE = re.compile(r"\bv(\d+)\.(\d+)\.(\d+)")
_GRANTS_ARE_OPEN = (23, 1, 4)

_TOKEN_OPTION = re.compile(r"crdb[:_]jwt[-_]auth[-_]enabled=(1|t|true)\b", re.IGNORECASE)
