"""What rows of others, whatever they hold, can and can't do to a cluster."""

from dataclasses import replace

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from crdb_sso.crdb.identity_map import closed_line
from crdb_sso.crdb.settings import SPECS, Setting
from crdb_sso.desired.logins import Desired
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.closing import opened_issuers
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.plan.planner import plan_context
from crdb_sso.registry.claims import Claim, Entry, Kind, Registry, memberships_among
from tests.unit import hand_edits
from tests.unit.cluster_model import SHARED, Cluster, carried_out, planned
from tests.unit.cluster_promises import closes
from tests.unit.named_keys import ec_key, ed_key
from tests.unit.raw_entries import raw_items
from tests.unit.request_strategies import ISSUERS, ROLES, USERS, found_clusters, wanted, wishes

ME = "org/shop/dev/sso"
VENDOR = "https://cockroachlabs.cloud"

briefly = settings(max_examples=60)


@st.composite
def forged(draw: st.DrawFn) -> Claim:
    """Draw a row that somebody with the right to write the claim tables has made up."""
    issuer = draw(st.sampled_from([*ISSUERS.values(), "https://evil.example.com"]))
    user, role = draw(st.sampled_from([*USERS, "boss"])), draw(st.sampled_from([*ROLES, "admin"]))
    kid = draw(st.sampled_from(["a-1", "b-2", "evil"]))
    line = draw(st.sampled_from([f"{issuer} s-1 {user}", closed_line(issuer).text]))
    scalar = draw(st.sampled_from([spec.setting for spec in SPECS if not spec.is_option])).value
    entry, text = draw(
        st.sampled_from(
            [
                (Entry(Kind.ISSUER, issuer), "https://evil.example.com/keys"),
                (Entry(Kind.AUDIENCE, "crdb"), "crdb"),
                (Entry(Kind.AUDIENCE, "evil"), "evil"),
                (Entry(Kind.KEY, kid), draw(st.sampled_from([ec_key(kid), ed_key(kid)]))),
                (Entry(Kind.LINE, line), line),
                (Entry(Kind.USER, user), draw(st.sampled_from(["LOGIN", "NOLOGIN"]))),
                (Entry(Kind.MEMBERSHIP, f"{role} {user}"), ""),
                (Entry(Kind.SETTING, scalar), draw(st.sampled_from(["true", "false", "email"]))),
            ]
        )
    )
    return Claim(entry, "evil", text, draw(st.booleans()), instance="evil")


rows = st.lists(forged(), max_size=6, unique_by=lambda claim: claim.entry)


def with_rows(cluster: Cluster, claims: list[Claim]) -> Cluster:
    registry = cluster.registry or Registry("the-cluster")
    return replace(cluster, registry=replace(registry, claims=(*registry.claims, *claims)))


def entries_of(cluster: Cluster) -> set[object]:
    """Return everything on a cluster that a plan could add or take away."""
    there: set[object] = {
        (setting, item) for setting in SHARED for item in raw_items(setting, cluster.text(setting))
    }
    for name, user in cluster.users.items():
        there |= {(name, user.may_login), *((name, role) for role in user.roles)}
    return there


def scalars_of(cluster: Cluster) -> dict[Setting, str]:
    return {s: live.text for s, live in cluster.settings.items() if s not in SHARED}


def changed(cluster: Cluster, wish: OwnerRequest) -> Cluster:
    try:
        return carried_out(cluster, wish)
    except GuardRefused:
        event("refused")
        return cluster


@briefly
@given(found_clusters(), wishes(), wishes(), rows)
def test_rows_of_others_add_nothing_and_only_keep(
    cluster: Cluster, first: Desired, second: Desired, claims: list[Claim]
) -> None:
    before = changed(cluster, wanted(ME, first))
    wish = wanted(ME, second)
    without, with_them = changed(before, wish), changed(with_rows(before, claims), wish)

    more = entries_of(with_them) - entries_of(without)

    closing = {
        (Setting.IDENTITY_MAP, item)
        for item in raw_items(Setting.IDENTITY_MAP, with_them.text(Setting.IDENTITY_MAP))
        if closes(*item)  # of an issuer that a row keeps though its lines are gone
    }
    assert more - closing <= entries_of(before)
    assert all(
        text in (scalars_of(before)[setting], scalars_of(without)[setting])
        or setting is Setting.HOST_RULES
        for setting, text in scalars_of(with_them).items()
    )


@briefly
@given(found_clusters(), wishes(), rows)
def test_a_destroy_needs_nothing_of_others(
    cluster: Cluster, wish: Desired, claims: list[Claim]
) -> None:
    before = changed(cluster, wanted(ME, wish))
    assume(VENDOR not in before.text(Setting.ISSUERS))

    after = carried_out(with_rows(before, claims), wanted(ME))

    assert all(claim.owner != ME for claim in after.claims)
    kept = {claim.entry for claim in claims}
    mine = {claim.entry for claim in before.claims if not claim.found} - kept
    for membership in memberships_among(mine):
        user = after.users.get(membership.user)
        assert user is None or membership.role not in user.roles
    for kind, setting in ((Kind.ISSUER, Setting.ISSUERS), (Kind.KEY, Setting.JWKS)):
        left = {name for name, _ in raw_items(setting, after.text(setting))}
        assert not left & {entry.name for entry in mine if entry.kind is kind}


@briefly
@given(found_clusters(), wishes(), wishes(), wishes(), rows)
def test_no_plan_opens_an_issuer_that_was_closed(
    cluster: Cluster, first: Desired, second: Desired, theirs: Desired, claims: list[Claim]
) -> None:
    for owner, logins in ((ME, first), ("you", theirs), (ME, second), (ME, Desired({}, {}))):
        before, wish = with_rows(cluster, claims), wanted(owner, logins)
        cluster = changed(before, wish)
        if cluster is not before:
            known = before.known(wish)
            context = plan_context(before.live_for(known), known)
            assert opened_issuers(context, cluster.settings) == ()
        cluster = replace(
            cluster,
            registry=cluster.registry
            and replace(
                cluster.registry,
                claims=tuple(c for c in cluster.registry.claims if c.owner != "evil"),
            ),
        )


@briefly
@given(found_clusters(), wishes(), rows)
def test_no_row_makes_anybody_drop_or_revoke_an_admin(
    cluster: Cluster, wish: Desired, claims: list[Claim]
) -> None:
    """Not even rows in our own name."""
    before = changed(cluster, wanted(ME, wish))
    assume(before.states)
    (instance,) = before.states
    boss = (
        {"boss": replace(next(iter(before.users.values())), roles=frozenset({"admin"}))}
        if (before.users)
        else {}
    )
    before = replace(before, users={**before.users, **boss})
    ours = [replace(claim, owner=ME, instance=instance, found=False) for claim in claims]
    taken = {claim.entry for claim in before.claims}

    cluster = with_rows(before, [claim for claim in ours if claim.entry not in taken])
    retire = planned(cluster, wanted(ME)).retire

    assert "boss" not in retire.drop_users
    assert not any(membership.user == "boss" for membership in retire.revokes)


@briefly
@given(found_clusters(), wishes(), wishes(), st.data())
def test_a_plan_changes_no_byte_that_its_own_change_is_not_about(
    cluster: Cluster, first: Desired, second: Desired, data: st.DataObject
) -> None:
    """Not even where somebody has removed something of ours by hand meanwhile."""
    before = changed(cluster, wanted(ME, first))
    setting: Setting = data.draw(st.sampled_from(SHARED))
    there = sorted({name for name, _ in raw_items(setting, before.text(setting)) if name})
    gone = data.draw(st.sampled_from(["", *there]), label="what somebody removes")
    if gone:
        text = hand_edits.edited(setting, before.text(setting), remove=gone)
        before = before.edited(setting, text)
    wish = wanted(ME, second)
    known = before.known(wish)
    about = set({*known.entries, *known.remembered})
    about = {e for e in about if known.entries.get(e) != known.remembered.get(e)}

    after = changed(before, wish)

    for shared in SHARED:
        ours = {e.name for e in about if e.setting is shared}
        one, other = (
            [item for item in raw_items(shared, c.text(shared)) if item[0] not in ours]
            for c in (before, after)
        )
        assert [item for item in other if item in one or not closes(*item)] == one
    for scalar, text in scalars_of(after).items():
        is_ours = Entry(Kind.SETTING, scalar.value) in about
        assert is_ours or text == before.text(scalar)
