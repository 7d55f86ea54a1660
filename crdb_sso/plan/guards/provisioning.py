"""What is refused, and what is told, where tokens may bring users and roles by themselves.

Whoever wants neither roles nor any of the options is never refused: a stack can always leave.
"""

from collections.abc import Mapping

from crdb_sso.crdb.setting_texts import text_before
from crdb_sso.crdb.settings import LiveSetting, Setting, check_there, check_usable, is_on
from crdb_sso.desired.logins import membership_parts
from crdb_sso.desired.provisioning import GROUP_NAMES, GROUP_SYNC, OFF_FIRST, ON_LAST, asked_by
from crdb_sso.errors import ClusterRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.steps import Write
from crdb_sso.registry.claims import Entry, Kind


def check_options(context: PlanContext) -> None:
    """Refuse what this cluster can't do, or what somebody outside has otherwise.

    Raises:
        UnsupportedVersion: The cluster lacks a setting.
        ClusterRefused: A setting is hidden or overridden; group sync was on before any stack asked
            for it, by other names.
    """
    live = context.live.settings
    for setting in ON_LAST:
        if Entry(Kind.SETTING, setting.value) not in context.wanted.entries:
            continue
        check_there(live, setting, or_else=f"leave {asked_by(setting)} out")
        check_usable(live[setting])
    if GROUP_SYNC in context.wanted.entries and _before(context, Setting.GROUP_SYNC) == "true":
        _check_names(context)


def _check_names(context: PlanContext) -> None:
    for field, setting in GROUP_NAMES.items():
        ours = context.wanted.entries[Entry(Kind.SETTING, setting.value)]
        theirs = _before(context, setting)
        if ours != theirs:
            raise ClusterRefused(
                "group sync was turned on here by somebody outside these stacks, with"
                f" {setting.value} = {theirs!r}; this stack wants {ours!r}",
                hint=f"Write {field!r}: {theirs!r} in `group_sync`. Or, if nobody relies on it, SET"
                f" CLUSTER SETTING {GROUP_SYNC.name} = false while no stack asks for it.",
            )


def _before(context: PlanContext, setting: Setting) -> str:
    """Return how a setting stood before the first stack asked for it."""
    if setting.value in context.found_texts:
        return text_before(setting, context.found_texts[setting.value])
    return context.live.settings[setting].text


def check_roles(wanted: Mapping[Entry, str], after: Mapping[Setting, LiveSetting]) -> None:
    """Refuse roles where group sync stays on, though no stack asks for it.

    Args:
        wanted: What one owner wants, none of which is group sync of another owner.
        after: The settings as they are then.

    Raises:
        ClusterRefused: Names the memberships, which the next logins would revoke.
    """
    asked = sorted(_membership(entry) for entry in wanted if entry.kind is Kind.MEMBERSHIP)
    if asked and is_on(after, Setting.GROUP_SYNC):
        raise ClusterRefused(
            "group sync is on here, set by somebody outside these stacks: the next login would"
            f" revoke what `roles` gives, if the token's groups do not name it: {', '.join(asked)}",
            hint=f"SET CLUSTER SETTING {GROUP_SYNC.name} = false, if nobody relies on it. Or take"
            " `roles` out of the program, and let the groups of the tokens name these roles.",
        )


def _membership(entry: Entry) -> str:
    role, user = membership_parts(entry)
    return f"{user} in {role}"


def is_switched_off(write: Write, live: Mapping[Setting, LiveSetting]) -> bool:
    """Tell whether a write turns one of the switches off."""
    return write.setting in OFF_FIRST and write.next_value(live[write.setting]).text == "false"
