"""How psycopg2, which SQLAlchemy may use, tells that a login was refused."""

import psycopg2

from crdb_sso.workload.refusals import Driver, LoginRefused


class Psycopg2LoginRefused(LoginRefused, psycopg2.OperationalError):  # type: ignore[misc] # psycopg2 ships no types
    """A refused login, as those expect it who know psycopg2."""


PSYCOPG2 = Driver(psycopg2.Error, Psycopg2LoginRefused)
