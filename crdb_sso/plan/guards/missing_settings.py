"""Whatever a program asks for, the cluster has to have the setting it takes."""

from crdb_sso.crdb.settings import check_there
from crdb_sso.plan.context import PlanContext


def check(context: PlanContext) -> None:
    """Refuse an entry of a setting that this cluster lacks.

    A guard that knows the argument of the program speaks up before this one.

    Raises:
        UnsupportedVersion: Names the setting and the first version that has it.
    """
    for entry in context.wanted.entries:
        if entry.setting:
            live = context.live.settings
            check_there(live, entry.setting, or_else="take out of the program what asks for it")
