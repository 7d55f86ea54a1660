"""What the rules look at: a cluster, read as it reads itself, and who has claimed what on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from crdb_sso.crdb import hba
from crdb_sso.crdb.setting_texts import agrees, entries
from crdb_sso.crdb.settings import Setting
from crdb_sso.errors import GuardRefused
from crdb_sso.registry.claims import KIND_IN, Claim, Entry, Kind, Owner
from crdb_sso.verdict.access.views import AccessView
from crdb_sso.verdict.access.ways_in import Obstacle, WayIn, ways_in
from crdb_sso.verdict.cluster import lists
from crdb_sso.verdict.cluster.mapping import Rule as NumberedLine
from crdb_sso.verdict.cluster.mapping import map_rules
from crdb_sso.verdict.cluster.versions import Rules, rules_of
from crdb_sso.verdict.jose.keys import Key, UnreadableKeysError, read_keys

SSO_ONLY = Entry(Kind.SETTING, Setting.HOST_RULES.value)
"""What a stack claims that closes all doors but those for tokens."""

_MAY_END = frozenset({Obstacle.OFF, Obstacle.NO_KEYS})
"""What keeps all tokens out for the time being, and says nothing about who would get in."""


@dataclass(frozen=True)
class Situation:
    """One cluster at one time.

    Attributes:
        view: What is seen of it.
        now: When.
        allowed: Users whose logins say that they may be privileged.
    """

    view: AccessView
    now: datetime
    allowed: frozenset[str] = frozenset()

    def text(self, setting: Setting) -> str:
        """Return the text of a setting; its default if the cluster does not have it."""
        return self.view.cluster.text(setting)

    def is_on(self, setting: Setting) -> bool:
        """Tell whether a boolean setting exists and is on."""
        return self.view.cluster.is_on(setting)

    @cached_property
    def rules(self) -> Rules:
        """How the version of the cluster judges."""
        return rules_of(self.view.cluster)

    @property
    def fetches(self) -> bool:
        """Whether the nodes ask issuers for their keys, so that pinned ones do not count."""
        return self.is_on(Setting.AUTO_FETCH)

    @property
    def claim(self) -> str:
        """The claim that names the principal, `sub` by default."""
        return self.text(Setting.CLAIM) or "sub"

    @cached_property
    def issuers(self) -> tuple[str, ...]:
        """The issuers that are trusted, each once; not the empty text of a setting nobody wrote."""
        text, reads_map = self.text(Setting.ISSUERS), self.rules.reads_issuer_map
        return tuple(filter(None, dict.fromkeys(lists.issuers(text, reads_map=reads_map))))

    @cached_property
    def audiences(self) -> tuple[str, ...]:
        """The audiences that are accepted, each once."""
        return tuple(filter(None, dict.fromkeys(lists.audiences(self.text(Setting.AUDIENCE)))))

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The pinned keys that a token can select; none if they do not count."""
        if self.fetches:
            return ()
        try:
            found = read_keys(self.text(Setting.JWKS))
        except UnreadableKeysError:
            return ()  # the cluster refuses such a text
        first: dict[str, Key] = {}
        for key in found:
            first.setdefault(key.kid, key)
        return tuple(key for kid, key in first.items() if kid and key.use in ("", "sig"))

    @cached_property
    def all_lines(self) -> tuple[NumberedLine, ...]:
        """All lines of the identity map."""
        return map_rules(self.text(Setting.IDENTITY_MAP))

    @cached_property
    def lines(self) -> tuple[NumberedLine, ...]:
        """The lines of issuers that are trusted; not those that close an issuer."""
        trusted = frozenset(self.issuers)
        return tuple(
            one for one in self.all_lines if one.line.issuer in trusted and not one.line.is_closing
        )

    @cached_property
    def unmapped(self) -> tuple[str, ...]:
        """The issuers that are trusted and have no line: their principals are user names."""
        mapped = {one.line.issuer for one in self.all_lines}
        return tuple(issuer for issuer in self.issuers if issuer not in mapped)

    @cached_property
    def ways(self) -> tuple[WayIn, ...]:
        """The ways in that are open, or would be if the cluster took tokens at all."""
        return tuple(way for way in ways_in(self.view) if _MAY_END.issuperset(way.obstacles))

    # who has said what

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims of all stacks, none if they can't be read."""
        return self.view.registry.claims if self.view.registry else ()

    @cached_property
    def claims_on(self) -> Mapping[Entry, tuple[Claim, ...]]:
        """The claims on each entry."""
        found: dict[Entry, tuple[Claim, ...]] = {}
        for claim in self.claims:
            found[claim.entry] = (*found.get(claim.entry, ()), claim)
        return found

    @property
    def owners(self) -> Mapping[str, Owner]:
        """The owners by their uuid, none if the claims can't be read."""
        return self.view.registry.owners if self.view.registry else {}

    def bears_out(self, claim: Claim) -> bool:
        """Tell whether the cluster shows what a claim on an entry of a setting says."""
        setting = claim.entry.kind.setting
        raw = self._raw_entries[setting].get(claim.entry.name) if setting else None
        return setting is not None and raw is not None and agrees(setting, raw, claim.text)

    @cached_property
    def _raw_entries(self) -> Mapping[Setting, Mapping[str, str]]:
        return {setting: self._raw_entries_of(setting) for setting in KIND_IN}

    def _raw_entries_of(self, setting: Setting) -> Mapping[str, str]:
        try:
            return entries(setting, self.text(setting))
        except GuardRefused:  # stacks write nothing there until somebody has mended it
            return {}

    def owners_of(self, *entries: Entry) -> tuple[str, ...]:
        """Return the stacks that have claimed any of some entries."""
        claims = (claim for entry in entries for claim in self.claims_on.get(entry, ()))
        return tuple(sorted({claim.owner for claim in claims}))

    @property
    def wants_sso_only(self) -> bool:
        """Whether somebody wants tokens to be the only way in."""
        return SSO_ONLY in self.claims_on or hba.BEGIN in self.text(Setting.HOST_RULES)
