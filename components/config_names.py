"""Makes the errors of components name configuration keys instead of arguments.

A program that builds its components from a configuration calls `use_config_names` once. In any
other program, errors name the arguments.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from crdb_sso.errors import CrdbSsoError, InvalidInput


@dataclass(frozen=True, slots=True)
class ConfigNames:
    """Where one component is configured, and under which keys.

    Attributes:
        place: Where it is configured, e.g. "crdb-sso:gcp.orders in Pulumi.dev.yaml".
        keys: The keys by argument, e.g. {"account_id": "accountId"}.
    """

    place: str
    keys: Mapping[str, str]

    def translate(self, text: str) -> str:
        """Replace arguments with keys: names in backquotes, and bare ones with an underscore.

        Text in single quotes is a value, and stays.
        """
        return re.sub(_NAME, self._key, text)

    def _key(self, found: re.Match[str]) -> str:
        key = self.keys.get(found["quoted"] or found["bare"])
        return f"`{key}`" if key else found[0]


_NAME = r"`(?P<quoted>\w+)`|(?<![\w'.])(?P<bare>[a-z]+(?:_[a-z]+)+)(?![\w']|\.\w)"

_BY_COMPONENT: ContextVar[Mapping[str, ConfigNames]] = ContextVar("config names by component")


def use_config_names(by_component: Mapping[str, ConfigNames]) -> None:
    """Make errors and warnings of this program name configuration keys from now on.

    Args:
        by_component: Names by what each component calls itself, e.g. "OidcIssuer 'idp'".
    """
    _BY_COMPONENT.set(by_component)


def error_text(where: str, error: CrdbSsoError) -> str:
    """Return the text of an error.

    Args:
        where: What the component calls itself; after a comma, the part of it.
        error: The error. Only `InvalidInput` is about arguments; the hints of all errors are.
    """
    names = _names_of(where)
    if names is None:
        return f"{where}: {error}"
    what = names.translate(error.what) if isinstance(error, InvalidInput) else error.what
    return f"{where} ({names.place}): {what}\n  Next step: {names.translate(error.hint)}"


def warning_text(where: str, text: str) -> str:
    """Return the text of a warning of a component."""
    names = _names_of(where)
    return text if names is None else names.translate(text)


def _names_of(where: str) -> ConfigNames | None:
    by_component = _BY_COMPONENT.get({})
    return by_component.get(where) or by_component.get(where.rpartition(", ")[0])
