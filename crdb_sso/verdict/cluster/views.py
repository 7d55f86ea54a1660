"""What a judge sees of a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crdb_sso.crdb.settings import REDACTED, Setting

_ON = ("true", "t", "on")


@dataclass(frozen=True, slots=True)
class UserView:
    """One SQL user.

    Attributes:
        may_login: Whether it has LOGIN.
        roles: The roles that it is a member of.
    """

    may_login: bool = True
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ClusterView:
    """One cluster, as far as it decides a login with a token.

    Attributes:
        version: Its version, e.g. "25.2" or "24.1.10".
        settings: Texts by full name, as SHOW CLUSTER SETTING gives them; a name that is absent
            does not exist on this version.
        users: SQL users by name, as stored.
        fetched: While the nodes fetch keys: the text of the key set, by issuer. An issuer that is
            absent could not be asked.
        licensed: Whether it has a valid enterprise licence; only versions before 24.3 ask.
    """

    version: str
    settings: Mapping[str, str] = field(repr=False)
    users: Mapping[str, UserView]
    fetched: Mapping[str, str] = field(default_factory=dict, repr=False)
    licensed: bool = True

    def has(self, setting: Setting) -> bool:
        """Tell whether the cluster has a setting, by its current or its older name."""
        return any(name in self.settings for name in setting.spec.names)

    def name_of(self, setting: Setting) -> str:
        """Return the name that the cluster has for a setting."""
        names = setting.spec.names
        return next((name for name in names if name in self.settings), names[0])

    def text(self, setting: Setting) -> str:
        """Return the text of a setting; its default if the cluster does not have it."""
        return self.settings.get(self.name_of(setting), setting.spec.default)

    def is_on(self, setting: Setting) -> bool:
        """Tell whether a boolean setting exists and is on."""
        return self.text(setting).lower() in _ON

    def is_hidden(self, setting: Setting) -> bool:
        """Tell whether a setting is kept from the operator who read it."""
        return self.text(setting) == REDACTED
