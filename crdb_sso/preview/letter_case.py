"""What it means that the identity map ignores case from 26.1 on, in lines for people.

Before that version a line says what an upgrade will change. Only principals that some line names
are spoken of: what else a line might let in, nobody knows.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.letter_case import (
    Widening,
    as_written,
    only_principal,
    user_let_in,
)
from crdb_sso.crdb.user_names import normalised
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.steps import Plan
from crdb_sso.printing import first_told
from crdb_sso.registry.claims import Entry, lines_among

_FROM_THEN_ON = "from CockroachDB 26.1 on, case does not count in the identity map"


def wide_lines(context: PlanContext) -> Iterator[str]:
    """Yield whom the lines of this stack let in besides, as another line names them in other case.

    It is said at each change, as this stack can end it.
    """
    ours = _ours(context)
    if not ours:
        return iter(())
    found = [one for one in context.widenings if one.line in ours]
    return _shortened(found, _wide if context.live.version.folds_case else _wide_after_upgrade)


def widened_lines(context: PlanContext) -> Iterator[str]:
    """Yield whom the lines of others let in besides.

    Where case does not count already, only principals that this change adds are spoken of.
    """
    ours = _ours(context)
    if not ours:
        return iter(())
    found = [one for one in context.widenings if one.line not in ours]
    if not context.live.version.folds_case:
        return _shortened(found, _widened_after_upgrade)
    found = [one for one in found if Entry.of(one.other) in context.added]
    return _shortened(found, partial(_widened, context))


def kept_open_lines(context: PlanContext, plan: Plan) -> Iterator[str]:
    """Yield who still gets in by a line in other case, though this change takes theirs away."""
    if not context.live.version.folds_case:
        return
    there, dropped = frozenset(context.lines_after), frozenset(plan.retire.drop_users)
    by_user: defaultdict[tuple[str, str], list[MapLine]] = defaultdict(list)
    for line in context.lines_after:
        by_user[line.issuer, "" if r"\1" in line.user else normalised(line.user)].append(line)
    for gone in sorted(lines_among(context.released)):
        principal = only_principal(gone.subject)
        if principal is None or gone in there or gone.user in dropped:
            continue
        for line in (*by_user[gone.issuer, gone.user], *by_user[gone.issuer, ""]):
            if _is_only_by_folding(line, principal, gone.user):
                yield (
                    f"subject {principal} of {gone.issuer} still logs in as {gone.user}: case does"
                    f" not count on this cluster, so {_whose(context, line)} lets it in:"
                    f" {line.text}"
                )


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
        f" in as {one.user} too (it has the line {one.other.text}). Whoever owns the line can write"
        f" {as_written(one.line.subject)} before the upgrade"
    )


def _shortened(found: Iterable[Widening], told: Callable[[Widening], str]) -> Iterator[str]:
    """Return a line for each line of the map and principal that it lets in besides."""
    each = {(one.line, one.principal): one for one in found}.values()
    return first_told(each, told, "case: {count} more subjects are let in besides in this way")
