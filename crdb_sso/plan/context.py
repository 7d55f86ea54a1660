"""All that the parts of a plan look at."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from crdb_sso.crdb.setting_texts import agrees, entries
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.desired import fetched_keys
from crdb_sso.desired.logins import membership_parts, shut_out
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.registry.claims import KIND_IN, Claim, Entry, Kind


def shared_entries(live: Mapping[Setting, LiveSetting]) -> dict[Setting, dict[str, str]]:
    """Return raw entries by name of the shared settings that a cluster has."""
    return {s: entries(s, live[s].text, live[s].name) for s in KIND_IN if s in live}


@dataclass(frozen=True, slots=True)
class PlanContext:
    """What is live, claimed and wanted.

    Attributes:
        live: What a cluster says.
        wanted: What one owner wants.
        claims: All claims of all owners.
        mine: The owner's.
        others: One claim by entry of everybody else, but for those whose time is over.
        over: Those.
        docs: Raw entries by name of the settings that are shared.
    """

    live: ClusterState
    wanted: OwnerRequest
    claims: Collection[Claim]
    mine: dict[Entry, Claim]
    others: Mapping[Entry, Claim]
    expired: dict[Entry, Claim]
    docs: Mapping[Setting, Mapping[str, str]]

    @property
    def renames(self) -> Mapping[str, str]:
        """New name by former name of owners."""
        return self.live.registry.renames if self.live.registry else {}

    @property
    def may_map(self) -> bool:
        """Whether issuers shall stand with their JWKS URIs, if this cluster can have that."""
        is_fetched = fetched_keys.is_fetched(self.wanted.entries)
        return is_fetched and self.live.settings[Setting.ISSUERS].name == Setting.ISSUERS.value

    @property
    def shut_out(self) -> Collection[str]:
        """Return the users that another owner shuts out."""
        return shut_out(self.claims, self.wanted.owners)

    @property
    def found_texts(self) -> Mapping[str, str | None]:
        """How settings and users stood before their first claim."""
        return self.live.registry.found_texts if self.live.registry else {}

    def is_live(self, entry: Entry, text: str) -> bool:
        """Tell whether an entry is on the cluster, meaning what `text` means."""
        if entry.kind.setting:
            raw = self.docs[entry.kind.setting].get(entry.name)
            return raw is not None and agrees(entry.kind.setting, raw, text)
        if entry.kind is Kind.USER:
            return entry.name in self.live.users
        if entry.kind is Kind.MEMBERSHIP:
            role, user = membership_parts(entry)
            return user in self.live.users and role in self.live.users[user].roles
        return self.live.settings[Setting(entry.name)].text == text

    def is_found(self, entry: Entry, text: str) -> bool:
        """Tell whether an entry was there before anybody claimed it."""
        if self.wanted.take_over and entry in self.wanted.entries:
            return False
        before = self.mine.get(entry) or self.others.get(entry) or self.expired.get(entry)
        return before.found if before else self.is_live(entry, text)

    def released(self) -> dict[Entry, Claim]:
        """Return the claims on what we no longer want, or whose time is over."""
        return {e: c for e, c in (self.expired | self.mine).items() if e not in self.wanted.entries}

    def removable(self) -> dict[Entry, Claim]:
        """Return the claims on what has to leave the cluster, because nobody needs it."""
        return {e: c for e, c in self.released().items() if e not in self.others and not c.found}
