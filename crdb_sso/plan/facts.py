"""What a plan is made from: a cluster's state, one owner's request, and who owns each entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.letter_case import LoginsByLine
from crdb_sso.crdb.setting_texts import agrees, entries, text_before
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.desired import fetched_keys, forced_sso
from crdb_sso.desired.logins import shut_out
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
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


def live_logins(there: LiveEntries, *, folds: bool) -> LoginsByLine:
    """Return who logs in as whom, by the lines of the identity map.

    Args:
        there: The entries of a cluster.
        folds: Whether it ignores case.
    """
    return LoginsByLine.of(map(MapLine.read, there[Setting.IDENTITY_MAP]), folds=folds)


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
        """All claims of all owners, and what of ours an older version has let in."""
        flawed = self.live.registry.flawed if self.live.registry else ()
        ours = (c for c in flawed if c.holder in self.wanted.holders)
        return (*self.live.claims, *(c for c in ours if c.entry in self.wanted.remembered))

    @cached_property
    def mine(self) -> Mapping[Entry, Claim]:
        """The owner's claims."""
        return owned(self.claims, self.wanted.holders)

    @cached_property
    def others(self) -> Mapping[Entry, Claim]:
        """One claim for each entry that somebody else claims; it keeps the entry, and no more."""
        return of_others(self.claims, self.wanted.holders)

    @cached_property
    def met(self) -> tuple[Claim, ...]:
        """The claims of others that the cluster bears out.

        A claim says what somebody wrote into a table: only what is live too can stand against us.
        """
        return tuple(
            claim
            for claim in self.claims
            if claim.holder not in self.wanted.holders and self.bears_out(claim)
        )

    @cached_property
    def shut_out(self) -> Mapping[str, str]:
        """The users that another owner has shut out, each with that owner."""
        return shut_out(self.met)

    @property
    def found_texts(self) -> Mapping[str, str | None]:
        """What settings and users were before their first claim."""
        return self.live.registry.found_texts if self.live.registry else {}

    # what changes

    @property
    def is_settled(self) -> bool:
        """Whether the owner's last change was completed, not counting one that this continues."""
        if self.wanted.continues:
            return True
        owners = self.live.owners.items()
        mine = [owner for instance, owner in owners if instance in self.wanted.holders]
        return all(owner.is_complete for owner in mine)

    @property
    def left_over(self) -> tuple[Entry, ...]:
        """What goes though no state knows of it: a change whose engine was killed has left it."""
        return tuple(sorted(entry for entry in self.removable if entry not in self.remembered))

    @property
    def has_unfinished(self) -> bool:
        """Whether there is something to do even if no input has changed."""
        return not self.is_settled or bool(self.left_over)

    @cached_property
    def remembered(self) -> Mapping[Entry, str]:
        """What the state says was written, and may be relied on.

        If the last change of this owner was not completed, what is not there was never written, or
        was removed by that change: nobody took it away.
        """
        if self.is_settled:
            return self.wanted.remembered
        return {e: t for e, t in self.wanted.remembered.items() if self.is_as_written(e, t)}

    @cached_property
    def added(self) -> Mapping[Entry, str]:
        """What is wanted and was not, or with another text: what this change is about."""
        return {
            entry: text
            for entry, text in self.wanted.entries.items()
            if (entry not in self.wanted.until or entry.name in self.wanted.kids_put_back)
            and (entry not in self.remembered or not self._is_same(entry, text))
        }

    def _is_same(self, entry: Entry, text: str) -> bool:
        before = self.remembered[entry]
        if before == text or not entry.kind.setting:
            return before == text
        return entry.kind is Kind.KEY and agrees(entry.kind.setting, before, text)

    @cached_property
    def taken_away(self) -> Mapping[Entry, str]:
        """What is remembered and wanted as it was, but somebody removed or changed by hand."""
        return {
            entry: text
            for entry, text in self.wanted.entries.items()
            if entry in self.remembered
            and entry not in self.added
            and entry not in self.wanted.until
            and not self.is_as_written(entry, text)
            and not self.is_respelled(entry)
        }

    # what is there

    @cached_property
    def live_entries(self) -> LiveEntries:
        """The entries in the shared settings."""
        return live_entries(self.live.settings)

    @cached_property
    def live_lines(self) -> tuple[MapLine, ...]:
        """The lines of the identity map."""
        return tuple(MapLine.read(name) for name in self.live_entries[Setting.IDENTITY_MAP])

    @cached_property
    def live_logins(self) -> LoginsByLine:
        """Who logs in as whom, by these lines."""
        return live_logins(self.live_entries, folds=self.live.version.folds_case)

    def is_respelled(self, entry: Entry) -> bool:
        """Tell whether a live line says the same as a line of ours, perhaps in a different case.

        It is another entry: it goes neither in place of ours nor with it.
        """
        return isinstance(entry.value, MapLine) and entry.value in self.live_logins

    def is_live(self, entry: Entry, text: str) -> bool:
        """Tell whether an entry is on the cluster, and means the same as `text`."""
        if entry.kind.setting:
            raw = self.live_entries.get(entry.kind.setting, {}).get(entry.name)
            return raw is not None and agrees(entry.kind.setting, raw, text)
        if entry.kind.is_said_only:
            return True
        if entry.kind is Kind.USER:
            return entry.name in self.live.users
        if isinstance(entry.value, Membership):
            return self.live.has(entry.value)
        setting = self.live.settings.get(Setting(entry.name))
        return setting is not None and setting.text == text

    def is_there(self, entry: Entry) -> bool:
        """Tell whether a shared setting has an entry of this name, whatever it means."""
        setting = entry.kind.setting
        return setting is not None and entry.name in self.live_entries.get(setting, {})

    def is_as_written(self, entry: Entry, text: str) -> bool:
        """Tell whether an entry is on the cluster as an owner wrote it."""
        if entry == forced_sso.ENTRY:
            setting = self.live.settings.get(Setting.HOST_RULES)
            return setting is not None and forced_sso.has_block(setting, text)
        if not self.is_live(entry, text):
            return False
        return entry.kind is not Kind.USER or self.live.users[entry.name].state == text

    def is_left_as_written(self, entry: Entry) -> bool:
        """Tell whether an entry of ours is as we left it; a killed change leaves anything."""
        return not self.is_settled or self.is_as_written(entry, self.mine[entry].text)

    def bears_out(self, claim: Claim) -> bool:
        """Tell whether the cluster shows what a claim says."""
        if claim.entry.kind is Kind.USER and claim.entry.name not in self.live.users:
            return claim.text == LoginState.LOGIN  # it was not asked about
        if claim.entry.setting and claim.entry.setting not in self.live.settings:
            return False
        if isinstance(claim.entry.value, Membership):
            return claim.entry.value.user not in self.live.users or self.live.has(claim.entry.value)
        return self.is_as_written(claim.entry, claim.text)

    def is_found(self, entry: Entry, text: str) -> bool:
        """Tell whether an entry was there before anybody claimed it."""
        if entry.kind.is_said_only or (self.wanted.take_over and entry in self.wanted.entries):
            return False
        before = self.mine.get(entry) or self.others.get(entry)
        return before.found if before else self.is_live(entry, text)

    # what happens to it

    @property
    def may_map(self) -> bool:
        """Whether a list of issuers may become a map with their JWKS URIs on this cluster."""
        is_fetched = fetched_keys.is_fetched(self.wanted.entries)
        return is_fetched and self.live.settings[Setting.ISSUERS].name == Setting.ISSUERS.value

    @cached_property
    def released(self) -> Mapping[Entry, Claim]:
        """The claims on what the owner no longer wants; a creation releases none."""
        if self.wanted.is_new:
            return {}
        return {e: claim for e, claim in self.mine.items() if e not in self.wanted.entries}

    @cached_property
    def removable(self) -> Mapping[Entry, Claim]:
        """The claims on what is removed from the cluster, because nobody needs it."""
        return {
            e: c
            for e, c in self.released.items()
            if e not in self.others and not c.found and self.is_ours_to_end(e)
        }

    def is_ours_to_end(self, entry: Entry) -> bool:
        """Tell whether we may take away or change an entry that we have claimed.

        A claim alone, which no state remembers, is a row that anybody may have written.
        """
        if entry in self.remembered:
            return True
        user = entry.value.user if isinstance(entry.value, Membership) else entry.name
        if entry.kind is Kind.MEMBERSHIP or entry.kind is Kind.USER:
            return user in self.live.users and not self.live.users[user].is_powerful(user)
        return True

    @cached_property
    def unclaimed(self) -> Mapping[Entry, str]:
        """What is remembered and no longer wanted, and lost its claim: it counts as found."""
        return {
            entry: text
            for entry, text in self.remembered.items()
            if entry not in self.wanted.entries
            and entry not in self.mine
            and not entry.kind.is_said_only
        }

    @cached_property
    def forgotten_keys(self) -> tuple[str, ...]:
        """The keys of the found texts that nobody needs after the last claim is gone."""
        needed = {found_key(e.kind, e.name) for e in (*self.others, *self.wanted.entries)}
        gone = {found_key(e.kind, e.name) for e in self.released if e.kind.has_found_text}
        return tuple(sorted((gone - needed) & self.found_texts.keys()))

    def setting_to_restore(self, setting: Setting) -> FoundSetting | None:
        """Return how a setting was found if its last claim goes, else None."""
        if setting.value not in self.forgotten_keys:
            return None
        found = self.found_texts[setting.value]
        return FoundSetting(text_before(setting, found), is_default=found is None)
