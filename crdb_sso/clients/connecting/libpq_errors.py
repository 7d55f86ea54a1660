"""What libpq says when it can't connect, for people: short, and without values of the URL."""

import re
from collections.abc import Iterator, Mapping
from itertools import takewhile

import psycopg

from crdb_sso.errors import ClusterUnreachable
from crdb_sso.printing import printable

WAIT_VARIABLE = "CRDB_SSO_CONNECT_WAIT_S"

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

_SHOWN = frozenset({"host", "port", "user", "dbname"})
"""Parameters whose values may stand in an error; `check_cluster_url` finds torn passwords there."""

_WORDS = frozenset(
    {
        *("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
        *("any", "read-write", "read-only", "primary", "standby", "prefer-standby", "random"),
        *("password", "md5", "scram-sha-256", "none", "system", "postgres", "direct"),
    }
)
"""Values that libpq itself defines: not secret, and part of its own sentences."""

_SHORT = 4
"""Shorter values are replaced only where libpq quotes them: `1` is part of most addresses."""

_LONG = 100
"""So many characters at the beginning of a value count as that value: libpq cuts long file names,
and an inline key is one."""

_BAD_VALUE = re.compile(r"\binvalid .*\bvalue\b|\bbad value for\b|\bdefinition of service\b")


def reason_to_wait(exc: BaseException | None) -> str:
    """Return why a cluster may not be up yet, "" if waiting would not help."""
    if not isinstance(exc, psycopg.OperationalError):
        return ""
    return next((reason for reason in _NOT_UP_YET if reason in str(exc)), "").lower()


def explained(
    exc: psycopg.Error, where: str, parameters: Mapping[str, object]
) -> ClusterUnreachable:
    """Return the error for people.

    Args:
        exc: Why there is no connection.
        where: Host and port.
        parameters: Those of the URL; their values are not repeated.
    """
    text = str(exc).strip()
    reason = _reason(without_values(text, parameters)) or type(exc).__name__
    if reason_to_wait(exc):
        hint = (
            "Check host, port, firewall and that the cluster is running; if it needs longer to"
            f" start, raise {WAIT_VARIABLE} (seconds)."
        )
    elif "root certificate file" in text and "does not exist" in text:
        hint = (
            "Let sslrootcert of cluster_url name the cluster's CA; a relative path is relative to"
            " the folder that the program runs in."
        )
    elif _BAD_VALUE.search(text):
        hint = "Correct that parameter of cluster_url."
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
    return ClusterUnreachable(
        f"can't connect to {where}: {printable(reason)}",
        hint=hint,
        is_silent=bool(reason_to_wait(exc)),
    )


def without_values(text: str, parameters: Mapping[str, object]) -> str:
    """Return a text with the values of a URL replaced by the names of their parameters."""
    pairs = sorted(_secret_values(parameters), key=lambda pair: -len(pair[1]))
    marked = [(f"\0{number}\1", value) for number, (_, value) in enumerate(pairs)]
    for mark, value in marked:  # not the name at once: another value may be a part of it
        quoted = rf"(?<=[\"'`(]){re.escape(value)}(?=[\"'`)])"
        text = re.sub(quoted, mark, text)
        if len(value) >= _SHORT:
            text = text.replace(value, mark)
    for mark, value in marked:
        while (start := text.find(value[:_LONG])) >= 0 and len(value) > _LONG:
            same = takewhile(
                lambda pair: pair[0] == pair[1], zip(text[start:], value, strict=False)
            )
            text = f"{text[:start]}{mark}{text[start + len(list(same)) :]}"
    for (name, _), (mark, _) in zip(pairs, marked, strict=True):
        text = text.replace(mark, f"[{name}]")
    return text


def _secret_values(parameters: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, given in parameters.items():
        value = str(given)
        if name in _SHOWN or not value or value in _WORDS or _is_public_path(name, value):
            continue
        yield name, value
        if name == "options":
            for part in re.split(r"[\s=]+", value):
                if part and not re.fullmatch(r"-c|(?:--|-c)?[a-z_.]+", part):
                    yield name, part


def _is_public_path(name: str, value: str) -> bool:
    """Tell whether a value is where a CA is: whoever looks for the file has to know it."""
    return name == "sslrootcert" and len(value) <= _LONG and "@" not in value and "\n" not in value


def _reason(text: str) -> str:
    """Return libpq's message without its advice and its list of attempts."""
    lines = text.partition("\nMultiple connection attempts failed")[0].splitlines()
    return " ".join(line for line in lines if not line.startswith(("\t", "Either provide")))
