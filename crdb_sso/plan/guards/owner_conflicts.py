"""What two owners of one cluster can't want differently: a table of rules.

An entry may take a stance on a subject. Owners that take different stances on one subject can't
both have their wish; the one that comes second is told who was there first. A rule more is a line
more in `RULES`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import eq

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired import forced_sso
from crdb_sso.desired.logins import membership_parts
from crdb_sso.desired.provisioning import GROUP_SYNC
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Claim, Entry, Kind
from crdb_sso.tokens.jwks import same_meaning

Stance = tuple[str, str]
"""A subject, and what an owner wants of it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Something on which all owners of a cluster have to agree.

    Attributes:
        stance: What an entry and its text say on it, None if nothing.
        agrees: Whether two wishes are the same.
        what: The error, with `{subject}`, `{ours}`, `{theirs}` and `{owner}`.
        hint: The next step, with the same.
    """

    stance: Callable[[Entry, str], Stance | None]
    agrees: Callable[[str, str], bool]
    what: str
    hint: str


def _key(entry: Entry, text: str) -> Stance | None:
    return (entry.name, text) if entry.kind is Kind.KEY else None


_AUTO_FETCH = Entry(Kind.SETTING, Setting.AUTO_FETCH.value)


def _key_mode(entry: Entry, text: str) -> Stance | None:
    """Who has keys in the list has them pinned, said or not; the cluster would ignore them."""
    if entry == _AUTO_FETCH:
        return entry.name, "fetched" if text == "true" else "pinned"
    return (_AUTO_FETCH.name, "pinned") if entry.kind is Kind.KEY else None


def _scalar(entry: Entry, text: str) -> Stance | None:
    is_scalar = entry.kind is Kind.SETTING and entry not in (_AUTO_FETCH, forced_sso.ENTRY)
    return (entry.name, text) if is_scalar else None


_SYNCED = "group sync"


def _giver_of_roles(entry: Entry, text: str) -> Stance | None:
    """Who gives users their roles: the groups of tokens, or programs; text is no part of it."""
    if entry == GROUP_SYNC and text == "true":
        return GROUP_SYNC.name, _SYNCED
    if entry.kind is not Kind.MEMBERSHIP:
        return None
    role, user = membership_parts(entry)
    return GROUP_SYNC.name, f"{user} to be a member of {role}"


def _same_giver(one: str, other: str) -> bool:
    return (one == _SYNCED) == (other == _SYNCED)


RULES = (
    Rule(
        _key,
        same_meaning,
        "the kid {subject!r} already names another key on this cluster, put there by {owner}",
        "A cluster takes the first key of a kid only. Let one of the issuers publish its key under"
        " another kid.",
    ),
    Rule(
        _key_mode,
        eq,
        "this stack wants its keys {ours}, {owner} has them {theirs}: a cluster does one of both"
        " ({subject})",
        "Take the same `keys` in both programs.",
    ),
    Rule(
        _scalar,
        eq,
        "this stack wants {subject} = {ours}, {owner} wants {theirs}: a cluster has one value",
        "Give both the same value, or change or destroy {owner} first.",
    ),
    Rule(
        _giver_of_roles,
        _same_giver,
        "this stack wants {ours}, {owner} wants {theirs}: group sync ({subject}) revokes at each"
        " login, on the whole cluster, what the token's groups do not name",
        "Let either groups give roles or programs: take `group_sync` out of the one program, or"
        " `roles` out of the other.",
    ),
)


def check_conflicts(
    wanted: OwnerRequest, claims: Iterable[Claim], rules: Iterable[Rule] = RULES
) -> None:
    """Refuse what another owner wants otherwise.

    Raises:
        GuardRefused: Names the other owner, since when it wants that, and both wishes.
    """
    others = [claim for claim in claims if claim.owner not in wanted.owners]
    for rule in rules:
        theirs = _stances(rule, others)
        for entry, text in wanted.entries.items():
            if (stance := rule.stance(entry, text)) is not None:
                _check(rule, stance, theirs.get(stance[0], ()))


def _stances(rule: Rule, others: Iterable[Claim]) -> Mapping[str, list[tuple[str, Claim]]]:
    found: dict[str, list[tuple[str, Claim]]] = {}
    for claim in others:
        if (stance := rule.stance(claim.entry, claim.text)) is not None:
            found.setdefault(stance[0], []).append((stance[1], claim))
    return found


def _check(rule: Rule, ours: Stance, theirs: Iterable[tuple[str, Claim]]) -> None:
    subject, wish = ours
    for other_wish, claim in theirs:
        if rule.agrees(other_wish, wish):
            continue
        since = f" (since {claim.since:%Y-%m-%d})" if claim.since else ""
        said = {
            "subject": subject,
            "ours": wish,
            "theirs": other_wish,
            "owner": claim.owner + since,
        }
        raise GuardRefused(
            rule.what.format(**said),
            hint=rule.hint.format(**{**said, "owner": claim.owner}),
        )
