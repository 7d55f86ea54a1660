"""Who gets in: client certificate, password or token, in CockroachDB's order of checks.

The order is the one of 22.2 to 25.3: the user is looked up before a password or token is asked for.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dev.emulator.jwt_login import judge
from dev.emulator.passwords import matches
from dev.emulator.sqlerror import SqlError
from dev.emulator.startup_options import parse_options, wants_jwt
from dev.emulator.usernames import normalise
from dev.emulator.wire import Fields, Message, int32

if TYPE_CHECKING:
    from dev.emulator.client import Client
    from dev.emulator.store import Account, Store

ASK_FOR_PASSWORD = Message(b"R", int32(3))
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


async def authenticate(client: Client, start: Start, store: Store) -> None:
    """Let a user in, or not.

    Raises:
        SqlError: The user may not log in, in CockroachDB's words.
    """
    account = await store.account(start.user)
    if account is None:
        raise _wrong_password(start.user)
    if not account.may_login:
        raise SqlError(f"{start.user} does not have login privilege", sqlstate="28000")
    # A token is judged by itself; a certificate that is shown as well does not matter.
    if start.jwt:
        token = await _secret(client, start.user)
        settings = await store.jwt_settings()
        if settings.enabled and await store.fetches_keys():
            raise SqlError(
                "fetching keys from issuers is not implemented in the embedded cluster yet",
                sqlstate="0A000",
            )
        judge(settings, token, start.user, time.time())
    elif client.certificate_user is not None:
        _check_certificate(client.certificate_user, start.user)
    else:
        _check_password(await _secret(client, start.user), start.user, account)


async def _secret(client: Client, user: str) -> str:
    """Ask for a password or token."""
    await client.send(ASK_FOR_PASSWORD)
    answer = await client.receive()
    if answer.kind != b"p":
        raise SqlError("expected a password message", sqlstate="08P01")
    secret = Fields(answer.body).text()
    if not secret:
        raise _wrong_password(user)
    return secret


def _check_certificate(certificate_user: str, user: str) -> None:
    if normalise(certificate_user) != user:
        raise SqlError(
            f'certificate authentication failed for user "{user}"',
            sqlstate="28000",
            detail=f'The client certificate is valid for "{certificate_user}" on all tenants.',
        )


def _check_password(password: str, user: str, account: Account) -> None:
    if account.verifier is None or not matches(password, account.verifier):
        raise _wrong_password(user)
    if account.expired:
        raise SqlError("password is expired", sqlstate="28000")


def _wrong_password(user: str) -> SqlError:
    return SqlError(f"password authentication failed for user {user}", sqlstate="28P01")
