"""Rows of SHOW USERS: options, who made the user, and its last login.

`options` is one text before 25.3 (`CREATEROLE, NOLOGIN`), a list from then on, which may hold
`PROVISIONSRC=jwt_token:ISSUER`; `estimated_last_login_time` is a fourth column from 25.3 on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

POWERS = frozenset(
    {
        *("CREATEROLE", "CREATELOGIN", "CREATEDB", "CONTROLJOB", "CONTROLCHANGEFEED"),
        *("VIEWACTIVITY", "VIEWACTIVITYREDACTED", "VIEWCLUSTERSETTING", "MODIFYCLUSTERSETTING"),
        *("CANCELQUERY", "REPLICATION", "BYPASSRLS"),
    }
)
"""Role options that let a user do more."""

_SOURCE = "PROVISIONSRC="
_COLUMNS_WITH_LAST_LOGIN = 4


@dataclass(frozen=True, slots=True)
class ListedUser:
    """What SHOW USERS says of one user.

    Attributes:
        powers: Its role options that are among POWERS.
        source: The text of PROVISIONSRC, "" if it has none.
        last_login: When it last logged in; None if it never did, or the version does not tell.
    """

    powers: frozenset[str] = frozenset()
    source: str = ""
    last_login: datetime | None = None


def listed_users(rows: Iterable[Sequence[object]]) -> dict[str, ListedUser]:
    """Return what whole rows of SHOW USERS say, by the user's name."""
    return {str(row[0]): _listed(row) for row in rows}


def tells_last_logins(rows: Iterable[Sequence[object]]) -> bool:
    """Tell whether the rows have a column for the last login; root is in all of them."""
    return any(len(row) >= _COLUMNS_WITH_LAST_LOGIN for row in rows)


def _listed(row: Sequence[object]) -> ListedUser:
    is_list = isinstance(row[1], list)
    options = [str(one) for one in row[1]] if isinstance(row[1], list) else str(row[1]).split(",")
    source = next((one for one in options if is_list and one.startswith(_SOURCE)), "")
    last = row[3] if len(row) >= _COLUMNS_WITH_LAST_LOGIN else None
    return ListedUser(
        frozenset(one.strip() for one in options) & POWERS,
        source.removeprefix(_SOURCE),
        last if isinstance(last, datetime) else None,
    )
