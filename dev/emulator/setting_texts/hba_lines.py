"""Host-based rules as they are written: one a line (pkg/sql/pgwire/hba)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from dev.emulator.go.networks import Network, NetworkError, parse_address, parse_cidr, parse_masked
from dev.emulator.go.text import quoted
from dev.emulator.setting_texts.hba_words import Word, scan
from dev.emulator.sqlerror import SqlError

if TYPE_CHECKING:
    from dev.emulator.setting_texts.hba_words import Field, Line

ALL = "all"
LOCAL = "local"
KINDS = (LOCAL, "host", "hostssl", "hostnossl", "loopback")

_CONFIG_FILE = "F0000"
_NOT_SUPPORTED = "0A000"
_NOT_YET = "You have attempted to use a feature that is not yet implemented."


@dataclass(frozen=True, slots=True)
class Rule:
    """One line.

    Attributes:
        kind: The type of connections it is for, one of `KINDS`.
        databases: Words of the second column.
        users: Words of the third column.
        address: A block, the keyword `all`, or a host name; None for local connections.
        method: How to authenticate; any word.
        options: Names and values behind the method, in order; a name may come twice.
    """

    kind: str
    databases: tuple[Word, ...]
    users: tuple[Word, ...]
    address: Network | Word | None
    method: Word
    options: tuple[tuple[str, str], ...] = ()

    def option(self, name: str) -> str:
        """Return the value of an option, or the empty text if it is not given exactly once."""
        values = [value for key, value in self.options if key == name]
        return values[0] if len(values) == 1 else ""


def parse_rules(text: str) -> list[Rule]:
    """Read rules, whether the cluster can apply them or not.

    Raises:
        SqlError: A line can't be read: F0000; 0A000 for what CockroachDB does not support yet; no
            code of its own for an unclosed quote.
    """
    return [_rule_of(line) for line in scan(text)]


def unimplemented(message: str, *hints: str) -> SqlError:
    """Return the refusal of what CockroachDB lacks; its hints come after the usual one."""
    hint = "\n--\n".join([_NOT_YET, *hints])
    return SqlError(f"unimplemented: {message}", sqlstate=_NOT_SUPPORTED, hint=hint)


class _Columns:
    """Takes the fields of a line one by one."""

    def __init__(self, fields: tuple[Field, ...]) -> None:
        self._left = list(fields)

    def field(self, missing: str, hint: str | None = None) -> Field:
        """Take a field, or say what is missing at the end of the line."""
        if not self._left:
            _refuse(f"end-of-line before {missing}", hint)
        return self._left.pop(0)

    def word(self, missing: str, several: str, hint: str | None = None) -> Word:
        """Take a field of one word, or say what there is more than one of."""
        field = self.field(missing)
        if len(field) > 1:
            _refuse(f"multiple values specified for {several}", hint)
        return field[0]

    def rest(self) -> list[Field]:
        """Return the fields that are left."""
        return self._left


def _rule_of(line: Line) -> Rule:
    try:
        return _rule(_Columns(line.fields))
    except SqlError as exc:
        message = f"line {line.number}: {exc.message}"
        raise SqlError(message, sqlstate=exc.sqlstate, hint=exc.hint) from exc


def _rule(columns: _Columns) -> Rule:
    hint = "Specify exactly one connection type per line."
    kind = columns.word("connection type", "connection type", hint).text
    if kind not in KINDS:
        _refuse(f"unknown connection type: {quoted(kind)}")
    databases = columns.field("database specification")
    users = columns.field("role specification")
    address = None if kind == LOCAL else _address(columns)
    hint = "Specify exactly one authentication method per line."
    method = columns.word("authentication method", "authentication method", hint)
    if not method.text:
        _refuse("cannot use empty string as authentication method")
    options = tuple(pair for field in columns.rest() for pair in _options(field))
    return Rule(kind, databases, users, address, method, options)


def _address(columns: _Columns) -> Network | Word:
    hint = "Specify one address range per line."
    word = columns.word("IP address specification", "host address", hint)
    if not word.text:
        _refuse("cannot use empty string as address")
    if word.is_keyword(ALL):
        return word
    if word.is_keyword("samehost") or word.is_keyword("samenet"):
        raise unimplemented(f"address specification {word.text} is not yet supported")
    try:
        return _block(word, columns)
    except NetworkError as exc:
        raise SqlError(str(exc), sqlstate=_CONFIG_FILE) from exc


def _block(word: Word, columns: _Columns) -> Network | Word:
    if "/" in word.text:
        return parse_cidr(word.text)
    address = parse_address(word.text)
    if address is None:
        return word
    hint = "Specify an address range in CIDR notation, or provide a separate netmask."
    mask = columns.field("netmask specification", hint)
    if len(mask) > 1:
        _refuse("multiple values specified for netmask")
    return parse_masked(address, mask[0].text)


def _options(field: Field) -> list[tuple[str, str]]:
    """Read options; the value may be the next word of the field if none touches the `=`."""
    options = []
    words = list(field)
    while words:
        word = words.pop(0)
        name, equals, value = word.text.partition("=")
        if not equals or not (value or words):
            _refuse(f"authentication option not in name=value format: {word.text}")
        options.append((name, value or words.pop(0).text))
    return options


def _refuse(message: str, hint: str | None = None) -> NoReturn:
    raise SqlError(message, sqlstate=_CONFIG_FILE, hint=hint)
