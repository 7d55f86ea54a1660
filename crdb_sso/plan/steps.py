"""Plans as data: the steps that lead from what is live to what is wanted.

A step says what it does to a cluster as it stands then; nothing in it depends on when it runs.
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
    """One transaction: claims with what was found, then new users, their state and memberships.

    Attributes:
        claims: The new ones, and those whose text changes.
        found_texts: How settings and users stood that get their first claim now.
        create_users: Login state by name.
        alter_users: New login state by name.
        grants: New memberships.
        renames: New name of the owner by its former name.
        past_renames: Former names that belong to somebody else from now on.
        wanted_again: Claims on retired keys that are published again.
    """

    claims: tuple[Claim, ...] = ()
    found_texts: Mapping[str, str | None] = field(default_factory=dict)
    create_users: Mapping[str, LoginState] = field(default_factory=dict)
    alter_users: Mapping[str, LoginState] = field(default_factory=dict)
    grants: tuple[Membership, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    past_renames: tuple[str, ...] = ()
    wanted_again: tuple[Claim, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(
            self.claims or self.create_users or self.alter_users or self.grants or self.past_renames
        )


@dataclass(frozen=True, slots=True)
class FoundSetting:
    """How a setting stood before its first claim."""

    text: str
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """Brings one setting to its next value, computed anew from the value that is live then.

    Attributes:
        setting: Which one.
        put: Text by entry that has to be there; the value of a scalar setting stands under "".
        drop: Entries that have to go; of a scalar there are none.
        found: What the setting goes back to; None unless its last claim goes with this plan.
        as_map: Whether a list of issuers becomes a map, if the URI of each is put.
    """

    setting: Setting
    put: tuple[tuple[str, str], ...] = ()
    drop: tuple[str, ...] = ()
    found: FoundSetting | None = None
    as_map: bool = False

    def next_value(self, live: LiveSetting) -> LiveSetting:
        """Return the setting as this step wants it.

        Raises:
            GuardRefused: The live text can't be merged safely.
        """
        put = dict(self.put)
        text = spliced(self.setting, live.text, put, self.drop)
        if self.as_map:
            text = as_issuer_map(text, put)
        if self.found and may_restore(self.setting, text, self.found.text):
            return LiveSetting(live.name, self.found.text, self.found.is_default)
        return LiveSetting(live.name, text, live.is_default and text == live.text)


@dataclass(frozen=True, slots=True)
class Retire:
    """One transaction: memberships and users that go, then the claims on all that went.

    Attributes:
        revokes: Memberships that go.
        alter_users: New login state by name.
        drop_users: Names.
        claims: Those that are given up.
        found_keys: Keys of the found texts that nobody needs any more.
        renames: Former names that no state remembers any more.
    """

    revokes: tuple[Membership, ...] = ()
    alter_users: Mapping[str, LoginState] = field(default_factory=dict)
    drop_users: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    found_keys: tuple[str, ...] = ()
    renames: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.claims or self.renames)

    def without_users(self, users: Collection[str]) -> "Retire":
        """Return this step for all but some users: they stay, and so do the claims on them."""
        return replace(
            self,
            drop_users=tuple(u for u in self.drop_users if u not in users),
            claims=tuple(c for c in self.claims if _user_of(c.entry) not in users),
            renames=(),  # not finished while claims under a former name stay
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order in which they are safe; an empty plan means the cluster is as wanted.

    Attributes:
        announce: What comes first.
        writes: The settings, in order.
        retire: What comes last.
        retiring: When each retired key of this owner goes, by kid; nothing to do by itself.
        off: Switches that go off before `announce`, as they would revoke what it grants.
    """

    announce: Announce
    writes: tuple[Write, ...]
    retire: Retire
    retiring: Mapping[str, datetime] = field(default_factory=dict)
    off: tuple[Write, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.announce or self.all_writes or self.retire)

    @property
    def all_writes(self) -> tuple[Write, ...]:
        """Every setting that is written, in order."""
        return (*self.off, *self.writes)


def _user_of(entry: Entry) -> str:
    """Return the user that an entry is about, "" if it is about none."""
    if isinstance(entry.value, Membership):
        return entry.value.user
    return entry.name if entry.kind is Kind.USER else ""
