"""Plans as data: the steps that lead from what is live to what is wanted.

A step says what it does to whatever it finds on the cluster; it does not depend on when it runs.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from crdb_sso.crdb.formats.string_lists import as_issuer_map
from crdb_sso.crdb.setting_texts import may_restore, spliced
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.registry.claims import Claim, Entry, Kind


@dataclass(frozen=True, slots=True)
class Announce:
    """One transaction: who begins, claims with what was found, then users and memberships.

    Attributes:
        owner: The name of who begins; "" if there is nothing to do at all.
        instance: The uuid that identifies it.
        claims: The new ones, and those whose text changes.
        replaced: The claims that are replaced by some of them.
        found_texts: What settings and users are now, if this is the first claim on them.
        create_users: Login state by name.
        alter_users: New login state by name.
        grants: New memberships.
        wanted_again: Claims on retired keys that are published again.
    """

    owner: str = ""
    instance: str = ""
    claims: tuple[Claim, ...] = ()
    replaced: tuple[Claim, ...] = ()
    found_texts: Mapping[str, str | None] = field(default_factory=dict)
    create_users: Mapping[str, LoginState] = field(default_factory=dict)
    alter_users: Mapping[str, LoginState] = field(default_factory=dict)
    grants: tuple[Membership, ...] = ()
    wanted_again: tuple[Claim, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.owner)

    @property
    def has_changes(self) -> bool:
        """Whether it does more than say who begins."""
        return bool(
            self.claims or self.create_users or self.alter_users or self.grants or self.wanted_again
        )

    def undone(self, setting: Setting) -> "tuple[Retire, Announce]":
        """Return what releases the claims on a setting that the cluster refused to take.

        Returns:
            The claims to release, and those that come back as they were.
        """
        refused = {claim.entry for claim in self.claims if claim.entry.setting is setting}
        before = tuple(claim for claim in self.replaced if claim.entry in refused)
        known = {claim.entry for claim in before}
        gone = tuple(c for c in self.claims if c.entry in refused - known)
        return Retire(claims=gone), Announce(self.owner, self.instance, claims=before)


@dataclass(frozen=True, slots=True)
class FoundSetting:
    """How a setting stood before its first claim."""

    text: str
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """Brings one setting to its next value, which is computed from the value it finds.

    Attributes:
        setting: Which one.
        put: Text by entry that has to be there; the value of a scalar setting has the name "".
        drop: Entries that have to be removed; a scalar has none.
        found: What the setting goes back to; None unless this plan releases its last claim.
        uris: JWKS URIs with which a list of issuers becomes a map, if they are those of all.
    """

    setting: Setting
    put: tuple[tuple[str, str], ...] = ()
    drop: tuple[str, ...] = ()
    found: FoundSetting | None = None
    uris: Mapping[str, str] = field(default_factory=dict)

    def next_value(self, live: LiveSetting) -> LiveSetting:
        """Return the setting after this step.

        Raises:
            GuardRefused: The live text can't be merged safely.
        """
        put = dict(self.put)
        text = spliced(self.setting, live.text, put, self.drop)
        if self.uris:
            text = as_issuer_map(text, self.uris)
        if self.found and may_restore(self.setting, text, self.found.text):
            return LiveSetting(live.name, self.found.text, self.found.is_default)
        return LiveSetting(live.name, text, live.is_default and text == live.text)


@dataclass(frozen=True, slots=True)
class Retire:
    """One transaction: removes memberships and users, then the claims on everything that is gone.

    Attributes:
        revokes: Memberships to revoke.
        alter_users: New login state by name.
        drop_users: Names.
        kept_users: Users that are no longer as they were left, with what is new about each.
        claims: Claims to release.
        found_keys: Keys of the found texts that nobody needs any more.
        owners: The uuids of killed creations, whose claims this owner has now.
    """

    revokes: tuple[Membership, ...] = ()
    alter_users: Mapping[str, LoginState] = field(default_factory=dict)
    drop_users: tuple[str, ...] = ()
    kept_users: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    found_keys: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.claims or self.owners)

    def without_users(self, users: Collection[str]) -> "Retire":
        """Return this step without some users: they stay, and so do the claims on them."""
        return replace(
            self,
            drop_users=tuple(u for u in self.drop_users if u not in users),
            claims=tuple(c for c in self.claims if _user_of(c.entry) not in users),
            owners=(),  # claims of theirs stay
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in a safe order; an empty plan means that the cluster is as wanted.

    Attributes:
        announce: What comes first.
        writes: The settings, in order.
        retire: What comes last.
        retiring: When each retired key of this owner is removed, by kid; not a step by itself.
        off: Switches that are turned off before `announce`, as they would revoke what it grants.
        closed: Issuers that get a line which matches nobody, as they would have none.
        is_leaving: Whether the owner is gone from the claim tables once all of it is done.
    """

    announce: Announce
    writes: tuple[Write, ...]
    retire: Retire
    retiring: Mapping[str, datetime] = field(default_factory=dict)
    off: tuple[Write, ...] = ()
    closed: tuple[str, ...] = ()
    is_leaving: bool = False

    def __bool__(self) -> bool:
        """Tell whether there is anything to do; if so, it begins with an announcement."""
        return bool(self.announce)

    @property
    def first_part(self) -> "Plan":
        """What is done before logins are tried: nobody is dropped, and no claim released."""
        return replace(self, retire=Retire())

    @property
    def beginning(self) -> Announce:
        """What says who begins, before a switch is turned off; empty if none is."""
        return Announce(self.announce.owner, self.announce.instance) if self.off else Announce()

    @property
    def all_writes(self) -> tuple[Write, ...]:
        """Every setting that is written, in order."""
        return (*self.off, *self.writes)


def _user_of(entry: Entry) -> str:
    """Return the user that an entry concerns, "" if there is none."""
    if isinstance(entry.value, Membership):
        return entry.value.user
    return entry.name if entry.kind is Kind.USER else ""
