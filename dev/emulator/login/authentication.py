"""Which way a client gets in: by host-based rules (certificate, password) or by token.

The user is looked up before a password or token is asked for, except with tokens from 25.4 on:
those say first whom they are for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dev.emulator.login import by_token
from dev.emulator.login.by_hba_rule import deciding_rule, follow_rule, refuse_root
from dev.emulator.login.refusals import no_login, wrong_password
from dev.emulator.usernames import normalise
from dev.emulator.versions import TokenChecks
from dev.emulator.wire.startup_options import parse_options, wants_jwt

if TYPE_CHECKING:
    import asyncio

    from dev.emulator.login.store import Store
    from dev.emulator.wire.client import Client

DEFAULT_DATABASE = "defaultdb"


@dataclass(frozen=True)
class Start:
    """What a client asked for in its start-up packet.

    Attributes:
        user: The SQL user, normalised.
        database: The current database of the session; it need not exist.
        jwt: Whether the client logs in with a token.
        variables: Session variables to begin with, by their names in lower case.
    """

    user: str
    database: str
    jwt: bool
    variables: dict[str, str]


def read_start(parameters: dict[str, str]) -> Start:
    """Return what the parameters of a start-up packet ask for.

    Raises:
        SqlError: The option text is wrong.
    """
    options = parse_options(parameters.get("options", ""))
    given = {
        name.lower(): value
        for name, value in parameters.items()
        if name not in ("user", "database", "options", "replication")
    }
    return Start(
        user=normalise(parameters.get("user", "")),
        database=parameters.get("database") or DEFAULT_DATABASE,
        jwt=wants_jwt(options),
        variables={**given, **options},
    )


async def authenticate(client: Client, start: Start, store: Store, turn: asyncio.Lock) -> None:
    """Let a user in, or refuse the login.

    Args:
        client: Who logs in.
        start: What it asked for.
        store: Accounts and settings.
        turn: Held while a token is judged.

    Raises:
        SqlError: The user may not log in, in CockroachDB's words.
    """
    if store.root_disallowed and not start.jwt:
        refuse_root(client, start.user)
    if start.jwt and store.version.token_checks is TokenChecks.TOKEN_FIRST:
        await by_token.log_in_token_first(client, start.user, store, turn)
        return
    # Tokens are judged alone: neither a rule nor a certificate that is shown as well matters.
    rule = None if start.jwt else deciding_rule(client, start.user, *await store.host_rules())
    account = await store.account(start.user)
    if account is None:
        raise wrong_password(start.user)
    if not account.may_login:
        raise no_login(start.user)
    if rule is not None:
        await follow_rule(client, rule, start.user, account)
        return
    await by_token.log_in(client, start.user, store, turn)
