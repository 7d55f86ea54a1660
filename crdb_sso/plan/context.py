"""What a guard looks at: the facts of a plan, and what the settings will be when it is done."""

from collections.abc import Mapping
from functools import cached_property

from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.plan.facts import PlanFacts
from crdb_sso.plan.steps import Write
from crdb_sso.plan.writes import changing_writes, settings_after


class PlanContext(PlanFacts):
    """The facts of a plan, and where it leads.

    Both are worked out when they are asked for: a guard that asks comes behind those that make
    sure that the settings can be read.
    """

    @cached_property
    def writes(self) -> tuple[Write, ...]:
        """The settings that change, in order."""
        return tuple(changing_writes(self))

    @cached_property
    def after(self) -> Mapping[Setting, LiveSetting]:
        """The settings as they will be."""
        return settings_after(self.writes, self.live.settings)
