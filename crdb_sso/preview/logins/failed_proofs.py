"""Why a proof of logins failed, in lines for people. It needs the judge, which `up` does not."""

from collections.abc import Collection, Iterator

from crdb_sso.plan.proving import Failure
from crdb_sso.preview.logins.proofs import said_of
from crdb_sso.preview.logins.verdicts import verdict_lines

_IN_GENERAL = (
    "Ask a person with the token to run `crdb-sso explain`; try another node. Then run `pulumi up`"
    " again."
)


def failure_text(failures: Collection[Failure]) -> str:
    """Return why logins failed, in lines."""
    return "\n  ".join(line for failure in failures for line in _failure_lines(failure))


def next_step(failures: Collection[Failure]) -> str:
    """Return what to do about the first failure for which that is known."""
    hints = (failure.verdict.fix if failure.verdict else failure.hint for failure in failures)
    return next(filter(None, hints), _IN_GENERAL)


def _failure_lines(failure: Failure) -> Iterator[str]:
    yield f"the login of {failure.user} failed: {said_of(failure)}"
    if failure.verdict is None:
        return
    if failure.verdict.first_failure is not None:
        yield from verdict_lines(failure.user, failure.verdict)
        return
    yield "  As far as could be seen, nothing in the token speaks against it."
    waiting = [check.name for check in failure.verdict.checks if check.passed is None]
    if waiting:
        yield f"  Not looked at: {', '.join(waiting)}."
