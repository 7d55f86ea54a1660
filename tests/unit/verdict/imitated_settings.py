"""The settings that decide a login, as each version that is imitated has them."""

from functools import cache

from dev.emulator.setting_texts.settings import JWT, settings_of
from dev.emulator.sqlerror import SqlError
from dev.emulator.versions import VERSIONS

IMITATED = tuple(VERSIONS)


@cache
def default_settings(version: str) -> dict[str, str]:
    """Every setting of a version that decides a login, with its default."""
    settings = settings_of(VERSIONS[version]).by_name
    return {
        name: one.fallback
        for name, one in settings.items()
        if name.startswith((JWT, "security.provisioning", "server.identity_map"))
    }


@cache
def is_legal(version: str, name: str, text: str) -> bool:
    """Tell whether a version lets a setting have a value."""
    setting = settings_of(VERSIONS[version]).by_name[name]
    try:
        if setting.validate is not None:
            setting.validate(text)
    except SqlError:
        return False
    return True
