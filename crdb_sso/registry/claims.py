"""Who owns an entry: what stacks have claimed in a cluster's shared settings.

The rules, in words:

* An entry that nobody claims is foreign: used, never changed, never removed.
* `found` is decided when the first claim on an entry is made (was it there before?) and carried
  over to every later claim. A found entry outlives its claims.
* Any other entry is removed with its last claim.
* Claims of others only keep an entry; they never add or change one.
* A claim on a retired key has an end (see `crdb_sso.plan.key_retirement`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from typing_extensions import Self

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.settings import SPECS, Setting
from crdb_sso.crdb.sql_users import Membership
from crdb_sso.registry.stale_reads import Written

SCHEMA_VERSION = 3
"""The version of the claim tables: older ones on a cluster are upgraded, newer ones left alone."""


Value = str | MapLine | Membership
"""What the name of an entry says; most kinds have plain names."""


class Kind(str, Enum):
    """What an entry is, which shared setting holds such entries, and how their names are read.

    The names are stored on the cluster: never change them.
    """

    _value_: str
    setting: Setting | None
    read: Callable[[str], Value]

    ISSUER = "issuer", Setting.ISSUERS
    AUDIENCE = "audience", Setting.AUDIENCE
    KEY = "key", Setting.JWKS
    LINE = "map line", Setting.IDENTITY_MAP, MapLine.read
    USER = "user"
    MEMBERSHIP = "membership", None, Membership.read
    SETTING = "setting"
    CA = "certificate", Setting.CUSTOM_CA
    ACCEPTED = "accepted finding"

    def __new__(
        cls, value: str, setting: Setting | None = None, read: Callable[[str], Value] = str
    ) -> Self:
        """Make a member whose value is the name alone."""
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.setting = setting
        kind.read = read
        return kind

    @property
    def is_said_only(self) -> bool:
        """Whether such an entry is in the claim tables alone, each owner's for itself."""
        return self is Kind.ACCEPTED

    @property
    def has_found_text(self) -> bool:
        """Whether the claim tables keep what there was before the first claim."""
        return self is not Kind.MEMBERSHIP and not self.is_said_only


KIND_IN = {s.setting: kind for s in SPECS for kind in Kind if kind.setting is s.setting}
"""The kind of the entries in each shared setting, in the order of the rows of the settings."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One thing on a cluster that can be claimed.

    Attributes:
        kind: What it is.
        name: Issuer, audience, kid, map line, user, `role user`, setting name, fingerprint, or id
            of a finding.
        value: What the name says.

    Raises:
        InvalidInput: The name is not a map line or a membership, though the kind says so.
    """

    kind: Kind
    name: str
    value: Value = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", self.kind.read(self.name))

    @classmethod
    def of(cls, value: MapLine | Membership) -> "Entry":
        """Return the entry of a map line or a membership."""
        return cls(Kind.LINE if isinstance(value, MapLine) else Kind.MEMBERSHIP, value.text)

    @property
    def setting(self) -> Setting | None:
        """The setting that holds it, or whose value it is; None for what no setting holds."""
        return Setting(self.name) if self.kind is Kind.SETTING else self.kind.setting


def lines_among(entries: Iterable[Entry]) -> Iterator[MapLine]:
    """Yield the identity map lines among entries."""
    return (entry.value for entry in entries if isinstance(entry.value, MapLine))


def memberships_among(entries: Iterable[Entry]) -> Iterator[Membership]:
    """Yield the memberships among entries."""
    return (entry.value for entry in entries if isinstance(entry.value, Membership))


@dataclass(frozen=True, slots=True)
class Claim:
    """One owner's statement that it needs an entry.

    Attributes:
        entry: What is claimed.
        owner: organization/project/stack/component, for people; an owner may change its name.
        text: What the owner wants written (the JWK, the line, LOGIN or NOLOGIN, a value), or why
            it accepts a finding.
        found: Whether the entry was there before anybody claimed it.
        since: When the owner first claimed it, None until that is stored.
        until: When a key that is no longer published is removed; None while it is wanted.
        instance: The uuid of its owner; "" in a row older than version 3 of the claim tables.
    """

    entry: Entry
    owner: str = field(compare=False)
    text: str
    found: bool
    since: datetime | None = field(default=None, compare=False)
    until: datetime | None = None
    instance: str = ""

    @property
    def holder(self) -> str:
        """Who it belongs to: the uuid of its owner, or the name in an older row."""
        return self.instance or self.owner


@dataclass(frozen=True, slots=True)
class Owner:
    """One resource of one stack, which claims entries.

    Attributes:
        instance: Its uuid: what identifies it.
        name: Its name, for people.
        begun: When its last change began.
        completed: When its last completed change ended; None before its first one was completed.
    """

    instance: str
    name: str
    begun: datetime
    completed: datetime | None = None

    @property
    def is_complete(self) -> bool:
        """Whether its last change was completed."""
        return self.completed is not None and self.completed >= self.begun


@dataclass(frozen=True, slots=True)
class Registry:
    """What the claim tables of a cluster hold.

    Attributes:
        cluster_id: The uuid that names this cluster.
        claims: All live claims of all owners.
        found_texts: What a setting, or `user NAME`, was before its first claim; None for a setting
            that was at its default.
        owners: Owners by their uuid.
        written: What was last written, by name of the setting.
        flawed: Claims that say what this program would not write; only an owner whose state
            remembers such an entry may rely on its own.
        unreadable: What is in the tables though no version of this program writes it, in lines for
            people; it is left alone.
    """

    cluster_id: str
    claims: tuple[Claim, ...] = ()
    found_texts: Mapping[str, str | None] = field(default_factory=dict)
    owners: Mapping[str, Owner] = field(default_factory=dict)
    written: Mapping[str, Written] = field(default_factory=dict)
    flawed: tuple[Claim, ...] = ()
    unreadable: tuple[str, ...] = ()

    def holders_named(self, name: str) -> frozenset[str]:
        """Return who has claims under a name: uuids, and the name itself for older rows."""
        named = {instance for instance, owner in self.owners.items() if owner.name == name}
        return frozenset({*named, name})


def owned(claims: Iterable[Claim], holders: Collection[str]) -> dict[Entry, Claim]:
    """Return the claims of some holders by entry; a row with a uuid wins over an older one."""
    mine = [claim for claim in claims if claim.holder in holders]
    return {claim.entry: claim for claim in sorted(mine, key=lambda claim: bool(claim.instance))}


def of_others(claims: Iterable[Claim], holders: Collection[str]) -> dict[Entry, Claim]:
    """Return one claim for each entry that anybody other than some holders claims."""
    return {claim.entry: claim for claim in claims if claim.holder not in holders}


def found_key(kind: Kind, name: str = "") -> str:
    """Return the key under which the found text of a setting or a user is stored.

    The keys are stored on the cluster: never change them.
    """
    if kind.setting:
        return kind.setting.value
    return f"{kind.value} {name}" if kind is Kind.USER else name
