"""What a stack's `connect` output says of a login's trust: enough to judge most of a token offline.

It does not say which keys count, what else the cluster trusts, or whether the user still exists.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.settings import REDACTED, Setting
from crdb_sso.verdict.claims import read_token
from crdb_sso.verdict.judging import judge
from crdb_sso.verdict.jws import UnreadableTokenError
from crdb_sso.verdict.outcome import Verdict
from crdb_sso.verdict.steps import Step
from crdb_sso.verdict.versions import NEWEST
from crdb_sso.verdict.views import ClusterView, UserView

_OFFLINE = "Judged offline, by what the stack wrote: keys and what others changed are not known."


@dataclass(frozen=True, slots=True)
class ExportedTrust:
    """What is known of a login; "" for what is not.

    Attributes:
        user: The SQL user.
        issuer: The `iss` that its tokens carry.
        audience: The `aud` that they carry.
        subject: The subject, or its pattern, that may log in.
        claim: Which claim names it; "" for `sub`.
    """

    user: str
    issuer: str = ""
    audience: str = ""
    subject: str = ""
    claim: str = ""


def judge_offline(trust: ExportedTrust, token: str, *, now: datetime) -> Verdict:
    """Tell what becomes of a login, as far as that is known without the cluster.

    What is not known counts as fitting. A login that nothing speaks against is undecided.

    Args:
        trust: What is known.
        token: What the client sends as the password.
        now: The moment of the login, with a time zone.
    """
    found = judge(_view(trust, token), trust.user, token, now=now)
    failed = [Step(check.name) for check in found.checks if check.passed is False]
    if not failed:
        return replace(found, fix="", notes=(*found.notes, _OFFLINE))
    first = Step.ISSUER if Step.ISSUER in failed else failed[0]  # the rest may follow from it
    return replace(found, fix=_fix(first, trust), notes=(*found.notes, _OFFLINE))


def _view(trust: ExportedTrust, token: str) -> ClusterView:
    """Return the cluster as a workload knows it: a list of its settings would be longer."""
    try:
        read = read_token(token)
        issuer, audience = trust.issuer or read.issuer, list(read.audience)
    except UnreadableTokenError:
        issuer, audience = trust.issuer, []
    return ClusterView(
        version=".".join(map(str, NEWEST)),
        settings={
            Setting.ENABLED.value: "true",
            Setting.ISSUERS.value: json.dumps([issuer]),
            Setting.AUDIENCE.value: json.dumps([trust.audience] if trust.audience else audience),
            Setting.JWKS.value: REDACTED,
            Setting.IDENTITY_MAP.value: _map(trust),
            Setting.CLAIM.value: trust.claim,
        },
        users={trust.user: UserView()},
    )


def _map(trust: ExportedTrust) -> str:
    fields = (trust.issuer, trust.subject, trust.user)
    if not all(fields) or any(char.isspace() or char == "#" for char in "".join(fields)):
        return REDACTED  # not known, or not one line
    return MapLine(*fields).text


def _fix(step: Step, trust: ExportedTrust) -> str:
    """Return what the workload can do: what the cluster trusts is the stack's affair."""
    return {
        Step.ISSUER: f"Get the token from {trust.issuer}.",
        Step.AUDIENCE: f"Ask for a token with the audience {trust.audience}.",
        Step.CLAIM: f"Get a token that has the claim {trust.claim!r}: the cluster looks there for"
        " whom it names.",
        Step.MAPPING: f"Use a token whose principal is {trust.subject}, or add its own to the"
        " login in the stack's program.",
        Step.EXP: "Ask for a fresh token; check who renews it, and this machine's clock.",
        Step.IAT: "Check this machine's clock: the cluster gives no leeway.",
        Step.NBF: "Check this machine's clock: the cluster gives no leeway.",
        Step.FORM: "Send the token itself, as the issuer gave it.",
    }.get(step, "Check the login in the stack's program.")
