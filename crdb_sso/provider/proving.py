"""The proof after a write: real logins, tried until they are let in or nothing speaks for waiting.

The token is asked for anew for each try, as what it says may have to spread as well. It is sent to
the cluster alone, whose certificate is always verified, and it is neither kept nor shown.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psycopg
from tenacity import RetryCallState, Retrying, retry_if_result, wait_exponential

from crdb_sso.clients.connection import CONNECT_TIMEOUT_S, check_cluster_url
from crdb_sso.clients.environment import seconds
from crdb_sso.clients.judging import judge_on_cluster
from crdb_sso.clients.libpq_errors import explained
from crdb_sso.clients.routing import routing_of
from crdb_sso.crdb.user_names import normalised
from crdb_sso.desired.logins import Desired, source_of
from crdb_sso.desired.proof import KIND, parameters, proven_identity, proven_users
from crdb_sso.desired.unknown import Text, known
from crdb_sso.errors import CrdbSsoError, InvalidInput, MissingPackage
from crdb_sso.plan.proving import (
    LONGEST_S,
    SPREAD_S,
    Failure,
    Helps,
    gives_up,
    source_may_recover,
    waiting_helps,
)
from crdb_sso.preview.proofs import again_line, let_in_line, other_user_words, trying_line
from crdb_sso.provider import log
from crdb_sso.provider.engine_calls import is_awaited
from crdb_sso.provider.requests import Change
from crdb_sso.provider.target import Target
from crdb_sso.verdict import Verdict
from crdb_sso.workload.explaining import judged
from crdb_sso.workload.logging_in import log_in, words_of_server
from crdb_sso.workload.parameters import DEFAULT_DATABASE, DEFAULT_PORT, Address, Trust, check_host
from crdb_sso.workload.tokens import Token, named
from crdb_sso.workload.tokens.token import without_secrets

PROOF_VARIABLE = "CRDB_SSO_PROOF_WAIT_S"
"""How long, in seconds, logins are tried at most."""

_OPTIONS = "-c statement_timeout=10s"


def longest_s() -> float:
    """Return how long logins are tried at most, in seconds.

    Raises:
        InvalidInput: The environment has something else than a number.
    """
    return seconds(PROOF_VARIABLE, LONGEST_S)


def prove(change: Change) -> tuple[Failure, ...]:
    """Try the logins that a change is to prove; return those that were not let in.

    It ends early if nobody waits for it any more.
    """
    users, limit_s = proven_users(change.proof, change.desired), longest_s()
    log.info(trying_line(users, limit_s))
    trials = _Trials(change, list(users))
    pause = wait_exponential(multiplier=0.5, max=5)

    def is_over(state: RetryCallState) -> bool:
        waited_s = state.seconds_since_start or 0.0
        return gives_up(trials.failures, waited_s, limit_s) or not is_awaited()

    def wait(state: RetryCallState) -> float:
        return min(pause(state), max(0.0, limit_s - (state.seconds_since_start or 0.0)))

    trying = Retrying(
        retry=retry_if_result(bool),
        stop=is_over,
        wait=wait,
        before_sleep=trials.say,
        retry_error_callback=lambda _: trials.failures,
    )
    return tuple(trying(trials.once))


@dataclass(slots=True)
class _Trials:
    """The logins that were not let in yet.

    Attributes:
        change: What is proven.
        users: Whom it is still about.
        failures: How the last try of each ended.
        said_s: When people were last told, in seconds since the first try.
    """

    change: Change
    users: list[str]
    failures: Sequence[Failure] = ()
    said_s: float = field(default=-SPREAD_S)

    def once(self) -> Sequence[Failure]:
        """Try each of them once."""
        tried = {user: _trial(self.change, user) for user in self.users}
        for user, failure in tried.items():
            if failure is None:
                log.info(let_in_line(user))
        self.failures = [failure for failure in tried.values() if failure]
        self.users = [failure.user for failure in self.failures]
        return self.failures

    def say(self, state: RetryCallState) -> None:
        """Tell people who is not let in yet, but not each time."""
        waited_s = state.seconds_since_start or 0.0
        if waited_s - self.said_s >= SPREAD_S:
            self.said_s = waited_s
            log.info(again_line(self.failures, waited_s))


def _trial(change: Change, user: str) -> Failure | None:
    desired, source = change.desired, change.proof.logins[user]
    try:
        token = _token(desired, user, source)
    except CrdbSsoError as error:
        is_final = isinstance(error, InvalidInput | MissingPackage)
        helps = Helps.NOTHING if is_final else source_may_recover(source)
        return Failure(user, f"there is no token: {error.what}", helps, hint=error.hint)
    return _login(change.target, _trust(desired, user, source), token)


def _token(desired: Desired, user: str, source: Mapping[str, Text]) -> Token:
    audience = known(proven_identity(desired, user, source).audience)
    given = {name: known(text) for name, text in parameters(source).items()}
    return named(known(source.get(KIND, "")), audience, given).token()


def _trust(desired: Desired, user: str, source: Mapping[str, Text]) -> Trust:
    identity = proven_identity(desired, user, source)
    issuer = known(source_of(desired, identity).issuer)
    audience, subject = known(identity.audience), known(identity.subject)
    return Trust(user, issuer, audience, subject, known(desired.claim))


def _login(target: Target, trust: Trust, token: Token) -> Failure | None:
    url = target.cluster_url
    address, more = way_of(url, trust.user)
    try:
        found = log_in(address, token, more)
    except psycopg.Error as error:
        said = without_secrets(words_of_server(error), token.value)
        if not said:
            where = f"{address.host}:{address.port}"
            other = explained(error, where, {**check_cluster_url(url), "password": token.value})
            hint = f"{other.hint} A proof always verifies the cluster (sslmode=verify-full)."
            return Failure(trust.user, other.what, Helps.SPREADING, hint=hint)
        verdict = _verdict(target, trust, token)
        return Failure(trust.user, said, waiting_helps(verdict), verdict)
    if found != normalised(trust.user):
        return Failure(trust.user, other_user_words(found), Helps.NOTHING)
    return None


def way_of(url: str, user: str) -> tuple[Address, dict[str, object]]:
    """Return where an operator connects, and what else leads there, without who that is.

    Args:
        url: The operator's libpq URL.
        user: Who logs in instead.

    Raises:
        InvalidInput: The URL can't be read, or leads to a Unix socket, where there is no TLS.
    """
    given, options = check_cluster_url(url), f"{routing_of(url)} {_OPTIONS}".strip()
    check_host(str(given["host"]))
    address = Address(
        host=str(given["host"]),
        port=str(given.get("port") or os.environ.get("PGPORT") or DEFAULT_PORT),
        user=user,
        database=str(given.get("dbname") or DEFAULT_DATABASE),
        virtual_cluster="",
        ca_file=str(given.get("sslrootcert") or ""),
    )
    more = {name: given[name] for name in ("hostaddr", "sslcrl", "sslsni") if given.get(name)}
    timeout = given.get("connect_timeout") or CONNECT_TIMEOUT_S
    return address, {**more, "options": options, "connect_timeout": timeout}


def _verdict(target: Target, trust: Trust, token: Token) -> Verdict:
    """Judge by what the operator's node shows; by what the program says if that can't be read."""
    try:
        url, database = target.cluster_url, target.database
        return judge_on_cluster(url, database, trust.user, token.value, wait_s=0).verdict
    except CrdbSsoError:
        return judged(trust, token.value)
