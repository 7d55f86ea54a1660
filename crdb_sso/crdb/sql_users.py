"""What CockroachDB knows about a SQL user besides its name: its login state and its roles."""

from dataclasses import dataclass
from enum import Enum

from crdb_sso.errors import InvalidUserName


class LoginState(str, Enum):
    """Whether a SQL user may log in. The values are stored on the cluster: never change them."""

    LOGIN = "LOGIN"
    NOLOGIN = "NOLOGIN"

    @classmethod
    def of(cls, *, may_login: bool) -> "LoginState":
        """Return the state of a user that may, or may not, log in."""
        return cls.LOGIN if may_login else cls.NOLOGIN

    @property
    def may_login(self) -> bool:
        """Whether a user in this state may log in."""
        return self is LoginState.LOGIN


@dataclass(frozen=True, slots=True, order=True)
class Membership:
    """What `GRANT role TO user` gives."""

    role: str
    user: str

    @classmethod
    def read(cls, text: str) -> "Membership":
        """Return the membership that a text names, see `text`.

        Raises:
            InvalidUserName: The text is not two names separated by a blank.
        """
        role, _, user = text.partition(" ")
        if not role or not user or " " in user:
            raise InvalidUserName(
                f"{text!r} is not a role and a user", hint="Write both, separated by a blank."
            )
        return cls(role, user)

    @property
    def text(self) -> str:
        """`role user`: SQL names have no blanks. Stored on the cluster: never change the form."""
        return f"{self.role} {self.user}"
