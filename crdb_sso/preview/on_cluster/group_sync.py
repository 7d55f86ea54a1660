"""What people are told of group sync that is on though no program is known to accept its power."""

from collections.abc import Iterator

from crdb_sso.argument_names import Argument
from crdb_sso.crdb.settings import Setting, is_on
from crdb_sso.desired.provisioning import GROUP_SYNC
from crdb_sso.plan.context import PlanContext


def alone_lines(context: PlanContext) -> Iterator[str]:
    """Yield that this stack alone keeps group sync on, and has not accepted what it may do.

    Nothing is said where somebody outside these stacks had turned it on before: it stays on anyhow.
    """
    if GROUP_SYNC not in context.wanted.entries or context.wanted.allows_admin_groups:
        return
    claim = context.mine.get(GROUP_SYNC)
    is_alone = claim is not None and not claim.found and GROUP_SYNC not in context.others
    if is_alone and is_on(context.after, Setting.GROUP_SYNC):
        yield (
            "group sync is on for this stack alone, and lets tokens make admins, which the program"
            f" does not accept: take out {Argument.GROUP_SYNC}, or set"
            f" {Argument.ALLOW_PRIVILEGED} in it"
        )
