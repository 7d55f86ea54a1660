"""What owners of one cluster have to agree on: a table of rules.

Only claims that the cluster bears out count: what a row says and nothing shows stops nobody.

The entries of an owner may take a stance on a subject. Owners with different stances can't both
have their wish: the second one is refused, and the error names the first. To add a rule, add a row
to `RULES`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import eq

from crdb_sso.argument_names import Argument
from crdb_sso.crdb import hba
from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.sql_users import Membership
from crdb_sso.desired import forced_sso
from crdb_sso.desired.fetched_keys import AUTO_FETCH, is_fetched
from crdb_sso.desired.passthrough import unmapped_issuers
from crdb_sso.desired.principal_claim import CLAIM, principal_claim
from crdb_sso.desired.provisioning import GROUP_SYNC
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import Claim, Entry, Kind
from crdb_sso.tokens.jwks import same_meaning

Entries = Mapping[Entry, str]
"""What one owner wants: text by entry."""


@dataclass(frozen=True, slots=True)
class Stance:
    """What an owner wants on a subject.

    Attributes:
        entry: The entry that says so.
        subject: What owners have to agree on.
        wish: What the owner wants; this is compared.
        words: The wish for people to read, if that is not `wish`.
    """

    entry: Entry
    subject: str
    wish: str
    words: str = ""

    @property
    def said(self) -> str:
        """The wish for people to read."""
        return self.words or self.wish


@dataclass(frozen=True, slots=True)
class Rule:
    """Something on which all owners of a cluster have to agree.

    Attributes:
        stances: What the entries of one owner say about it.
        what: The error, with `{subject}`, `{ours}`, `{theirs}` and `{owner}`.
        hint: The next step, with the same placeholders.
        agrees: Whether two wishes are the same.
        concerns: Whether the rule matters to an owner with such entries.
    """

    stances: Callable[[Entries], Iterable[Stance]]
    what: str
    hint: str
    agrees: Callable[[str, str], bool] = eq
    concerns: Callable[[Entries], bool] = bool


# stances


def _keys(entries: Entries) -> Iterator[Stance]:
    for entry, text in entries.items():
        if entry.kind is Kind.KEY:
            yield Stance(entry, entry.name, text)


def _ways_of_keys(entries: Entries) -> Iterator[Stance]:
    """Listing keys means pinning them: nodes that fetch keys ignore pinned ones."""
    for entry, text in entries.items():
        if entry == AUTO_FETCH:
            yield Stance(entry, AUTO_FETCH.name, "fetched" if text == "true" else "pinned")
        elif entry.kind is Kind.KEY:
            yield Stance(entry, AUTO_FETCH.name, "pinned")


def _scalars(entries: Entries) -> Iterator[Stance]:
    for entry, text in entries.items():
        if entry.kind is Kind.SETTING and entry not in (AUTO_FETCH, forced_sso.ENTRY):
            yield Stance(entry, entry.name, text)


def _givers_of_roles(entries: Entries) -> Iterator[Stance]:
    """Either the groups of tokens give users their roles, or programs do."""
    for entry, text in entries.items():
        if entry == GROUP_SYNC and text == "true":
            yield Stance(entry, GROUP_SYNC.name, "groups", "group sync")
        elif isinstance(entry.value, Membership):
            words = f"{entry.value.user} to be a member of {entry.value.role}"
            yield Stance(entry, GROUP_SYNC.name, "programs", words)


_MAPS = "maps its subjects"
_TAKES = f"takes its subjects as user names by {Argument.SUBJECT_IS_USERNAME}"


def _uses_of_subjects(entries: Entries) -> Iterator[Stance]:
    """An owner without a line for its issuer takes the subjects as user names."""
    unmapped = unmapped_issuers(entries)
    for entry in entries:
        if isinstance(entry.value, MapLine):
            yield Stance(entry, entry.value.issuer, _MAPS)
        elif entry.kind is Kind.ISSUER and entry.name in unmapped:
            yield Stance(entry, entry.name, _TAKES)


def _principal_claims(entries: Entries) -> Iterator[Stance]:
    """An owner that maps logins and does not name a claim has them mapped by the default."""
    for entry, text in entries.items():
        if entry == CLAIM:
            yield Stance(entry, CLAIM.name, principal_claim(text))
        elif entry.kind is Kind.LINE and CLAIM not in entries:
            yield Stance(entry, CLAIM.name, principal_claim(""))


def _jwks_uris(entries: Entries) -> Iterator[Stance]:
    for entry, text in entries.items():
        if entry.kind is Kind.ISSUER and text:
            yield Stance(entry, entry.name, text)


def _doors(entries: Entries) -> Iterator[Stance]:
    block = hba.block_lines(entries.get(forced_sso.ENTRY, "")) or ()
    for rule in hba.rules("\n".join(block)):
        door = hba.Door((rule.users or ("",))[0], rule.address)
        yield Stance(forced_sso.ENTRY, door.text, rule.method)


RULES = (
    Rule(
        _keys,
        "the kid {subject!r} already names another key on this cluster, put there by {owner}",
        "A cluster uses only the first key of a kid. Let one of the issuers publish its key under"
        " another kid.",
        agrees=same_meaning,
    ),
    Rule(
        _ways_of_keys,
        "this stack wants its keys {ours}, {owner} has them {theirs}: a cluster does one or the"
        " other ({subject})",
        "Use the same `keys` in both programs.",
    ),
    Rule(
        _scalars,
        "this stack wants {subject} = {ours}, {owner} wants {theirs}: a cluster has one value",
        "Give both the same value, or change or destroy {owner} first.",
    ),
    Rule(
        _givers_of_roles,
        "this stack wants {ours}, {owner} wants {theirs}: group sync ({subject}) revokes at each"
        " login, on the whole cluster, what the token's groups do not name",
        f"Let either groups or programs give roles: remove {Argument.GROUP_SYNC} from one program,"
        " or `roles` from the other.",
    ),
    Rule(
        _uses_of_subjects,
        "issuer {subject}: this stack {ours}, {owner} {theirs}; once it has an identity map line,"
        " its subjects are no longer user names",
        "A cluster maps an issuer's subjects or takes them as user names, not both. Let both"
        " programs do the same.",
    ),
    Rule(
        _principal_claims,
        "this stack has logins mapped by the claim {ours!r}, {owner} by {theirs!r}: a cluster maps"
        " all logins by one claim ({subject})",
        "Give both programs the same `claim`, and start with one that has no logins yet.",
    ),
    Rule(
        _jwks_uris,
        "this stack has the keys of {subject} fetched from {ours}, {owner} from {theirs}: a cluster"
        " asks one place",
        f"Give both programs the same {Argument.JWKS_URI}.",
        concerns=is_fetched,
    ),
    Rule(
        _doors,
        "this stack lets in {subject} by {ours}, {owner} by {theirs}: the first rule decides",
        "Give both the same method.",
    ),
)
"""In the order in which conflicts are reported."""


def check(context: PlanContext) -> None:
    """Refuse what another owner wants differently.

    Raises:
        GuardRefused: Names the other owner, the date of its claim, and both wishes.
    """
    wanted = context.wanted
    others: dict[str, dict[Entry, Claim]] = {}
    for claim in context.claims:
        if claim.holder not in wanted.holders:
            others.setdefault(claim.holder, {})[claim.entry] = claim
    for rule in RULES:
        ours = tuple(rule.stances(wanted.entries)) if rule.concerns(wanted.entries) else ()
        theirs = _by_subject(rule, others.values()) if ours else {}
        for stance in ours:
            for other, claim in theirs.get(stance.subject, ()):
                if not rule.agrees(other.wish, stance.wish) and context.bears_out(claim):
                    raise _conflict(rule, stance, other, claim)


def _by_subject(
    rule: Rule, owners: Iterable[Mapping[Entry, Claim]]
) -> Mapping[str, list[tuple[Stance, Claim]]]:
    """Return what some owners want on each subject, with the claims that say so."""
    found: dict[str, list[tuple[Stance, Claim]]] = {}
    for claims in owners:
        for stance in rule.stances({entry: claim.text for entry, claim in claims.items()}):
            found.setdefault(stance.subject, []).append((stance, claims[stance.entry]))
    return found


def _conflict(rule: Rule, ours: Stance, theirs: Stance, claim: Claim) -> GuardRefused:
    since = f" (since {claim.since:%Y-%m-%d})" if claim.since else ""
    said = {"subject": ours.subject, "ours": ours.said, "theirs": theirs.said}
    return GuardRefused(
        rule.what.format(**said, owner=claim.owner + since),
        hint=rule.hint.format(**said, owner=claim.owner),
    )
