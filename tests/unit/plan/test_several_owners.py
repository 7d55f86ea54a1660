"""Several owners, crashes and manual edits in any order: nobody loses anything."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from crdb_sso.crdb.hba import BEGIN, END
from crdb_sso.crdb.settings import LiveSetting, Setting, is_on
from crdb_sso.crdb.sql_users import Membership
from crdb_sso.desired.logins import NOTHING, Desired
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Claim, Kind
from tests.unit import hand_edits
from tests.unit.cluster_model import SHARED, Cluster, planned
from tests.unit.cluster_promises import brought_to, checked, closes, is_there
from tests.unit.named_keys import ed_key
from tests.unit.raw_entries import names, raw_items
from tests.unit.request_strategies import found_clusters, wanted, wishes

OWNERS = ["shop/dev/sso", "shop/prod/sso", "bank/prod/sso"]


def without_our_block(cluster: Cluster) -> str:
    """Return the host-based rules after somebody removed our block by hand."""
    before, _, rest = cluster.text(Setting.HOST_RULES).partition(BEGIN)
    return before + rest.partition(END)[2].removeprefix("\n")


class Owners(RuleBasedStateMachine):
    """Keeps a shadow of the cluster: the same one, as if no owner had ever come."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster = self.shadow = Cluster()
        self.wishes: dict[str, Desired] = {}
        self.unsettled: set[str] = set()
        self.edited: set[Setting] = set()
        self.touched: set[str] = set()  # users who lost roles by hand: those are kept
        self.switched: set[Setting] = set()  # by hand: then nobody gives back what was found
        self.edits = self.renamed = 0
        self.sync: GroupSync | None = None

    @initialize(found=found_clusters(), synced=st.booleans())
    def somebody_was_here(self, found: Cluster, *, synced: bool) -> None:
        if synced:
            claim, key = Setting.GROUP_CLAIM, Setting.USERINFO_GROUP_KEY
            self.sync = GroupSync(found.text(claim), found.text(key), allow_privileged=True)
        elif is_on(found.settings, Setting.GROUP_SYNC):
            found = found.edited(Setting.GROUP_SYNC, "false")
        self.cluster = self.shadow = found

    def agreed(self, logins: Desired) -> Desired:
        """Let either groups or programs give the roles of all owners."""
        if self.sync is None:
            return replace(logins, group_sync=None)
        without = {user: replace(of, roles=frozenset()) for user, of in logins.logins.items()}
        return replace(logins, logins=without, group_sync=logins.group_sync and self.sync)

    # owners

    def bring(self, wish: OwnerRequest, logins: Desired) -> None:
        self.cluster = brought_to(self.cluster, wish)
        self.wishes[wish.owner] = logins
        self.unsettled.discard(wish.owner)

    @rule(owner=st.sampled_from(OWNERS), logins=wishes(agreed=True))
    def an_owner_gets_its_wish(self, owner: str, logins: Desired) -> None:
        logins = self.agreed(logins)
        self.bring(wanted(owner, logins), logins)

    @rule(owner=st.sampled_from(OWNERS), logins=wishes(agreed=True), data=st.data())
    def an_owner_crashes(self, owner: str, logins: Desired, data: st.DataObject) -> None:
        logins = self.agreed(logins)
        states = checked(self.cluster, wanted(owner, logins))
        self.cluster = data.draw(st.sampled_from(states))
        self.unsettled.add(owner)

    @rule(owner=st.sampled_from(OWNERS))
    def an_owner_leaves(self, owner: str) -> None:
        self.bring(wanted(owner), NOTHING)
        assert all(claim.owner != owner for claim in self.cluster.claims)

    @precondition(lambda self: self.wishes.keys() - self.unsettled)
    @rule(data=st.data(), crashes=st.booleans())
    def an_owner_is_renamed(self, data: st.DataObject, *, crashes: bool) -> None:
        old = data.draw(st.sampled_from(sorted(self.wishes.keys() - self.unsettled)))
        instances = {state.owner: known for known, state in self.cluster.states.items()}
        if old not in instances:
            return
        logins = self.wishes.pop(old)
        self.renamed += 1
        wish = wanted(f"renamed-{self.renamed}", logins, instances[old])
        present = [c.entry for c in self.cluster.claims if is_there(self.cluster, c.entry)]
        states = checked(self.cluster, wish)
        for state in states:
            assert all(is_there(state, entry) for entry in present)
        if crashes:
            self.cluster = data.draw(st.sampled_from(states))
        self.bring(wish, logins)
        assert all(claim.owner != old for claim in self.cluster.claims)

    # people

    def edit(self, setting: Setting, *, add: str = "", remove: str = "") -> None:
        """Edit the cluster by hand, and the shadow too, except for what is ours."""
        text = hand_edits.edited(setting, self.cluster.text(setting), add=add, remove=remove)
        shadow = hand_edits.edited(setting, self.shadow.text(setting), add=add)
        self.cluster = self.cluster.edited(setting, text)
        self.shadow = self.shadow.edited(setting, shadow)
        self.edited.add(setting)

    @rule(setting=st.sampled_from(SHARED))
    def somebody_adds_an_entry(self, setting: Setting) -> None:
        self.edits += 1
        by_hand = f"https://by-hand-{self.edits}"
        raw = {
            Setting.IDENTITY_MAP: f"{by_hand}  by hand # {self.edits}",
            Setting.JWKS: ed_key(by_hand),
        }
        self.edit(setting, add=raw.get(setting, f'"{by_hand}"'))

    @rule(entry=st.sampled_from(["a s-1 app_a", "b s-2 app_b"]))
    def somebody_adds_a_line_that_owners_may_want(self, entry: str) -> None:
        line = f"https://idp-{entry[0]}.example.com {entry[2:]}"
        is_claimed = any(claim.entry.name == line for claim in self.cluster.claims)
        if not is_claimed and line not in names(*self.shown(Setting.IDENTITY_MAP)):
            self.edit(Setting.IDENTITY_MAP, add=line)

    @precondition(lambda self: self.breakable())
    @rule(data=st.data())
    def somebody_breaks_an_entry_of_ours(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(self.breakable())).entry
        users = dict(self.cluster.users)
        if entry.kind.setting:
            self.edit(entry.kind.setting, remove=entry.name)
        elif entry.kind is Kind.USER:
            if users[entry.name].roles:  # and an owner may make it anew, without another's
                self.touched.add(entry.name)
            del users[entry.name]
        elif isinstance(entry.value, Membership):
            role, user = entry.value.role, entry.value.user
            users[user] = replace(users[user], roles=users[user].roles - {role})
            self.touched.add(user)
        else:
            setting = Setting(entry.name)
            doors = setting is Setting.HOST_RULES
            text = without_our_block(self.cluster) if doors else "false"
            broken = {setting: LiveSetting(setting.value, text)}
            self.switched.add(setting)
            self.cluster = replace(self.cluster, settings={**self.cluster.settings, **broken})
        self.cluster = replace(self.cluster, users=users)
        self.unsettled |= self.wishes.keys()

    def breakable(self) -> list[Claim]:
        there = (c for c in self.cluster.claims if c.entry.kind is not Kind.ACCEPTED)
        return [c for c in there if not c.found and is_there(self.cluster, c.entry)]

    def shown(self, setting: Setting) -> tuple[Setting, str]:
        return setting, self.cluster.text(setting)

    # what holds

    @precondition(lambda self: not self.unsettled)
    @invariant()
    def who_has_its_wish_has_nothing_to_do(self) -> None:
        for owner in self.wishes:
            assert not planned(self.cluster, wanted(owner, self.wishes[owner])), owner

    def teardown(self) -> None:
        for owner in sorted({claim.owner for claim in self.cluster.claims}):
            self.cluster = brought_to(self.cluster, wanted(owner))
        assert self.cluster.claims == ()
        users, found = (
            {name: user for name, user in cluster.users.items() if name not in self.touched}
            for cluster in (self.cluster, self.shadow)
        )
        assert users == found
        for setting in set(Setting) - self.switched:
            if setting in self.edited or setting is Setting.IDENTITY_MAP:
                shadow = raw_items(setting, self.shadow.text(setting))
                there = raw_items(*self.shown(setting))
                assert [item for item in there if item in shadow or not closes(*item)] == shadow
            elif setting is Setting.ENABLED and Setting.ISSUERS in self.edited:
                # logins stay on if issuers of others rely on them
                assert self.cluster.text(setting) in {self.shadow.text(setting), "true"}
            elif setting in self.cluster.settings:
                assert self.cluster.settings[setting] == self.shadow.settings[setting]


Owners.TestCase.settings = settings(max_examples=30, stateful_step_count=15)
TestOwners = Owners.TestCase
