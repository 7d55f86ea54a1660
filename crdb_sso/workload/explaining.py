"""Why a cluster refuses a token, as far as a workload can know."""

import shlex
import time
from datetime import datetime, timezone

from crdb_sso.printing import printable
from crdb_sso.verdict import Verdict
from crdb_sso.verdict.offline import ExportedIdentity, ExportedTrust, judge_offline
from crdb_sso.verdict.told import message_in
from crdb_sso.workload.parameters import Trust


def judged(trust: Trust, token: str, said: str = "") -> Verdict:
    """Judge a token offline, now.

    Args:
        trust: What the login says.
        token: The token.
        said: What a driver says of the login, if it was tried.
    """
    identity = ExportedIdentity(trust.issuer, trust.audience, trust.subject)
    known = ExportedTrust(trust.user, (identity,), trust.claim)
    return judge_offline(
        known, token, now=datetime.fromtimestamp(time.time(), timezone.utc), said=said
    )


def explanation(verdict: Verdict) -> str:
    """Return what speaks against a token, in lines for people; "" if nothing does."""
    failed = verdict.first_failure
    if failed is None:
        return ""
    return "\n  ".join(
        filter(
            None,
            (
                f"{failed.name}: expected: {failed.expected}; seen: {failed.seen}",
                f"near miss: {verdict.near_miss}" if verdict.near_miss else "",
                f"Next step: {verdict.fix}",
            ),
        )
    )


def advice_on(said: str, user: str) -> str:
    """Return what to look at on the cluster, where nothing speaks against a token that it refused.

    Args:
        said: What a driver says of the login.
        user: The SQL user.
    """
    message = message_in(said)
    command = f"crdb-sso explain --user {shlex.quote(printable(user))}"
    return "\n  ".join(
        (
            "Nothing that this login says speaks against the token; the rest the cluster knows.",
            *([f"Look at: {message.next_step}"] if message else []),
            f"Next step: {command}, with a token, as an operator: it shows every check.",
        )
    )
