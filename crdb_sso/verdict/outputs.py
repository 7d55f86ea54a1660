"""A token judged by a stack's `connect` output alone, without any access to the cluster.

The output says which issuer and audience a login's tokens must have. It does not say what is on the
cluster: users, keys, the identity map, and the version.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from crdb_sso.crdb.settings import REDACTED, Setting
from crdb_sso.errors import InvalidInput
from crdb_sso.verdict.decoding import decode
from crdb_sso.verdict.judging import judge
from crdb_sso.verdict.jws import UnreadableTokenError
from crdb_sso.verdict.outcome import Check, Verdict
from crdb_sso.verdict.steps import Step
from crdb_sso.verdict.unseen import unseen
from crdb_sso.verdict.versions import NEWEST
from crdb_sso.verdict.views import ClusterView, UserView

WRITE_IT = "Write it with: pulumi stack output connect --json > connect.json"
_NOT_SAID = "not known: the `connect` output does not say it"
_ON_THE_CLUSTER = (
    *(Step.USER, Step.LOGIN, Step.ENABLED, Step.CLAIM, Step.MAPPING, Step.NAMED, Step.MADE),
    *(Step.FETCHED, Step.SIGNATURE, Step.GROUPS, Step.LICENCE),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What an output says of the tokens of one login, each once; empty if it does not say."""

    issuers: tuple[str, ...]
    audiences: tuple[str, ...]


def told_of(connect: object, user: str) -> Told:
    """Return what an output says of the tokens of a login.

    Args:
        connect: The decoded output; names that are not known are left alone.
        user: The SQL user.

    Raises:
        InvalidInput: It is not such an output, or has no such login.
    """
    if not isinstance(connect, Mapping):
        raise InvalidInput("this is not a stack's `connect` output", hint=WRITE_IT)
    said = connect.get(user)
    if not isinstance(said, Mapping):
        users = ", ".join(sorted(map(str, connect))) or "none"
        raise InvalidInput(
            f"there is no login {user!r} in the `connect` output", hint=f"It has {users}."
        )
    return Told(tuple(_texts(said, "issuer")), tuple(_texts(said, "audience")))


def judge_by_output(told: Told, user: str, token: str, *, now: datetime) -> Verdict:
    """Tell what becomes of a login, as far as an output decides it.

    Args:
        told: What the output says of the login.
        user: The SQL user.
        token: What the client sends as the password.
        now: The moment of the login, with a time zone.
    """
    cluster = ClusterView(
        ".".join(map(str, NEWEST)),
        {
            Setting.ENABLED.value: "true",
            Setting.JWKS.value: '{"keys":[]}',
            Setting.IDENTITY_MAP.value: REDACTED,
            Setting.ISSUERS.value: json.dumps(told.issuers),
            Setting.AUDIENCE.value: json.dumps(told.audiences),
        },
        {user: UserView()},
    )
    instead: dict[Step, Check] = unseen(_ON_THE_CLUSTER, _NOT_SAID)
    if _has_kid(token):  # otherwise no key set helps
        instead |= unseen([Step.KEY], _NOT_SAID)
    if not told.issuers:
        instead |= unseen([Step.ISSUER], _NOT_SAID)
    if not told.audiences:
        instead |= unseen([Step.AUDIENCE], _NOT_SAID)
    verdict = judge(cluster, user, token, now=now, instead=instead)
    return replace(verdict, notes=(*_notes(told), *verdict.notes), fix=_fix(verdict, told))


def _has_kid(token: str) -> bool:
    try:
        return bool(decode(token).kid)
    except UnreadableTokenError:
        return True


def _notes(told: Told) -> Iterator[str]:
    yield (
        "Only the `connect` output was looked at: whether the cluster has user, keys and line, and"
        " in which order its version checks, is not known."
    )
    if not told.issuers:
        yield "The output was written by an older crdb-sso; after `pulumi up` it says more."


def _fix(verdict: Verdict, told: Told) -> str:
    """Return what the workload can do; the cluster is not its own."""
    failed = verdict.first_failure
    steps = {
        Step.ISSUER.value: ("issuer", told.issuers),
        Step.AUDIENCE.value: ("audience", told.audiences),
    }
    if failed is None or failed.name not in steps:
        return verdict.fix
    what, listed = steps[failed.name]
    wanted = " or ".join(map(repr, listed))
    return (
        f"Get a token with the {what} {wanted}. If the token is right and the stack is not, give"
        f" its {what} to the identity in the program (`{what}`)."
    )


def _texts(said: Mapping[str, object], name: str) -> Iterator[str]:
    listed = said.get("identities")
    among = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    found = [one.get(name) for one in (said, *among)]
    yield from dict.fromkeys(one for one in found if isinstance(one, str) and one)
