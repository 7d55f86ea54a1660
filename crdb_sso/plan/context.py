"""What a guard looks at: the facts of a plan, and the settings after it."""

from collections.abc import Mapping
from functools import cached_property

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.setting_texts import entries
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.crdb.widenings import Widenings, widenings
from crdb_sso.plan.closing import opened_issuers, with_closed_lines
from crdb_sso.plan.facts import PlanFacts
from crdb_sso.plan.steps import Write
from crdb_sso.plan.writes import changing_writes, settings_after


class PlanContext(PlanFacts):
    """The facts of a plan, and where it leads.

    The properties are computed on demand: guards that use them come after those that check that
    the settings can be read.
    """

    @cached_property
    def _own_writes(self) -> tuple[Write, ...]:
        return tuple(changing_writes(self))

    @cached_property
    def closed(self) -> tuple[str, ...]:
        """The issuers that get a line which matches nobody, as they would be left without one."""
        return opened_issuers(self, settings_after(self._own_writes, self.live.settings))

    @cached_property
    def writes(self) -> tuple[Write, ...]:
        """The settings that change, in order."""
        return with_closed_lines(self._own_writes, self.closed) if self.closed else self._own_writes

    @cached_property
    def after(self) -> Mapping[Setting, LiveSetting]:
        """The settings after the plan."""
        return settings_after(self.writes, self.live.settings)

    @cached_property
    def lines_after(self) -> tuple[MapLine, ...]:
        """The lines of the identity map after the plan."""
        text = self.after[Setting.IDENTITY_MAP].text
        return tuple(map(MapLine.read, entries(Setting.IDENTITY_MAP, text)))

    @cached_property
    def widenings(self) -> Widenings:
        """What these lines let in where case does not count, and do not where it does."""
        return widenings(self.lines_after)
