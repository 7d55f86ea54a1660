"""What the log of a run says besides its changes, in lines for people."""

from crdb_sso.crdb.setting_texts import text_before
from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.sql_users import LoginState
from crdb_sso.desired.logins import shut_out
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.steps import Plan
from crdb_sso.registry.claims import Kind


def kept_layouts(plan: Plan, live: ClusterState) -> list[str]:
    """Return a line for each setting that can't be restored to what was found."""
    lines = []
    for write in plan.all_writes:
        setting = live.settings[write.setting]
        if write.found and write.next_value(setting).text != write.found.text:
            lines.append(
                f"{setting.name} can't be restored to what it was before the first stack:"
                " others have changed it since, and their entries stay"
            )
    if _stays_on(plan, live):
        lines.append("JWT logins stay on: others have added issuers since the first stack")
    return lines


def shut_out_lines(wanted: OwnerRequest, live: ClusterState) -> list[str]:
    """Return a line for each of our logins that another owner shuts out."""
    others = shut_out(live.claims, wanted.owners)
    return [
        f"{entry.name} may not log in, because {others[entry.name]} shuts it out (`login: false`)"
        for entry, text in wanted.entries.items()
        if entry.kind is Kind.USER and text == LoginState.LOGIN and entry.name in others
    ]


def _stays_on(plan: Plan, live: ClusterState) -> bool:
    name = Setting.ENABLED.value
    if live.registry is None or name not in plan.retire.found_keys:
        return False
    before = text_before(Setting.ENABLED, live.registry.found_texts[name])
    is_given_back = any(write.setting is Setting.ENABLED for write in plan.writes)
    return not is_given_back and live.settings[Setting.ENABLED].text != before
