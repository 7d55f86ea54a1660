"""A source that asks anew each time, as some that people write."""

from collections.abc import Callable

from crdb_sso.workload import Token


class Uncached:
    """Gives each connection a token of its own."""

    def __init__(self, function: Callable[[], str]) -> None:
        self._function = function

    def token(self) -> Token:
        return Token(self._function())

    async def token_async(self) -> Token:
        return self.token()
