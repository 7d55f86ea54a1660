"""What decides the meaning of a statement besides its text: the version and the session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dev.emulator.setting_texts.settings import settings_of
from dev.emulator.versions import DEFAULT, UNSAFE_INTERNALS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dev.emulator.setting_texts.settings import Settings
    from dev.emulator.versions import Version


@dataclass(frozen=True)
class Dialect:
    """The SQL of one version, as one session may use it.

    Attributes:
        version: The version.
        internals_open: Whether the session may reach `crdb_internal` and `system`.
    """

    version: Version
    internals_open: bool = True

    @property
    def settings(self) -> Settings:
        """The cluster settings of the version."""
        return settings_of(self.version)


DEFAULT_DIALECT = Dialect(DEFAULT)


def session_dialect(
    version: Version, variables: Mapping[str, str], *, internals_opened: bool = False
) -> Dialect:
    """Return the SQL of a session.

    Args:
        version: The version of the cluster.
        variables: What the session has set; other variables have their defaults.
        internals_opened: Whether a setting of the cluster opens its internals to every session.
    """
    default = version.variables.get(UNSAFE_INTERNALS, "on")
    opened = internals_opened or variables.get(UNSAFE_INTERNALS, default) == "on"
    return Dialect(version, internals_open=opened)
