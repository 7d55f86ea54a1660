"""A login that the cluster refused: raised as an error of the driver's, with the judge's words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from crdb_sso.printing import printable_lines
from crdb_sso.verdict import Verdict
from crdb_sso.verdict.told import is_refused
from crdb_sso.workload.explaining import advice_on, explanation, judged
from crdb_sso.workload.parameters import Trust
from crdb_sso.workload.tokens.token import without_secrets


class LoginRefused(Exception):
    """The cluster refused the login: its own words, what does not fit, and the next step.

    What is raised is also an error of the driver's, of the class that the driver itself raises for
    a refused login: code that knows only the driver, a pool or SQLAlchemy handles it as before.
    The driver's error is its `__cause__`, unless the server's words in it repeat a token.

    Attributes:
        verdict: What the judge says of the token; undecided if the cause is on the cluster.
    """

    verdict: Verdict

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle it with its verdict, whatever a driver's errors leave behind."""
        return _made, (type(self), *self.args, self.verdict)


R = TypeVar("R", bound=LoginRefused)


def _made(kind: type[R], text: str, verdict: Verdict) -> R:
    error = kind(text)
    error.verdict = verdict
    return error


@dataclass(frozen=True, slots=True)
class Driver:
    """How a driver tells what a server said.

    Attributes:
        raises: The class of all its errors that may come from a server.
        refused: What is raised for a refused login.
        said: Returns what the server said, as libpq has it, from one of its errors.
    """

    raises: type[Exception]
    refused: type[LoginRefused]
    said: Callable[[Exception], str] = str


@contextmanager
def explaining(driver: Driver, trust: Trust, token: str) -> Iterator[None]:
    """Say why, if the server refuses a login in a block; what else goes wrong stays as it is.

    Args:
        driver: The driver that logs in.
        trust: What the login says of its tokens.
        token: The token that is sent.

    Raises:
        LoginRefused: The server refused it.
    """
    try:
        yield
    except driver.raises as error:
        said = driver.said(error)
        if isinstance(error, LoginRefused) or not is_refused(said):
            raise
        verdict, clean = judged(trust, token, said), without_secrets(said, token)
        why = explanation(verdict) or advice_on(said, trust.user)
        text = printable_lines(f"{clean.rstrip().expandtabs(2)}\n  {why}")
        raise _made(driver.refused, text, verdict) from (error if clean == said else None)
