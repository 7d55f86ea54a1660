"""A token judged by what a stack says of a login, without any access to the cluster.

That is which issuer, audience and subject its tokens must have: from the `connect` output, or from
the program. It is not what is on the cluster: users, keys, the lines of others, and the version.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.settings import NEWEST_VERSION, REDACTED, Setting
from crdb_sso.verdict.cluster.views import ClusterView, UserView
from crdb_sso.verdict.jose.decoding import decode
from crdb_sso.verdict.jose.jws import UnreadableTokenError
from crdb_sso.verdict.judging import judge
from crdb_sso.verdict.notes import PRINCIPAL_FIRST
from crdb_sso.verdict.outcome import Check, ClientError, Verdict
from crdb_sso.verdict.steps import OF_PRINCIPAL, Step
from crdb_sso.verdict.told import told_check
from crdb_sso.verdict.unseen import unseen

_NOT_SAID = "not known: the cluster was not asked"
_ON_THE_CLUSTER = (
    *(Step.USER, Step.LOGIN, Step.ENABLED, Step.MADE),
    *(Step.FETCHED, Step.SIGNATURE, Step.GROUPS, Step.LICENCE),
)


@dataclass(frozen=True, slots=True)
class ExportedIdentity:
    """What is known of the tokens of one identity; "" for what is not.

    Attributes:
        issuer: Their `iss`.
        audience: Their `aud`.
        subject: Their subject, or its pattern.
    """

    issuer: str = ""
    audience: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class ExportedTrust:
    """What is known of a login.

    Attributes:
        user: The SQL user.
        identities: Whose tokens log in as it; each will do. At least one.
        claim: Which claim names the subject; "" for `sub`.
    """

    user: str
    identities: tuple[ExportedIdentity, ...]
    claim: str = ""

    @property
    def issuers(self) -> tuple[str, ...]:
        """The issuers that are known, each once."""
        return tuple(dict.fromkeys(one.issuer for one in self.identities if one.issuer))

    @property
    def audiences(self) -> tuple[str, ...]:
        """The audiences that are known, each once."""
        return tuple(dict.fromkeys(one.audience for one in self.identities if one.audience))

    @property
    def lines(self) -> tuple[MapLine, ...]:
        """The map lines of all identities; none if one of them is not known, or not one line."""
        made = [(one.issuer, one.subject, self.user) for one in self.identities]
        if any(not all(fields) or _is_split("".join(fields)) for fields in made):
            return ()
        return tuple(MapLine(*fields) for fields in made)


def judge_offline(trust: ExportedTrust, token: str, *, now: datetime, said: str = "") -> Verdict:
    """Tell what becomes of a login, as far as that is known without the cluster.

    A login that nothing speaks against is undecided. Of several checks that fail, the first is the
    one that the server named, else the issuer: the rest may follow from it.

    Args:
        trust: What is known.
        token: What the client sends as the password.
        now: The moment of the login, with a time zone.
        said: What a driver says of the login, if it was tried.
    """
    view, instead = _view(trust), _instead(trust, token)
    verdict = judge(view, trust.user, token, now=now, instead=instead)
    failed = [check for check in verdict.checks if check.passed is False]
    notes = (*_notes(trust), *(note for note in verdict.notes if note != PRINCIPAL_FIRST))
    if not failed:
        return replace(verdict, notes=notes)
    named = told_check(failed, said)
    first = _first(failed, named)
    step = Step(first.name)
    advised = judge(view, trust.user, token, now=now, instead=instead, mended=step)
    return replace(
        verdict,
        checks=_begun_with(first, verdict.checks),
        error=_told(failed, named, said),
        near_miss=advised.near_miss,
        fix=_fix(step, trust),
        notes=notes,
    )


def _first(failed: Sequence[Check], named: Check | None) -> Check:
    issuer = next((check for check in failed if check.name == Step.ISSUER.value), None)
    is_clear = named is not None and Step(named.name) not in OF_PRINCIPAL
    return named if named and is_clear else issuer or named or failed[0]


def _told(failed: Sequence[Check], named: Check | None, said: str) -> ClientError | None:
    """Return what the client is told; which of several it is depends on the version's order."""
    if said:
        return named.error if named else None
    return failed[0].error if len(failed) == 1 else None


def _begun_with(first: Check, checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return checks with one of them in front of all others that fail."""
    others = [check for check in checks if check is not first]
    start = next((n for n, check in enumerate(others) if check.passed is False), len(others))
    at = min(start, checks.index(first))
    return (*others[:at], first, *others[at:])


def _view(trust: ExportedTrust) -> ClusterView:
    return ClusterView(
        version=".".join(map(str, NEWEST_VERSION)),
        settings={
            Setting.ENABLED.value: "true",
            Setting.JWKS.value: '{"keys":[]}',
            Setting.IDENTITY_MAP.value: "\n".join(one.text for one in trust.lines) or REDACTED,
            Setting.ISSUERS.value: json.dumps(trust.issuers),
            Setting.AUDIENCE.value: json.dumps(trust.audiences),
            Setting.CLAIM.value: trust.claim,
        },
        users={trust.user: UserView()},
    )


def _instead(trust: ExportedTrust, token: str) -> dict[Step, Check]:
    """Return what stands for the checks that nothing is known of."""
    hidden = list(_ON_THE_CLUSTER)
    if _has_kid(token):  # otherwise no key set helps
        hidden.append(Step.KEY)
    if not all(one.issuer for one in trust.identities):
        hidden.append(Step.ISSUER)
    if not all(one.audience for one in trust.identities):
        hidden.append(Step.AUDIENCE)
    if not trust.lines:
        hidden += OF_PRINCIPAL
    return unseen(hidden, _NOT_SAID)


def _is_split(field: str) -> bool:
    """Tell whether a map line with this in it would be another, or a comment."""
    return any(char.isspace() or char == "#" for char in field)


def _has_kid(token: str) -> bool:
    try:
        return bool(decode(token).kid)
    except UnreadableTokenError:
        return True


def _notes(trust: ExportedTrust) -> Iterator[str]:
    yield (
        "Only what the stack says of the login was looked at: whether the cluster has user, keys"
        " and line, and in which order its version checks, is not known."
    )
    if not trust.issuers:
        yield (
            "The issuer of the login is not known, so the token's was not compared. A `connect`"
            " output that an older crdb-sso wrote lacks it, until the next `pulumi up`."
        )


def _fix(step: Step, trust: ExportedTrust) -> str:
    """Return what the workload can do: what the cluster trusts is the stack's affair."""
    subjects = _either(one.subject for one in trust.identities)
    return {
        Step.ISSUER: _fitting("issuer", trust.issuers),
        Step.AUDIENCE: _fitting("audience", trust.audiences),
        Step.CLAIM: f"Get a token that has the claim {trust.claim!r}: the cluster looks there for"
        " whom it names.",
        Step.MAPPING: f"Use a token whose principal is {subjects}, or add its own to the login in"
        " the stack's program.",
        Step.EXP: "Ask for a fresh token; check who renews it, and this machine's clock.",
        Step.IAT: "Check this machine's clock: the cluster gives no leeway.",
        Step.NBF: "Check this machine's clock: the cluster gives no leeway.",
        Step.FORM: "Send the token itself, as the issuer gave it.",
    }.get(step, "Check the login in the stack's program.")


def _fitting(what: str, listed: tuple[str, ...]) -> str:
    return (
        f"Get a token with the {what} {_either(listed)}. If the token is right and the stack is"
        f" not, give its {what} to the identity in the program (`{what}`)."
    )


def _either(texts: Iterable[str]) -> str:
    return " or ".join(map(repr, dict.fromkeys(texts)))
