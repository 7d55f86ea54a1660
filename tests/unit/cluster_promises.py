"""What must hold in every state of a cluster between two steps of a plan."""

from collections.abc import Collection

from crdb_sso.crdb.settings import Setting
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.plan.planner import plan_changes
from crdb_sso.plan.resuming import resuming
from crdb_sso.plan.steps import Retire, Write
from crdb_sso.registry.claims import KIND_IN, Entry, Kind
from dev.emulator.setting_texts.identity_map import parse_identity_map
from dev.emulator.setting_texts.issuers_and_audiences import issuer_list
from tests.unit.cluster_model import SHARED, Cluster, Step, planned, steps
from tests.unit.raw_entries import Item, names, other_members, raw_items


def foreign_items(cluster: Cluster, setting: Setting) -> list[Item]:
    """Return the raw slices of what was there before any claim, or was never claimed."""
    ours = {
        c.entry.name for c in cluster.claims if c.entry.kind is KIND_IN[setting] and not c.found
    }
    seen: set[str] = set()
    foreign = []
    for name, raw in raw_items(setting, cluster.text(setting)):
        is_second_key = setting is Setting.JWKS and name in seen
        seen.add(name)
        if name not in ours or is_second_key:
            foreign.append((name, raw))
    return foreign


def check_foreign_entries(before: Cluster, after: Cluster) -> None:
    """Check that no foreign entry is lost, changed or moved, by the claims of `before`."""
    for setting in SHARED:
        kept = foreign_items(Cluster(after.settings, registry=before.registry), setting)
        there = foreign_items(before, setting)
        assert [item for item in kept if item in there or not closes(*item)] == there, setting
    others = other_members(before.text(Setting.JWKS))
    assert other_members(after.text(Setting.JWKS)) == others


def closes(name: str, _raw: str) -> bool:
    """Tell whether an entry is a line that matches nobody; a plan leaves one where none is left."""
    return name.endswith(r" /[^\x00-\x{10FFFF}] public")


def open_issuers(cluster: Cluster, wish: OwnerRequest) -> set[str]:
    """Return our issuers that are trusted without a map line though nobody wants that."""
    mapped = parse_identity_map(cluster.text(Setting.IDENTITY_MAP)).rules
    ours = {c.entry.name for c in cluster.claims if c.entry.kind is Kind.ISSUER and not c.found}
    wished = without_line(wish.entries)
    for owner in {c.owner for c in cluster.claims}:
        wished |= without_line({c.entry for c in cluster.claims if c.owner == owner})
    return ours & set(issuer_list(cluster.text(Setting.ISSUERS))) - mapped.keys() - wished


def without_line(entries: Collection[Entry]) -> set[str]:
    """Return the issuers whose subjects somebody wants as user names."""
    lines = [e.name for e in entries if e.kind is Kind.LINE]
    issuers = {e.name for e in entries if e.kind is Kind.ISSUER}
    return {name for name in issuers if not any(line.startswith(f"{name} ") for line in lines)}


def check_dropped_users(before: Cluster, step: Retire) -> None:
    """Check that no user is dropped that was found, or that one of our lines names."""
    found = {c.entry.name for c in before.claims if c.entry.kind is Kind.USER and c.found}
    assert not found & set(step.drop_users)
    ours = {c.entry.name for c in before.claims if c.entry.kind is Kind.LINE and not c.found}
    live = set(names(Setting.IDENTITY_MAP, before.text(Setting.IDENTITY_MAP)))
    named = {line.rpartition(" ")[2] for line in ours & live}
    assert not named & set(step.drop_users)


def check_others(before: Cluster, after: Cluster, holders: Collection[str]) -> None:
    """Check that what somebody else has claimed stays on the cluster."""
    for claim in before.claims:
        if claim.holder not in holders and is_there(before, claim.entry):
            assert is_there(after, claim.entry), claim


def is_there(cluster: Cluster, entry: Entry) -> bool:
    if entry.kind.setting:
        return entry.name in names(entry.kind.setting, cluster.text(entry.kind.setting))
    if entry.kind is Kind.USER:
        return entry.name in cluster.users
    if entry.kind is Kind.MEMBERSHIP:
        role, user = entry.name.split(" ")
        return user in cluster.users and role in cluster.users[user].roles
    return True  # a scalar always has some value


def check_step(before: Cluster, step: Step, after: Cluster, wish: OwnerRequest) -> None:
    check_foreign_entries(before, after)
    check_others(before, after, wish.holders)
    if isinstance(step, Retire):
        check_dropped_users(before, step)
    if isinstance(step, Write):  # an announcement only claims an issuer
        assert open_issuers(after, wish) <= open_issuers(before, wish)


def checked(cluster: Cluster, wish: OwnerRequest) -> list[Cluster]:
    """Return the states on the way to a wish like `history`, and check each step."""
    known = resuming(cluster.known(wish), cluster.registry)
    plan = plan_changes(cluster.live_for(known), known)
    states = [cluster]
    for step in steps(plan, known):
        states.append(states[-1].after(step))
        check_step(states[-2], step, states[-1], known)
    return states


def brought_to(cluster: Cluster, wanted: OwnerRequest) -> Cluster:
    """Return the cluster as one owner wants it, and check that nothing is left to do.

    A creation removes nothing: what a killed one left behind goes with the next change.
    """
    after = checked(cluster, wanted)[-1]
    if resuming(cluster.known(wanted), cluster.registry).resumed:
        after = checked(after, wanted)[-1]
    assert not planned(after, wanted), "the plan of a plan's result is not empty"
    assert open_issuers(after, wanted) <= open_issuers(cluster, wanted)
    return after


def is_as_before(after: Cluster, before: Cluster) -> bool:
    """Tell whether a cluster looks as before, but for issuers that are closed since."""
    if after.visible == before.visible:
        return True
    lines = raw_items(Setting.IDENTITY_MAP, after.text(Setting.IDENTITY_MAP))
    there = raw_items(Setting.IDENTITY_MAP, before.text(Setting.IDENTITY_MAP))
    other = {s: live for s, live in after.settings.items() if s is not Setting.IDENTITY_MAP}
    return (
        [line for line in lines if line in there or not closes(*line)] == there
        and other == {s: before.settings[s] for s in other}
        and after.users == before.users
    )


def _tells_nothing(entry: Entry) -> bool:
    return entry.kind is Kind.SETTING or closes(entry.name, "")


def as_sets(cluster: Cluster) -> tuple[object, ...]:
    """Return everything on a cluster, without the order of entries, or what a plan closed.

    Whether a scalar had the claimed value already says nothing: its found text counts. Neither does
    it of a line that closes an issuer: a plan leaves it behind without a claim where it closes a
    found issuer, and whoever wants it again has found it.
    """
    claimed = {claim.entry.name for claim in cluster.claims}
    texts = {
        s: sorted(
            item
            for item in raw_items(s, cluster.text(s))
            if item[0] in claimed or not closes(*item)
        )
        for s in SHARED
    }
    claims = {
        (c.entry, c.owner, c.text, c.found and not _tells_nothing(c.entry))
        for c in cluster.claims
    }
    scalars = {s: cluster.text(s) for s in cluster.settings if s not in KIND_IN}
    return texts, scalars, cluster.users, claims
