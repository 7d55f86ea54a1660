"""What becomes of a driver's error: a refusal gets the judge's words, all else stays as it is."""

import asyncpg
import psycopg
import pytest

from crdb_sso.workload import LoginRefused
from crdb_sso.workload.asyncpg_refusals import ASYNCPG
from crdb_sso.workload.parameters import Trust
from crdb_sso.workload.psycopg_connections import PSYCOPG
from crdb_sso.workload.refusals import Driver, explaining
from tests.unit.workload.token_texts import NEVER_SHOWN, jwt

OPAQUE = "an-opaque-token"
TRUST = Trust("app_orders", "https://idp.example.com", "crdb", "orders-service")


def raised(driver: Driver, error: Exception, token: str = OPAQUE) -> BaseException:
    with pytest.raises(type(error)) as caught, explaining(driver, TRUST, token):
        raise error
    return caught.value


def of_asyncpg(severity: str | None, message: str, detail: str | None = None) -> Exception:
    made: Exception = asyncpg.InvalidAuthorizationSpecificationError(message)
    made.__dict__.update(severity=severity, detail=detail)
    return made


@pytest.mark.parametrize(
    ("driver", "error"),
    [
        pytest.param(PSYCOPG, psycopg.OperationalError("connection refused"), id="unreachable"),
        pytest.param(
            PSYCOPG,
            psycopg.OperationalError("FATAL:  sorry, too many clients already"),
            id="too many",
        ),
        pytest.param(
            ASYNCPG,
            of_asyncpg("FATAL", "certificate authentication failed for user app_orders"),
            id="of a certificate",
        ),
        pytest.param(
            ASYNCPG, asyncpg.ConnectionDoesNotExistError("connection was closed"), id="closed"
        ),
        pytest.param(PSYCOPG, RuntimeError("JWT authentication: invalid token"), id="not its own"),
    ],
)
def test_what_is_not_a_refusal_of_a_token_stays_as_it_is(driver: Driver, error: Exception) -> None:
    assert raised(driver, error) is error


@pytest.mark.parametrize("severity", ["ERROR", "FATAL", None])
def test_asyncpg_is_understood_as_libpq_is(severity: str | None) -> None:
    error = of_asyncpg(severity, "JWT authentication: invalid token", "token issued in the future")

    found = raised(ASYNCPG, error)

    assert isinstance(found, LoginRefused)
    assert found.__cause__ is error
    assert str(found).startswith(
        f"{severity or 'FATAL'}:  JWT authentication: invalid token\nDETAIL:  token issued"
    )


def test_a_refusal_is_explained_once() -> None:
    error = psycopg.OperationalError("FATAL:  JWT authentication: invalid audience")
    once = raised(PSYCOPG, error)
    assert isinstance(once, LoginRefused)
    assert raised(PSYCOPG, once) is once


@pytest.mark.parametrize("token", [jwt(iss="https://idp.example.com"), OPAQUE])
@pytest.mark.parametrize(
    ("driver", "make"),
    [
        (PSYCOPG, psycopg.OperationalError),
        (ASYNCPG, asyncpg.InvalidAuthorizationSpecificationError),
    ],
    ids=["psycopg", "asyncpg"],
)
def test_a_token_that_the_server_repeats_is_in_no_error(
    driver: Driver, make: type[Exception], token: str
) -> None:
    said = f"JWT authentication: no such token {token}"
    found = raised(driver, make(said if driver is ASYNCPG else f"FATAL:  {said}"), token)

    assert "JWT authentication: no such token [secret]" in str(found)
    assert found.__cause__ is None
    assert found.__suppress_context__
    assert token not in f"{found!r} {found}"
    assert NEVER_SHOWN not in f"{found!r} {found}"


def test_what_a_server_says_does_nothing_to_a_terminal() -> None:
    said = "FATAL:  JWT authentication: \x1b[2Jno\r\tone"

    found = raised(PSYCOPG, psycopg.OperationalError(said))

    assert str(found).startswith("FATAL:  JWT authentication: \\x1b[2Jno\\r  one\n")
