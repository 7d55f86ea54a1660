"""What it means that the identity map ignores case from 26.1 on, in lines for people.

Before that version a line says what an upgrade will change. Only principals that some line names
are spoken of: what else a line might let in, nobody knows.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from operator import itemgetter

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.letter_case import GROUP, as_written, user_let_in
from crdb_sso.crdb.named_principals import named_principals
from crdb_sso.crdb.user_names import normalised
from crdb_sso.crdb.widenings import Effort, Widening, effort_for, effort_to_ask
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.steps import Plan
from crdb_sso.printing import first_told
from crdb_sso.registry.claims import Entry, lines_among

_NOT_ALL = (
    "case: the identity map has too many lines, or too large expressions, to look at all of them:"
    " more subjects may get in, because another line names them in a different case"
)
_NOT_ALL_KEPT = (
    "case: there are too many lines to look at all of them: what this change takes away may still"
    " be let in by a line in a different case"
)
_FROM_THEN_ON = "from CockroachDB 26.1 on, case does not count in the identity map"


def wide_lines(context: PlanContext) -> Iterator[str]:
    """Yield whom the lines of this stack also let in, as another line names them in another case.

    It is said at each change, as this stack can end it.
    """
    ours = _ours(context)
    if not ours:
        return iter(())
    found = [one for one in context.widenings.found if one.line in ours]
    return _shortened(found, _wide if context.live.version.folds_case else _wide_after_upgrade)


def widened_lines(context: PlanContext) -> Iterator[str]:
    """Yield whom the lines of others also let in.

    Where case does not count already, only principals that this change adds are spoken of.
    """
    ours = _ours(context)
    if not ours:
        return iter(())
    found = [one for one in context.widenings.found if one.line not in ours]
    told: Callable[[Widening], str] = _widened_after_upgrade
    if context.live.version.folds_case:
        found = [one for one in found if Entry.of(one.other) in context.added]
        told = partial(_widened, context)
    return chain(_shortened(found, told), () if context.widenings.is_all else (_NOT_ALL,))


def kept_open_lines(context: PlanContext, plan: Plan) -> Iterator[str]:
    """Yield who still gets in by a line in a different case, though this change takes theirs."""
    if not context.live.version.folds_case:
        return
    effort = Effort()
    for gone, principal, line in sorted(_kept_open(context, plan, effort), key=itemgetter(0, 1)):
        yield (
            f"subject {principal} of {gone.issuer} still logs in as {gone.user}: case does not"
            f" count on this cluster, so {_whose(context, line)} lets it in: {line.text}"
        )
    if effort.is_spent:
        yield _NOT_ALL_KEPT


def _kept_open(
    context: PlanContext, plan: Plan, effort: Effort
) -> Iterator[tuple[MapLine, str, MapLine]]:
    """Yield a line that goes, a principal that it names, and a line that still lets it in."""
    there, dropped = frozenset(context.lines_after), frozenset(plan.retire.drop_users)
    by_issuer: defaultdict[str, list[tuple[MapLine, str]]] = defaultdict(list)
    by_user: defaultdict[tuple[str, str], list[tuple[MapLine, str]]] = defaultdict(list)
    for gone in lines_among(context.released):
        if gone not in there and gone.user not in dropped:
            named = [(gone, principal) for principal in named_principals(gone.subject)]
            by_issuer[gone.issuer] += named
            by_user[gone.issuer, gone.user] += named
    for line in context.lines_after:
        is_any = GROUP in line.user
        asked = by_issuer[line.issuer] if is_any else by_user[line.issuer, normalised(line.user)]
        if asked and not effort.allows(effort_to_ask(line)):
            return
        for gone, principal in asked:
            if not effort.allows(effort_for(principal)):
                return
            if _is_only_by_folding(line, principal, gone.user):
                yield gone, principal, line


def _is_only_by_folding(line: MapLine, principal: str, user: str) -> bool:
    exactly, anyhow = (user_let_in(line, principal, folds=folds) for folds in (False, True))
    return exactly != anyhow == user


def _ours(context: PlanContext) -> frozenset[MapLine]:
    return frozenset(lines_among(context.wanted.entries))


def _whose(context: PlanContext, line: MapLine) -> str:
    entry = Entry.of(line)
    if entry in context.wanted.entries:
        return "the line of this stack"
    claim = context.others.get(entry)
    return f"the line of {claim.owner}" if claim else "a line that no stack put there"


def _wide(one: Widening) -> str:
    return (
        f"map line {one.line.text}: case does not count on this cluster, so {one.principal} logs in"
        f" as {one.user} too (it has the line {one.other.text}). If the two subjects are not the"
        f" same workload, write {as_written(one.line.subject)}"
    )


def _wide_after_upgrade(one: Widening) -> str:
    return (
        f"map line {one.line.text}: {_FROM_THEN_ON}, so {one.principal} will log in as {one.user}"
        f" too (it has the line {one.other.text}). If the two subjects are not the same workload,"
        f" write {as_written(one.line.subject)} before you upgrade"
    )


def _widened(context: PlanContext, one: Widening) -> str:
    return (
        f"subject {one.principal} logs in as {one.user} too: case does not count on this cluster,"
        f" so {_whose(context, one.line)} lets it in: {one.line.text}"
    )


def _widened_after_upgrade(one: Widening) -> str:
    return (
        f"map line {one.line.text}, not of this stack: {_FROM_THEN_ON}, so {one.principal} will log"
        f" in as {one.user} too (it has the line {one.other.text}). The owner of the line can write"
        f" {as_written(one.line.subject)} before the upgrade"
    )


def _shortened(found: Iterable[Widening], told: Callable[[Widening], str]) -> Iterator[str]:
    """Return a line for each line of the map and principal that it also lets in."""
    each = {(one.line, one.principal): one for one in found}.values()
    return first_told(each, told, "case: {count} more subjects get in this way")
