"""For the application at run time: a fresh token for every new connection. No Pulumi.

    from crdb_sso.workload import Login, tokens

    login = Login.from_outputs("connect.json", "app_orders")
    with login.connect(tokens.gcp(login.audience)) as conn:
        ...

Importing it starts nothing and loads no cloud SDK: the package of a source is imported when its
first token is asked for.
"""

from typing import TYPE_CHECKING

from crdb_sso.workload import tokens
from crdb_sso.workload.login import Login
from crdb_sso.workload.tokens import Source, Token

if TYPE_CHECKING:
    from crdb_sso.workload.refusals import LoginRefused

__all__ = ["Login", "LoginRefused", "Source", "Token", "tokens"]


def __getattr__(name: str) -> object:
    """Return what loads the judge, once it is asked for."""
    if name == "LoginRefused":
        from crdb_sso.workload.refusals import LoginRefused

        return LoginRefused
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
