"""What a plan is made from: a cluster's state, one owner's request, and who owns each entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.setting_texts import agrees, entries, text_before
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.crdb.sql_users import Membership
from crdb_sso.desired import fetched_keys
from crdb_sso.desired.logins import shut_out
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.key_retirement import split_expired
from crdb_sso.plan.steps import FoundSetting
from crdb_sso.registry.claims import KIND_IN, Claim, Entry, Kind, found_key, of_others, owned

LiveEntries = Mapping[Setting, Mapping[str, str]]
"""Raw slice by name of the entries in each shared setting."""


def live_entries(live: Mapping[Setting, LiveSetting]) -> dict[Setting, dict[str, str]]:
    """Return the entries of each shared setting that a cluster has.

    Raises:
        GuardRefused: A text can't be read.
    """
    return {s: entries(s, live[s].text, live[s].name) for s in KIND_IN if s in live}


@dataclass(frozen=True)
class PlanFacts:
    """What is live, claimed and wanted.

    Attributes:
        live: What the cluster says.
        wanted: What the owner wants.
    """

    live: ClusterState
    wanted: OwnerRequest

    # who owns it

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """All claims of all owners."""
        return self.live.claims

    @cached_property
    def standing(self) -> tuple[Claim, ...]:
        """The claims that have not expired."""
        return tuple(split_expired(self.claims, self.live.now)[0])

    @cached_property
    def mine(self) -> Mapping[Entry, Claim]:
        """The owner's claims."""
        return owned(self.claims, self.wanted.owners)

    @cached_property
    def others(self) -> Mapping[Entry, Claim]:
        """One standing claim for each entry that somebody else claims."""
        return of_others(self.standing, self.wanted.owners)

    @cached_property
    def expired(self) -> Mapping[Entry, Claim]:
        """One expired claim for each entry that somebody else claimed."""
        return of_others(split_expired(self.claims, self.live.now)[1], self.wanted.owners)

    @cached_property
    def shut_out(self) -> Mapping[str, str]:
        """The users that another owner has shut out, each with that owner."""
        return shut_out(self.claims, self.wanted.owners)

    @property
    def renames(self) -> Mapping[str, str]:
        """New name by former name of owners."""
        return self.live.registry.renames if self.live.registry else {}

    @property
    def found_texts(self) -> Mapping[str, str | None]:
        """What settings and users were before their first claim."""
        return self.live.registry.found_texts if self.live.registry else {}

    # what is there

    @cached_property
    def live_entries(self) -> LiveEntries:
        """The entries in the shared settings."""
        return live_entries(self.live.settings)

    @cached_property
    def live_lines(self) -> tuple[MapLine, ...]:
        """The lines of the identity map."""
        return tuple(MapLine.read(name) for name in self.live_entries[Setting.IDENTITY_MAP])

    def is_live(self, entry: Entry, text: str) -> bool:
        """Tell whether an entry is on the cluster, and means the same as `text`."""
        if entry.kind.setting:
            raw = self.live_entries[entry.kind.setting].get(entry.name)
            return raw is not None and agrees(entry.kind.setting, raw, text)
        if entry.kind is Kind.USER:
            return entry.name in self.live.users
        if isinstance(entry.value, Membership):
            return self.live.has(entry.value)
        return self.live.settings[Setting(entry.name)].text == text

    def is_found(self, entry: Entry, text: str) -> bool:
        """Tell whether an entry was there before anybody claimed it."""
        if self.wanted.take_over and entry in self.wanted.entries:
            return False
        before = self.mine.get(entry) or self.others.get(entry) or self.expired.get(entry)
        return before.found if before else self.is_live(entry, text)

    # what happens to it

    @property
    def may_map(self) -> bool:
        """Whether a list of issuers may become a map with their JWKS URIs on this cluster."""
        is_fetched = fetched_keys.is_fetched(self.wanted.entries)
        return is_fetched and self.live.settings[Setting.ISSUERS].name == Setting.ISSUERS.value

    @cached_property
    def released(self) -> Mapping[Entry, Claim]:
        """The claims on what the owner no longer wants, and all expired ones."""
        claims = {**self.expired, **self.mine}
        return {e: claim for e, claim in claims.items() if e not in self.wanted.entries}

    @cached_property
    def removable(self) -> Mapping[Entry, Claim]:
        """The claims on what is removed from the cluster, because nobody needs it."""
        return {e: c for e, c in self.released.items() if e not in self.others and not c.found}

    @cached_property
    def forgotten_keys(self) -> tuple[str, ...]:
        """The keys of the found texts that nobody needs after the last claim is gone."""
        needed = {found_key(e.kind, e.name) for e in (*self.others, *self.wanted.entries)}
        gone = {found_key(e.kind, e.name) for e in self.released if e.kind is not Kind.MEMBERSHIP}
        return tuple(sorted((gone - needed) & self.found_texts.keys()))

    def setting_to_restore(self, setting: Setting) -> FoundSetting | None:
        """Return how a setting was found if its last claim goes, else None."""
        if setting.value not in self.forgotten_keys:
            return None
        found = self.found_texts[setting.value]
        return FoundSetting(text_before(setting, found), is_default=found is None)
