"""Host-based rules of a cluster as text: who may log in by which method; the first match wins.

Only whole lines are added or removed: our block, between two comments. What others wrote stays
where it is, byte for byte. Grammar: CockroachDB pkg/sql/pgwire/hba. Logins with a token as password
are not subject to these rules; those by OAUTHBEARER (26.4 and later) are, as the method `oauth`.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from crdb_sso.crdb.address_blocks import ANYWHERE, is_block
from crdb_sso.crdb.user_names import check_role_name
from crdb_sso.errors import GuardRefused, InvalidInput

BEGIN = "# crdb-sso: from here on tokens only"
END = "# crdb-sso: end"
"""The two comments around our block. They are stored on clusters: never change them."""

CLOSING = ("host all all all reject", "local all all reject")

METHODS = ("cert", "cert-password", "cert-scram-sha-256", "password", "scram-sha-256")
"""The methods a door may have; none of them needs options."""

_BUILT_IN = "host all all all cert-password\nlocal all all password"

OAUTH = "oauth"
"""The method by which tokens log in by SASL OAUTHBEARER (RFC 7628); rules of ours never have it."""

_WORD = r'(?:"[^"]*"|[^\s",#][^\s",]*)'
_FIELD = re.compile(rf"\s*({_WORD}(?:,\s*{_WORD})*)")
_ADDRESS_ALONE = re.compile(r"[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")


@dataclass(frozen=True, slots=True)
class HostRule:
    """One rule.

    Attributes:
        kind: local, host, hostssl, hostnossl.
        users: Names; None for everybody.
        address: As written; "" for a local rule.
        method: How to authenticate.
        text: The line, without surrounding blanks.
        maps: The names of the parts of the identity map that it uses (`map=name`).
    """

    kind: str
    users: tuple[str, ...] | None
    address: str
    method: str
    text: str
    maps: tuple[str, ...] = ()

    @property
    def lets_in(self) -> bool:
        """Tell whether the rule may let somebody in."""
        return self.method != "reject"

    @property
    def is_for_tokens(self) -> bool:
        """Tell whether the rule lets in tokens, by OAUTHBEARER."""
        return self.method == OAUTH

    def is_about(self, user: str) -> bool:
        """Tell whether the rule may decide about a remote login of a user."""
        return self.kind in ("host", "hostssl") and (self.users is None or user in self.users)


# doors: who may still log in without a token


@dataclass(frozen=True, slots=True, order=True)
class Door:
    """A way in: one user, from one block of addresses.

    Attributes:
        user: The SQL user.
        address: A block of addresses, or `all`.
    """

    user: str
    address: str = ANYWHERE

    @classmethod
    def read(cls, text: str) -> "Door":
        """Return the door that a text names, see `text`; nothing is checked."""
        user, _, address = text.partition(" ")
        return cls(user, address)

    @property
    def text(self) -> str:
        """`user address`: user names have no blanks. States remember it: never change the form."""
        return f"{self.user} {self.address}"


def check_door(door: Door, method: str) -> None:
    """Check a door and its method.

    Raises:
        InvalidInput: The address is neither `all` nor a block of addresses, or the method is not
            one of `METHODS`.
        InvalidUserName: CockroachDB does not allow such a user name.
    """
    check_role_name(door.user)
    if door.address != ANYWHERE and not is_block(door.address):
        raise InvalidInput(
            f"{door.address!r} is not a block of addresses",
            hint="Write 10.0.0.0/8, or 2001:db8::/32, or leave it out to allow every address.",
        )
    if method not in METHODS:
        raise InvalidInput(
            f"{method!r} is not a supported method", hint=f"Write one of {', '.join(METHODS)}."
        )


def rule_line(door: Door, method: str) -> str:
    """Return the rule that opens a door."""
    user = f'"{door.user}"' if door.user == ANYWHERE else door.user  # a user of that name
    return f"hostssl all {user} {door.address} {method}"


# texts


def rules(text: str) -> list[HostRule]:
    """Return the rules of a text, ours included.

    Raises:
        GuardRefused: A line can't be read.
    """
    return [rule for line in text.split("\n") if (rule := _rule(line)) is not None]


def rules_in_force(text: str) -> list[HostRule]:
    """Return the rules of a text, or those that are built in where it has none.

    Raises:
        GuardRefused: A line can't be read.
    """
    return rules(text) or rules(_BUILT_IN)


def block(lines: Iterable[str]) -> tuple[str, ...]:
    """Return our block: each rule that lets somebody in, once, then the rules that close it."""
    return (BEGIN, *sorted(set(lines), key=_place_in_block), *CLOSING, END)


def _place_in_block(line: str) -> tuple[bool, str]:
    """Sort rules for some addresses before those for all."""
    return f" {ANYWHERE} " in line.partition(" all ")[2], line


def block_lines(text: str) -> tuple[str, ...] | None:
    """Return the rules of our block that let somebody in, None if there is no block.

    Raises:
        GuardRefused: Somebody removed one of its two comments.
    """
    lines = text.split("\n")
    found = _found_block(lines)
    if found is None:
        return None
    inner = [line.strip() for line in lines[found[0] + 1 : found[1]]]
    return tuple(line for line in inner if line and line not in CLOSING)


def with_doors(text: str, put: Collection[str], drop: Collection[str]) -> str:
    """Return a text whose block has some rules more and some less.

    Args:
        text: The live text.
        put: Rules that let somebody in; BEGIN stands for the block itself.
        drop: The same; without BEGIN there is no block, and without any rule no text.

    Raises:
        GuardRefused: A line can't be read, or a comment around our block is missing.
    """
    before = block_lines(text)
    if BEGIN in drop and BEGIN not in put:
        left = without_block(text)
        return left if rules(left) else ""  # CockroachDB refuses a text of comments alone
    if before is None and BEGIN not in put:
        return text
    lines = {*(before or ()), *put} - (set(drop) - set(put)) - {BEGIN}
    if before is not None and lines == set(before) and _is_whole(text):
        return text
    return with_block(text, lines)


def _is_whole(text: str) -> bool:
    """Tell whether the block has its closing rules, and stands where it belongs."""
    lines = block_lines(text)
    return lines is not None and with_block(text, lines) == text


def with_block(text: str, lines: Iterable[str]) -> str:
    """Return a text with our block in it, in front of the first rule that lets everybody in.

    Args:
        text: The live text; a block in it is replaced.
        lines: The rules that let somebody in.

    Raises:
        GuardRefused: A line can't be read.
    """
    foreign = without_block(text).split("\n")
    place = _place(foreign)
    return "\n".join([*foreign[:place], *block(lines), *foreign[place:]])


def without_block(text: str) -> str:
    """Return a text without our block, as others wrote it.

    Raises:
        GuardRefused: Somebody removed one of the two comments of our block.
    """
    lines = text.split("\n")
    found = _found_block(lines)
    return text if found is None else "\n".join([*lines[: found[0]], *lines[found[1] + 1 :]])


def foreign_rules(text: str) -> tuple[list[HostRule], list[HostRule]]:
    """Return the rules of others above our block, and those below, which it overrules."""
    lines = without_block(text).split("\n")
    place = _place(lines)
    return rules("\n".join(lines[:place])), rules("\n".join(lines[place:]))


def _place(lines: Sequence[str]) -> int:
    """Return the number of the line above which our block belongs."""
    for number, line in enumerate(lines):
        rule = _rule(line)
        if rule is not None and rule.users is None and rule.lets_in:
            return number
    return len(lines) if lines[-1] else len(lines) - 1  # before the final line feed


def _found_block(lines: Sequence[str]) -> tuple[int, int] | None:
    marks = [n for n, line in enumerate(lines) if line.strip() in (BEGIN, END)]
    if not marks:
        return None
    if [lines[n].strip() for n in marks] != [BEGIN, END]:
        raise GuardRefused(
            "the live host-based rules have lost one of the comments around the rules of the"
            f" stacks: {BEGIN!r} and {END!r}",
            hint="Put it back by hand, or remove the whole block. No setting was changed.",
        )
    return marks[0], marks[1]


def _rule(line: str) -> HostRule | None:
    """Return the rule of a line, None if it has none."""
    fields = _fields(line)
    if not fields:
        return None
    kind, _database, users, *rest = [*fields, "", ""]
    address = [] if kind == "local" else rest[:1]
    if address and _ADDRESS_ALONE.fullmatch(address[0]):  # a netmask follows
        address = rest[:2]
    method, *options = rest[len(address) :] or [""]
    if not method.strip('"'):
        raise _unreadable(line)
    return HostRule(
        kind, _users(users), " ".join(address), method.strip('"'), line.strip(), _maps(options)
    )


def _maps(options: Sequence[str]) -> tuple[str, ...]:
    """Return the values of `map=`; a quoted value is a field of its own."""
    named = zip(options, [*options[1:], ""], strict=True)
    whole = (f"{text}{behind}" if text.endswith("=") else text for text, behind in named)
    pairs = (text.replace('"', "").partition("=") for text in whole)
    return tuple(value for name, _, value in pairs if name == "map" and value)


def _users(field: str) -> tuple[str, ...] | None:
    words = re.findall(_WORD, field)
    if any(word.lower() == "all" for word in words):
        return None
    return tuple(word.strip('"').lower() for word in words)


def _fields(line: str) -> list[str]:
    fields, at = [], 0
    while line[at:].strip() and not line[at:].lstrip().startswith("#"):
        match = _FIELD.match(line, at)
        if match is None:
            raise _unreadable(line)
        fields.append(match[1])
        at = match.end()
    return fields


def _unreadable(line: str) -> GuardRefused:
    return GuardRefused(
        f"the live host-based rules can't be read at {line.strip()!r}",
        hint="Look at server.host_based_authentication.configuration with SHOW CLUSTER SETTING,"
        " fix it by hand, then run again. No setting was changed.",
    )
