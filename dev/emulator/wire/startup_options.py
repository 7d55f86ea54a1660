"""The option text of a client's start-up packet (pkg/sql/pgwire/pre_serve_options.go)."""

from __future__ import annotations

from urllib.parse import unquote_plus

from dev.emulator.sqlerror import SqlError

JWT_OPTION = "crdb:jwt_auth_enabled"
_BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


def parse_options(text: str) -> dict[str, str]:
    """Return the keys and values of the start-up parameter `options`.

    Args:
        text: For instance `--crdb:jwt_auth_enabled=true -c statement_timeout=5s`; escapes of URLs
            are undone first, so a plus sign is a blank.

    Raises:
        SqlError: A part has no prefix, or not exactly one equals sign; or there is a NUL.
    """
    found: dict[str, str] = {}
    after_c = False
    unescaped = unquote_plus(text)
    if "\0" in unescaped:  # PostgreSQL would take what follows for a parameter of its own
        raise SqlError('invalid byte sequence for encoding "UTF8": 0x00', sqlstate="22021")
    for part in _split(unescaped):
        if part == "-c":
            after_c = True
            continue
        if not after_c and part[:2] not in ("--", "-c"):
            raise SqlError(
                f"option \"{part}\" is invalid, must have prefix '-c' or '--'", sqlstate="08P01"
            )
        pair = (part if after_c else part[2:]).split("=")
        if len(pair) != 2:  # noqa: PLR2004 - a key and a value
            raise SqlError(f"option \"{part}\" is invalid, check '='", sqlstate="08P01")
        found[pair[0].replace("-", "_").lower()] = pair[1]
        after_c = False
    return found


def wants_jwt(options: dict[str, str]) -> bool:
    """Return whether the client logs in with a token.

    Raises:
        SqlError: Go's ParseBool does not take the option's value.
    """
    value = options.get(JWT_OPTION, "false")
    if value not in _BOOLEANS:
        raise SqlError(
            f'{JWT_OPTION}: strconv.ParseBool: parsing "{value}": invalid syntax',
            sqlstate="22023",
        )
    return _BOOLEANS[value]


def _split(text: str) -> list[str]:
    """Split at blanks; a backslash escapes the character after it."""
    parts: list[str] = []
    current: list[str] = []
    started = escaped = False
    for character in text:
        if character.isspace() and not escaped:
            if started:
                parts.append("".join(current))
            current, started = [], False
            continue
        started = True
        if character == "\\" and not escaped:
            escaped = True
        else:
            escaped = False
            current.append(character)
    return [*parts, "".join(current)] if started else parts
