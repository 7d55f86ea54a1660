"""Why a cluster refuses a token, as far as a workload can know."""

import time
from datetime import datetime, timezone

from crdb_sso.verdict import Verdict
from crdb_sso.verdict.offline import ExportedIdentity, ExportedTrust, judge_offline
from crdb_sso.workload.parameters import Trust


def judged(trust: Trust, token: str) -> Verdict:
    """Judge a token offline, now.

    Args:
        trust: What the login says.
        token: The token.
    """
    identity = ExportedIdentity(trust.issuer, trust.audience, trust.subject)
    known = ExportedTrust(trust.user, (identity,), trust.claim)
    return judge_offline(known, token, now=datetime.fromtimestamp(time.time(), timezone.utc))


def explanation(verdict: Verdict) -> str:
    """Return what speaks against a token, in lines for people; "" if nothing does."""
    failed = verdict.first_failure
    if failed is None:
        return ""
    return "\n  ".join(
        filter(
            None,
            (
                f"{failed.name}: expected {failed.expected}; the token has {failed.seen}",
                verdict.near_miss,
                f"Next step: {verdict.fix}",
            ),
        )
    )
