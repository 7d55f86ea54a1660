"""For the application at run time: a fresh token for every new connection. No Pulumi.

    from crdb_sso.workload import Login, tokens

    login = Login.from_outputs("connect.json", "app_orders")
    with login.connect(tokens.gcp(login.audience)) as conn:
        ...

Importing it starts nothing and loads no cloud SDK: the package of a source is imported when its
first token is asked for.
"""

from crdb_sso.workload import tokens
from crdb_sso.workload.login import Login
from crdb_sso.workload.tokens import Source, Token

__all__ = ["Login", "Source", "Token", "tokens"]
