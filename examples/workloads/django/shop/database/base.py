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

    def get_new_connection(self, conn_params):
        """Open a connection; the error of a refused login says why."""
        with arguments.explaining(conn_params):
            return super().get_new_connection(conn_params)

    @property
    def pool(self):
        """The pool if OPTIONS has a "pool"; Django alone would give it one token forever."""
        pool = super().pool
        if pool is not None:
            pool.kwargs = lambda: {**self.get_connection_params(), "autocommit": True}
            pool.connection_class = arguments.connection_class()
        return pool
