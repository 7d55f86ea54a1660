"""One login with one token, to see whether it is let in: no pool, no source, no second try."""

import os
from collections.abc import Mapping

import psycopg

from crdb_sso.workload.parameters import Address, libpq_parameters
from crdb_sso.workload.tokens.token import Token

_CAN_SEND_NO_CERTIFICATE = 160_000
"""libpq's version that knows `sslcertmode`."""

_NOWHERE = f"{os.devnull}/none"
"""Path of a file that can't exist: libpq takes a certificate that is not there for none."""


def log_in(address: Address, token: Token, more: Mapping[str, object]) -> str:
    """Log in, and return who the cluster says that is; no client certificate is offered.

    Args:
        address: Where to connect.
        token: The token.
        more: Further parameters of libpq.

    Raises:
        psycopg.Error: It was not let in, or the cluster was not reached.
    """
    knows_mode = psycopg.pq.version() >= _CAN_SEND_NO_CERTIFICATE
    without_certificate = {"sslcertmode": "disable"} if knows_mode else {"sslcert": _NOWHERE}
    given = libpq_parameters(address, token, {**more, **without_certificate})
    with psycopg.connect("", autocommit=True, **given) as conn:
        row = conn.execute("SELECT current_user").fetchone()
    return "" if row is None else str(row[0])


def words_of_server(error: psycopg.Error) -> str:
    """Return what a server said as it refused a login, "" if it was not the server that failed."""
    said = []
    for line in str(error).splitlines():
        for mark in ("FATAL:", "ERROR:", "DETAIL:"):
            _, found, words = line.partition(mark)
            if found:
                said.append(words.strip())
    return ", ".join(dict.fromkeys(said))
