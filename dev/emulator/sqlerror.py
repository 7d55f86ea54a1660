"""The error that reaches a SQL client."""


class SqlError(Exception):
    """A refusal that reaches the client as a PostgreSQL `ErrorResponse`.

    Attributes:
        message: The primary message, as CockroachDB words it.
        sqlstate: Five-character code; `XXUUU` is CockroachDB's "uncategorised".
        detail: Optional DETAIL line.
        hint: Optional HINT line.
    """

    def __init__(
        self,
        message: str,
        *,
        sqlstate: str = "XXUUU",
        detail: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.detail = detail
        self.hint = hint
