"""Automatic provisioning and group sync are refused where somebody outside set them differently.

A stack that no longer asks for them is never refused: leaving always works.
"""

from crdb_sso.argument_names import Argument
from crdb_sso.crdb.setting_texts import text_before
from crdb_sso.crdb.settings import Setting, Stage, check_usable, settings_at
from crdb_sso.desired.provisioning import GROUP_NAMES, GROUP_SYNC
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import Entry, Kind


def check(context: PlanContext) -> None:
    """Refuse an option that can't be written, or that somebody outside uses with other names.

    Raises:
        GuardRefused: A setting is hidden or overridden; or group sync was on before any stack asked
            for it, with other names.
    """
    wanted = context.wanted.entries
    for setting in settings_at(Stage.OPTIONS):
        if Entry(Kind.SETTING, setting.value) in wanted:
            check_usable(context.live.settings[setting])
    if GROUP_SYNC in wanted and _before(context, Setting.GROUP_SYNC) == "true":
        _check_names(context)


def _check_names(context: PlanContext) -> None:
    for field, setting in GROUP_NAMES.items():
        ours = context.wanted.entries[Entry(Kind.SETTING, setting.value)]
        theirs = _before(context, setting)
        if ours != theirs:
            raise GuardRefused(
                "group sync was turned on here by somebody outside these stacks, with"
                f" {setting.value} = {theirs!r}; this stack wants {ours!r}",
                hint=f"Write {theirs!r} as {Argument[field.upper()]} in {Argument.GROUP_SYNC}."
                f" Or, if nobody relies on it, SET CLUSTER SETTING {GROUP_SYNC.name} = false while"
                " no stack asks for it.",
            )


def _before(context: PlanContext, setting: Setting) -> str:
    """Return the text of a setting before the first stack asked for it."""
    if setting.value in context.found_texts:
        return text_before(setting, context.found_texts[setting.value])
    return context.live.settings[setting].text
