"""Django's engine for CockroachDB, with a fresh token for each new connection."""

import os

from django_cockroachdb import base

from crdb_sso.workload import Login, tokens

login = Login.from_outputs(os.environ.get("CRDB_SSO_CONNECT", "connect.json"), "app_orders")
source = tokens.file(os.environ.get("CRDB_TOKEN_FILE", "token"))
arguments = login.kwargs(source)


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks for a token whenever Django connects."""

    def get_connection_params(self):
        """Return the parameters of one connection."""
        return {**super().get_connection_params(), **arguments.now()}

    @property
    def pool(self):
        """The pool if OPTIONS has a "pool"; Django alone would give it one token forever."""
        pool = super().pool
        if pool is not None:
            pool.kwargs = lambda: {**self.get_connection_params(), "autocommit": True}
        return pool
