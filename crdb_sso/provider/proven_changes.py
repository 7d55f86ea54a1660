"""A change in two parts, where a program wants logins proven: they are tried in between.

The first part writes everything, but drops nobody and releases no claim; the second does that, or
puts back what the first has changed, unless that takes access away. Until the second is done the
claim tables say that the change is not completed: an engine that is killed meanwhile leaves what
the next `up` completes.
"""

from dataclasses import dataclass

from crdb_sso.clients.operation import Outcome
from crdb_sso.desired.proof import proven_users
from crdb_sso.errors import CrdbSsoError, ProofFailed
from crdb_sso.plan.proving import Failure
from crdb_sso.plan.revoking import revoked
from crdb_sso.preview.logins import proofs
from crdb_sso.provider import carrying_out, log
from crdb_sso.provider.engine_calls import is_awaited
from crdb_sso.provider.requests import Change


@dataclass(frozen=True, slots=True)
class Written:
    """A change that was written, and stays.

    Attributes:
        outcome: What was done.
        error: Why logins were not let in; None if all were, or none was tried.
        unproven: Whose logins those are.
    """

    outcome: Outcome
    error: ProofFailed | None = None
    unproven: tuple[str, ...] = ()


def write(change: Change) -> Written:
    """Carry out a change, and prove the logins that its program wants proven.

    Raises:
        ProofFailed: A login was not let in, and the change was put back, or is left to the next.
        CrdbSsoError: It could not be written.
    """
    if not proven_users(change.proof, change.desired):
        return Written(carrying_out.create(change) if change.is_new else carrying_out.bring(change))
    from crdb_sso.preview.logins import failed_proofs  # noqa: PLC0415 - `up` needs neither judge nor tokens
    from crdb_sso.provider import proving  # noqa: PLC0415 - as above

    proving.longest_s()  # mistakes in what only a proof reads are told before anything is written
    proving.way_of(change.target.cluster_url, "")
    first = carrying_out.begin(change)
    failures = proving.prove(change)
    if not failures:
        return Written(carrying_out.complete(change, first))
    error = ProofFailed(
        failed_proofs.failure_text(failures), hint=failed_proofs.next_step(failures)
    )
    if not is_awaited():
        raise error  # an engine that was killed: as if this process had been, too
    if change.proof.restores:
        return _put_back(change, first, error, failures)
    return _kept(change, first, error, failures, proofs.STAYS)


def _put_back(
    change: Change, first: Outcome, error: ProofFailed, failures: tuple[Failure, ...]
) -> Written:
    if not first.plan:
        error.add_outcome(proofs.NOTHING_CHANGED)
        raise error
    if first.context.wanted.resumed:
        return _kept(change, first, error, failures, proofs.resumed_line())
    if gone := revoked(first.context, first.plan):
        return _kept(change, first, error, failures, proofs.revoked_line(gone))
    try:
        carrying_out.put_back(change, first)
    except CrdbSsoError as second:
        return _kept(change, first, error, failures, proofs.not_put_back_line(second.reason))
    error.add_outcome(proofs.UNDONE if change.is_new else proofs.PUT_BACK)
    raise error


def _kept(
    change: Change,
    first: Outcome,
    error: ProofFailed,
    failures: tuple[Failure, ...],
    outcome: str,
) -> Written:
    error.add_outcome(outcome)
    unproven = tuple(failure.user for failure in failures)
    try:
        return Written(carrying_out.finish(change, first), error, unproven)
    except CrdbSsoError as second:
        log.warn(f"the change is not completed ({second.reason}): the next `pulumi up` does that")
        return Written(first, error, unproven)
