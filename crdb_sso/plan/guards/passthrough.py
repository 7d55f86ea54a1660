"""An issuer has subjects that are user names, or lines in the identity map: never both.

Once an issuer has a single line, CockroachDB no longer takes the subjects of its tokens as user
names (pkg/sql/pgwire/identmap).
"""

from crdb_sso.argument_names import Argument
from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.passthrough import unmapped_issuers
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import Entry, Kind


def check(context: PlanContext) -> None:
    """Refuse what would end logins that others have on an issuer, or can't work because of them.

    A conflict with another stack is refused by `owner_conflicts`.

    Raises:
        GuardRefused: An issuer of somebody outside these stacks has no line, and
            `close_passthrough` does not permit one; or somebody outside has a line for an issuer
            whose subjects we want as user names.
    """
    ours = unmapped_issuers(context.wanted.entries)
    _check_first_line(context, ours)
    for line in context.live_lines:
        if line.issuer in ours and Entry.of(line) not in context.removable:
            raise GuardRefused(
                f"this stack wants the subjects of issuer {line.issuer} as user names"
                f" by {Argument.SUBJECT_IS_USERNAME}, and a line that no stack put there maps them:"
                f" {line.text!r}",
                hint="A cluster maps an issuer's subjects or takes them as user names, not both."
                f" Remove the line from {Setting.IDENTITY_MAP.value} by hand, or map the logins of"
                " this stack too.",
            )


def _check_first_line(context: PlanContext, unmapped: set[str]) -> None:
    """Refuse a first line for an issuer with which others log in without one."""
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
                hint=f"Give those logins lines of their own, or set {Argument.CLOSE_PASSTHROUGH} on"
                " the issuer if nobody relies on them; or keep them, with"
                f" {Argument.SUBJECT_IS_USERNAME}.",
            )
