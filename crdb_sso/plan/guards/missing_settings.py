"""What a program asks for is refused where the cluster lacks the setting that it takes."""

from crdb_sso.argument_names import Argument
from crdb_sso.crdb.settings import Counts, Setting, Stage, missing_setting
from crdb_sso.desired.provisioning import asked_by
from crdb_sso.plan.context import PlanContext


def check(context: PlanContext) -> None:
    """Refuse an entry of a setting that this cluster lacks.

    Raises:
        UnsupportedVersion: Names the setting and the first version that has it.
    """
    for entry in context.wanted.entries:
        if entry.setting and entry.setting not in context.live.settings:
            raise missing_setting(entry.setting, or_else=_way_out(entry.setting))


def _way_out(setting: Setting) -> str:
    """Return what to do in the program, if the cluster can't be upgraded."""
    if setting.spec.stage is Stage.FETCHING or setting.spec.counts is Counts.WHILE_FETCHED:
        return 'use keys="pinned"'
    if setting.spec.stage is Stage.DOORS:
        return f"leave out {Argument.SSO_ONLY}"
    return f"leave out {'`claim`' if setting is Setting.CLAIM else asked_by(setting)}"
