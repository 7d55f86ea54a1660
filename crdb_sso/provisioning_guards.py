"""What is refused, and what is told, where tokens may bring users and roles by themselves.

Whoever wants neither roles nor any of the options is never refused: a stack can always leave.
"""

from collections.abc import Iterator, Mapping

from crdb_sso.claims import Entry, Kind
from crdb_sso.documents import text_before
from crdb_sso.errors import ClusterRefused, UnsupportedVersion
from crdb_sso.forced_sso import TOKEN
from crdb_sso.identity_map import issuer_of
from crdb_sso.logins import membership_parts
from crdb_sso.provisioning import AUTO_PROVISIONING, GROUP_NAMES, GROUP_SYNC, OFF_FIRST, ON_LAST
from crdb_sso.scene import Scene, shared_entries
from crdb_sso.settings import LiveSetting, Setting, check_usable, is_on
from crdb_sso.steps import Live, Wanted, Write

FIRST_VERSION = "25.4"
"""The first that has these settings."""


def check_options(scene: Scene) -> None:
    """Refuse what this cluster can't do, or what somebody outside has otherwise.

    Raises:
        UnsupportedVersion: The cluster lacks a setting.
        ClusterRefused: A setting is hidden or overridden; group sync was on before any stack asked
            for it, by other names.
    """
    live = scene.live.settings
    for setting in ON_LAST:
        if Entry(Kind.SETTING, setting.value) not in scene.wanted.entries:
            continue
        if setting not in live:
            argument = "auto_provisioning" if setting is Setting.PROVISIONING else "group_sync"
            raise UnsupportedVersion(
                f"this cluster has no setting {setting.value}",
                hint=f"CockroachDB has it since {FIRST_VERSION}: upgrade the cluster, or leave"
                f" `{argument}` out.",
            )
        check_usable(live[setting])
    if GROUP_SYNC in scene.wanted.entries and _before(scene, Setting.GROUP_SYNC) == "true":
        _check_names(scene)


def _check_names(scene: Scene) -> None:
    for field, setting in GROUP_NAMES.items():
        ours = scene.wanted.entries[Entry(Kind.SETTING, setting.value)]
        theirs = _before(scene, setting)
        if ours != theirs:
            raise ClusterRefused(
                "group sync was turned on here by somebody outside these stacks, with"
                f" {setting.value} = {theirs!r}; this stack wants {ours!r}",
                hint=f"Write {field!r}: {theirs!r} in `group_sync`. Or, if nobody relies on it, SET"
                f" CLUSTER SETTING {GROUP_SYNC.name} = false while no stack asks for it.",
            )


def _before(scene: Scene, setting: Setting) -> str:
    """Return how a setting stood before the first stack asked for it."""
    if setting.value in scene.found_texts:
        return text_before(setting, scene.found_texts[setting.value])
    return scene.live.settings[setting].text


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


def open_lines(wanted: Wanted, live: Live) -> Iterator[str]:
    """Yield by what tokens choose their user, where they may create it."""
    if AUTO_PROVISIONING not in wanted.entries:
        return
    docs = shared_entries(live.settings)
    lines = {*docs[Setting.IDENTITY_MAP], *(e.name for e in wanted.entries if e.kind is Kind.LINE)}
    mapped = {issuer_of(line) for line in lines}
    for issuer in sorted(docs[Setting.ISSUERS].keys() - mapped):
        yield (
            f"automatic provisioning: tokens of {issuer} may create any user, as it has no identity"
            " map line"
        )
    for line in sorted(lines):
        issuer, _, user = line.split(" ")
        if issuer in docs[Setting.ISSUERS] and r"\1" in user:
            yield f"automatic provisioning: tokens may create users by the identity map line {line}"


def concerned_lines(wanted: Wanted, live: Live) -> Iterator[str]:
    """Yield whose logins group sync is about, beside those of the stack that asks for it."""
    if GROUP_SYNC not in wanted.entries:
        return
    claims = live.registry.claims if live.registry else ()
    others = [claim for claim in claims if claim.owner not in wanted.owners]
    agreed = {claim.owner for claim in others if claim.entry == GROUP_SYNC}
    for owner in sorted({c.owner for c in others if c.entry.kind is Kind.LINE} - agreed):
        yield f"group sync counts for {owner} too: its tokens that lead to no groups are refused"
    if live.operator.method == TOKEN:
        who = f"the operator {live.operator.user}"
        yield f"group sync counts for {who} too: it keeps only roles of its token's groups"
