"""Subjects that are user names, and lines of the identity map, exclude each other for an issuer.

In CockroachDB one line of an issuer ends that its subjects are user names, for all of its tokens
(pkg/sql/pgwire/identmap).
"""

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.passthrough import unmapped_issuers
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import Entry, Kind


def check(context: PlanContext) -> None:
    """Refuse what would end logins that others have on an issuer, or not work because of them.

    If the others are another stack, `owner_conflicts` says so.

    Raises:
        GuardRefused: An issuer of somebody outside has no line, and `close_passthrough` does not
            allow it to get one; or somebody outside has a line for an issuer whose subjects we want
            as user names.
    """
    ours = unmapped_issuers(context.wanted.entries)
    _check_first_line(context, ours)
    for line in context.live_lines:
        if line.issuer in ours and Entry.of(line) not in context.removable:
            raise GuardRefused(
                f"this stack wants the subjects of issuer {line.issuer} as user names"
                " (`subject_is_username`), and a line that no stack put there maps them:"
                f" {line.text!r}",
                hint="A cluster maps an issuer's tokens or takes their subjects, not both. Take the"
                f" line out of {Setting.IDENTITY_MAP.value} by hand, or map the logins of this"
                " stack too.",
            )


def _check_first_line(context: PlanContext, unmapped: set[str]) -> None:
    """Refuse to give its first line to an issuer with which others log in without one."""
    mapped = {line.issuer for line in context.live_lines}
    may_close = context.wanted.close_passthrough | unmapped
    for entry in context.wanted.entries:
        is_claimed = entry in context.mine or entry in context.others
        if entry.kind is not Kind.ISSUER or is_claimed:
            continue
        is_open = entry.name in context.live_entries[Setting.ISSUERS] and entry.name not in mapped
        if is_open and entry.name not in may_close:
            raise GuardRefused(
                f"issuer {entry.name} is already trusted here without an identity map line: its"
                " raw subjects log in as the users of the same name, and a first line ends that",
                hint="Give those logins lines of their own, or set close_passthrough on the issuer"
                " if nobody relies on it; or let it stay so, with `subject_is_username`.",
            )
