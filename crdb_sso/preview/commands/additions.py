"""What a plan adds or changes, in lines for those who look ahead without a program."""

from collections.abc import Iterator, Mapping

from crdb_sso.crdb.setting_texts import agrees, entries
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.plan.steps import Announce, Plan, Write
from crdb_sso.printing import printable
from crdb_sso.registry.claims import KIND_IN


def addition_lines(plan: Plan, live: Mapping[Setting, LiveSetting]) -> list[str]:
    """Return a line for everything that a plan adds or changes.

    Args:
        plan: The plan.
        live: The settings that it was made for.
    """
    writes = [line for write in plan.all_writes for line in _written(write, live)]
    return [*_announced(plan.announce), *dict.fromkeys(writes)]


def _announced(announce: Announce) -> Iterator[str]:
    for user, state in announce.create_users.items():
        yield f"+ SQL user {user}{'' if state.may_login else ', NOLOGIN'}"
    for user, state in announce.alter_users.items():
        yield f"~ SQL user {user} {'may' if state.may_login else 'may not'} log in"
    for membership in announce.grants:
        yield f"+ membership of {membership.user} in {membership.role}"


def _written(write: Write, live: Mapping[Setting, LiveSetting]) -> Iterator[str]:
    setting = write.setting
    before = live[setting]
    if setting not in KIND_IN:
        after = write.next_value(before).text
        if after != before.text:
            yield f"~ {before.name}: {printable(after)!r}, now {printable(before.text)!r}"
        return
    there = entries(setting, before.text)
    for name, text in write.put:
        named = f"{KIND_IN[setting].value} {printable(name)}"
        if name not in there:
            yield f"+ {named}"
        elif not agrees(setting, there[name], text):
            yield f"~ {named} as it was written"
