"""Who owns an entry: what stacks have claimed in a cluster's shared settings.

The rules, in words:

* An entry that nobody claims is foreign: used, never changed, never removed.
* `found` is decided when the first claim on an entry is made (was it there before?) and carried
  over to every later claim. A found entry outlives its claims.
* Any other entry is removed with its last claim.
* A setting's next value is what is foreign plus every live claim of any owner.
* A claim on a retired key has an end (see `crdb_sso.plan.key_retirement`).
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from typing_extensions import Self

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.settings import SPECS, Setting
from crdb_sso.crdb.sql_users import Membership
from crdb_sso.errors import GuardRefused, InvalidInput, UnsupportedVersion
from crdb_sso.printing import shown

SCHEMA_VERSION = 2
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

    def __new__(
        cls, value: str, setting: Setting | None = None, read: Callable[[str], Value] = str
    ) -> Self:
        """Make a member whose value is the name alone."""
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.setting = setting
        kind.read = read
        return kind


KIND_IN = {s.setting: kind for s in SPECS for kind in Kind if kind.setting is s.setting}
"""The kind of the entries in each shared setting, in the order of the rows of the settings."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One thing on a cluster that can be claimed.

    Attributes:
        kind: What it is.
        name: Issuer, audience, kid, map line, user, `role user`, setting name, or fingerprint.
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
        """The setting that holds it, or whose value it is; None for users and memberships."""
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
        owner: organization/project/stack/resource.
        text: What the owner wants written (the JWK, the line, LOGIN or NOLOGIN, a value).
        found: Whether the entry was there before anybody claimed it.
        since: When the owner first claimed it, None until that is stored.
        until: When a key that is no longer published is removed; None while it is wanted.
    """

    entry: Entry
    owner: str
    text: str
    found: bool
    since: datetime | None = field(default=None, compare=False)
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """What the claim tables of a cluster hold.

    Attributes:
        cluster_id: The uuid that names this cluster.
        claims: All live claims of all owners.
        found_texts: What a setting, or `user NAME`, was before its first claim; None for a setting
            that was at its default.
        renames: New name by former name of owners, until a state remembers the new one.
    """

    cluster_id: str
    claims: tuple[Claim, ...] = ()
    found_texts: Mapping[str, str | None] = field(default_factory=dict)
    renames: Mapping[str, str] = field(default_factory=dict)


ClaimRow = tuple[str, str, str, str, bool, datetime]
"""Kind, entry, owner, text, found and since, as stored."""


def read_registry(
    database: str,
    meta: Mapping[str, str],
    claims: Iterable[ClaimRow],
    found_texts: Mapping[str, str | None],
    renames: Mapping[str, str],
    *,
    retiring: Mapping[tuple[str, str], datetime],
) -> Registry | None:
    """Return what the claim tables hold, None if their creation never finished.

    Args:
        database: Where they are; for messages.
        meta: Value by key.
        claims: Rows of the claims.
        found_texts: Text by setting.
        renames: New name by former name.
        retiring: When a retired key is removed, by kid and owner.

    Raises:
        UnsupportedVersion: A newer version of this program made them.
        GuardRefused: They hold something that no version of this program writes.
    """
    version = meta.get("schema_version")
    if version is None:
        return None
    if not re.fullmatch("[0-9]{1,9}", version):
        raise _edited(database, f"the schema_version {shown(version)}")
    if int(version) > SCHEMA_VERSION:
        raise UnsupportedVersion(
            f"the claim tables in database {database} are of version {version}; this program"
            f" knows up to {SCHEMA_VERSION}",
            hint="Another stack runs a newer crdb-sso: upgrade this one. Nothing was written.",
        )
    if "cluster_id" not in meta:
        raise _edited(database, "no cluster_id")
    known = tuple(_claim(database, row, retiring) for row in claims)
    return Registry(meta["cluster_id"], known, found_texts, renames)


def _claim(database: str, row: ClaimRow, retiring: Mapping[tuple[str, str], datetime]) -> Claim:
    kind, name, owner, text, found, since = row
    until = retiring.get((name, owner)) if kind == Kind.KEY.value else None
    try:
        return Claim(Entry(Kind(kind), name), owner, text, found, since, until)
    except ValueError:
        reason = f"a claim of the unknown kind {kind!r} on {name!r} by {owner!r}"
        raise _edited(database, reason) from None
    except InvalidInput:
        raise _edited(database, f"a claim on the {kind} {name!r} by {owner!r}") from None


def _edited(database: str, what: str) -> GuardRefused:
    return GuardRefused(
        f"the claim tables in database {database} hold {what}, which this program never writes",
        hint="Nothing was written. Somebody edited them by hand: put back what was there.",
    )


def owned(claims: Iterable[Claim], owners: Collection[str]) -> dict[Entry, Claim]:
    """Return the claims of some owners by entry."""
    return {claim.entry: claim for claim in claims if claim.owner in owners}


def of_others(claims: Iterable[Claim], owners: Collection[str]) -> dict[Entry, Claim]:
    """Return one claim for each entry that anybody other than some owners claims."""
    return {claim.entry: claim for claim in claims if claim.owner not in owners}


def names_of(owners: Collection[str], renames: Mapping[str, str]) -> frozenset[str]:
    """Return some owners, with every new name of theirs that no state remembers yet."""
    names = set(owners)
    while not (newer := {now for former, now in renames.items() if former in names}) <= names:
        names |= newer
    return frozenset(names)


def found_key(kind: Kind, name: str = "") -> str:
    """Return the key under which the found text of a setting or a user is stored.

    The keys are stored on the cluster: never change them.
    """
    if kind.setting:
        return kind.setting.value
    return f"{kind.value} {name}" if kind is Kind.USER else name
