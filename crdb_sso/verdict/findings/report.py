"""Runs the rules, and says which findings somebody lives with and what could not be seen."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from crdb_sso.errors import InvalidInput
from crdb_sso.registry.claims import Kind
from crdb_sso.verdict.access.views import NO_LAST_LOGIN
from crdb_sso.verdict.findings.finding import Acceptance, Finding, Found, Rule, Severity
from crdb_sso.verdict.findings.situation import Situation

_ORDER = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Report:
    """What all rules say of a cluster.

    Attributes:
        findings: The worst first, then by id.
        unseen: What could not be seen, and what follows from that, a sentence each.
    """

    findings: tuple[Finding, ...]
    unseen: tuple[str, ...] = ()

    @property
    def has_open_errors(self) -> bool:
        """Whether there is an error that nobody has accepted."""
        return any(one.severity is Severity.ERROR and not one.accepted for one in self.findings)

    def about(self, owner: str) -> "Report":
        """Return what concerns one owner, or the cluster as a whole."""
        own = (one for one in self.findings if not one.entries or owner in one.owners)
        return replace(self, findings=tuple(own))


def reported(rules: Sequence[Rule], situation: Situation) -> Report:
    """Return what some rules say.

    Args:
        rules: All of them, in order.
        situation: The cluster.
    """
    findings = [
        _finding(rule, found, situation)
        for rule in rules
        if not _hidden(rule, situation)
        for found in rule.check(situation)
    ]
    unique = {(one.id, one.sentence): one for one in findings}
    in_order = sorted(unique.values(), key=lambda one: (_ORDER.index(one.severity), one.id))
    spots = [spot for spot in situation.view.blind_spots if spot != NO_LAST_LOGIN]
    unseen = (*spots, *_untold(rules, situation))
    return Report(tuple(in_order), tuple(dict.fromkeys(unseen)))


def _finding(rule: Rule, found: Found, situation: Situation) -> Finding:
    sentence = found.sentence
    return Finding(
        rule.id,
        found.severity or rule.severity,
        str(sentence),
        found.way_out,
        found.entries,
        situation.owners_of(*found.entries),
        tuple(sorted(_acceptances(rule, found, situation))),
        found.conditions,
        unplaced=sentence if isinstance(sentence, str) else sentence.unplaced,
    )


def _acceptances(rule: Rule, found: Found, situation: Situation) -> Iterator[Acceptance]:
    """Yield who lives with a finding: a stack that has a part in it, any if all have.

    A row of somebody who is not among the owners is nobody's word.
    """
    parts = {
        claim.holder
        for entry in found.entries
        for claim in situation.claims_on.get(entry, ())
        if situation.bears_out(claim)
    }
    for claim in situation.claims:
        is_about_it = claim.entry.kind is Kind.ACCEPTED and claim.entry.name == rule.id
        is_known = claim.instance in situation.owners
        if is_about_it and is_known and (not found.entries or claim.holder in parts):
            yield Acceptance(claim.owner, claim.text)


def _untold(rules: Sequence[Rule], situation: Situation) -> Iterator[str]:
    """Yield which rules could not tell, as something is hidden from the operator."""
    for rule in rules:
        if hidden := _hidden(rule, situation):
            yield f"{rule.id} ({rule.title}) was not looked at: {', '.join(hidden)} is hidden."
    if not situation.view.sees_claims:
        ids = ", ".join(rule.id for rule in rules if rule.needs_claims)
        yield f"Whose an entry is, what is accepted, and {ids} are not known without the claims."
    if situation.view.accounts is None:
        ids = ", ".join(rule.id for rule in rules if rule.needs_users)
        yield f"{ids} was not looked at: the users can't be listed."


def _hidden(rule: Rule, situation: Situation) -> list[str]:
    cluster = situation.view.cluster
    return [cluster.name_of(one) for one in rule.reads if cluster.is_hidden(one)]


def check_id(rules: Collection[Rule], id_: str) -> None:
    """Check that there is a rule of an id.

    Raises:
        InvalidInput: There is not; names the one that is most like it.
    """
    ids = [rule.id for rule in rules]
    if id_ in ids:
        return
    numbered = [one for one in ids if re.findall("[1-9][0-9]*", id_) == [one[-3:].lstrip("0")]]
    near = numbered or get_close_matches(id_.upper(), ids, n=1)
    offer = f"Did you mean {near[0]}? " if near else ""
    raise InvalidInput(
        f"there is no finding {id_!r}", hint=f"{offer}docs/findings.md lists them all."
    )
