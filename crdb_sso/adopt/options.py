"""Which cluster-wide options a program could declare, and why not the others."""

from collections.abc import Iterator
from dataclasses import dataclass

from crdb_sso.adopt.entries import AdoptableCluster, Foreign
from crdb_sso.crdb import published_recipe
from crdb_sso.crdb.claim_names import is_pointer
from crdb_sso.crdb.settings import LiveSetting, Setting, is_on, is_usable
from crdb_sso.desired.provisioning import GROUP_NAMES, OFF_FIRST, GroupSync
from crdb_sso.errors import InvalidInput
from crdb_sso.printing import shown
from crdb_sso.registry.claims import Entry, Kind


@dataclass(frozen=True, slots=True)
class Options:
    """What tokens may create or grant by themselves on a cluster as it is.

    Attributes:
        auto_provisioning: Whether they may create the users they name.
        group_sync: Where to find the groups that give users their roles, None if it is off.
    """

    auto_provisioning: bool = False
    group_sync: GroupSync | None = None


def options_of(cluster: AdoptableCluster) -> tuple[Options, list[Foreign]]:
    """Return the options that are on and can be declared, and those that are on but foreign."""
    on = [setting for setting in OFF_FIRST if is_on(cluster.live.settings, setting)]
    reasons = {setting: _reason(cluster, setting) for setting in on}
    named = [setting for setting, reason in reasons.items() if not reason]
    sync = None
    if Setting.GROUP_SYNC in named:
        claim, key = (cluster.live.settings[s].text for s in GROUP_NAMES.values())
        sync = GroupSync(claim, key)
    foreign = [Foreign(setting.value, reason) for setting, reason in reasons.items() if reason]
    return Options(Setting.PROVISIONING in named, sync), foreign


def claim_of(cluster: AdoptableCluster) -> tuple[str, list[Foreign]]:
    """Return the claim that names the principals, "" for `sub`, and whether it is foreign."""
    live = cluster.live.settings.get(Setting.CLAIM)
    if live is None or not live.text:
        return "", []
    flaw = _flaw(Setting.CLAIM, live)
    if is_pointer(live.text) and not cluster.live.version.takes_pointers:
        flaw = flaw or (
            f"it is {live.text!r}: this version looks for a claim of that very name at the top of a"
            " token, and takes no JSON Pointer"
        )
    return ("", [Foreign(live.name, flaw)]) if flaw else (live.text, [])


def _flaw(setting: Setting, live: LiveSetting) -> str:
    """Return why no program may give the value of a setting, "" if one may."""
    try:
        setting.spec.format.check_entry("", live.text)
    except InvalidInput as exc:
        return f"it is {live.text!r}: {exc.what}"
    return ""


def other_ways_in(cluster: AdoptableCluster) -> Iterator[Foreign]:
    """Yield what tokens log in by that is not a part of any program, and what a claim means."""
    for rule in cluster.host_rules:
        if rule.is_for_tokens:
            yield Foreign(
                f"host-based rule {shown(rule.text)}",
                "its tokens log in by OAUTHBEARER, under the settings and the map of that method;"
                " programs are about tokens in place of a password",
            )
    claim = cluster.live.settings.get(Setting.CLAIM)
    if claim is not None and claim.text == published_recipe.CLAIM:
        yield Foreign(
            f"{Setting.CLAIM.value} = {claim.text}",
            f"a published recipe for Azure has it. {published_recipe.ABOUT_CLAIM}",
        )


def _reason(cluster: AdoptableCluster, setting: Setting) -> str:
    """Return why an option that is on is foreign, "" if it is not."""
    is_sync = setting is Setting.GROUP_SYNC
    parts = (setting, *GROUP_NAMES.values()) if is_sync else (setting,)
    for part in parts:
        live = cluster.live.settings[part]
        if not is_usable(live):
            return f"{live.name} is hidden, or overridden from outside"
        if flaw := _flaw(part, live):
            return f"{live.name}: {flaw}"
    return cluster.kept(Entry(Kind.SETTING, setting.value)) or (_givers(cluster) if is_sync else "")


def _givers(cluster: AdoptableCluster) -> str:
    """Return which stacks give roles although group sync is on, "" if none do."""
    owners = {
        claim.owner for entry, claim in cluster.claims.items() if entry.kind is Kind.MEMBERSHIP
    }
    return f"roles are also given by {', '.join(sorted(owners))}" if owners else ""
