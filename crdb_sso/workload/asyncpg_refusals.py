"""How asyncpg tells that a login was refused."""

from crdb_sso.workload.extras import needs
from crdb_sso.workload.refusals import Driver, LoginRefused

with needs("asyncpg", "workload-asyncpg", "Login.asyncpg_connect"):
    import asyncpg


class AsyncpgLoginRefused(LoginRefused, asyncpg.InvalidAuthorizationSpecificationError):  # type: ignore[misc] # asyncpg ships no types
    """A refused login, as those expect it who know asyncpg."""


def _said(error: Exception) -> str:
    severity, detail = getattr(error, "severity", None), getattr(error, "detail", None)
    lines = [f"{severity or 'FATAL'}:  {error.args[0] if error.args else ''}"]
    return "\n".join([*lines, f"DETAIL:  {detail}"] if detail else lines)


ASYNCPG = Driver(asyncpg.PostgresError, AsyncpgLoginRefused, _said)
