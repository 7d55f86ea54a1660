"""What is wrong with a source, for people: its name, the reason, the next step, and no secret."""

from collections.abc import Iterator
from contextlib import contextmanager

from crdb_sso.errors import CrdbSsoError, MissingPackage, TokenUnavailable
from crdb_sso.printing import cut
from crdb_sso.workload.tokens.token import Token, without_secrets


def check_fresh(token: Token, now_s: float, hint: str = "") -> None:
    """Check that a token has not expired; one that does not say when passes.

    Args:
        token: The token.
        now_s: The time, in seconds since 1970.
        hint: The next step for people.

    Raises:
        TokenUnavailable: It has.
    """
    if token.expires_at is not None and token.expires_at <= now_s:
        raise TokenUnavailable(
            f"the token expired {now_s - token.expires_at:.0f} s ago, by this machine's clock",
            hint=hint or "Check the clock of this machine, and who issues the token.",
        )


@contextmanager
def telling(label: str) -> Iterator[None]:
    """Name the source in errors of ours that a block raises."""
    try:
        yield
    except CrdbSsoError as error:
        made = told(label, error)
        raise made from made.__cause__


def told(label: str, error: BaseException) -> CrdbSsoError:
    """Return an error of a source for one of those who wait: each gets an exception of its own.

    Args:
        label: Names the source.
        error: What was raised. It is not chained if a text in it holds a token.
    """
    if isinstance(error, MissingPackage):
        return _chained(MissingPackage(error.what, hint=error.hint), error.__cause__)
    if isinstance(error, CrdbSsoError):
        hint = without_secrets(error.hint)
        return _chained(
            TokenUnavailable(f"{label}: {reason_of(error)}", hint=hint), error.__cause__
        )
    return _chained(TokenUnavailable(f"{label}: {reason_of(error)}", hint=_BY_HAND), error)


_BY_HAND = "Ask for the token by hand, where the workload runs: that fails in the same way."


def _chained(error: CrdbSsoError, cause: BaseException | None) -> CrdbSsoError:
    error.__cause__ = cause if all(_is_clean(one) for one in _chain(cause)) else None
    return error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_clean(error: BaseException) -> bool:
    return without_secrets(str(error)) == str(error)


def reason_of(error: BaseException | None) -> str:
    """Return why there is no token, in a line; servers may say more than anybody reads."""
    if isinstance(error, CrdbSsoError):
        return cut(without_secrets(error.what), _LONGEST)
    said = ": ".join(filter(None, (type(error).__name__, str(error))))
    return cut(without_secrets(said), _LONGEST)


_LONGEST = 2000
