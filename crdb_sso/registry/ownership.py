"""Whose the claim tables are: whoever owns them decides what the runs of others believe.

The rule, in words: database, schema and tables belong to root, to an admin, to the operator, or to
a role that the operator is a member of. Otherwise no row of them is read. Anybody with CREATEDB can
make a database of that name first, and fill it with entries that trust an issuer of their own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crdb_sso.errors import GuardRefused

DATABASE, SCHEMA, TABLE = "database", "schema", "table"
"""What is owned; whatever else has the name of a claim table is of another kind, such as a view."""

_ABOVE_ALL = frozenset({"root", "admin", "node"})


@dataclass(frozen=True, slots=True)
class Owned:
    """The registry database, its schema, or something in it that has the name of a claim table.

    Attributes:
        kind: DATABASE, SCHEMA, TABLE, or the kind of what is not a table.
        name: Its name, without that of the database.
        owner: The SQL user or role; "" if the cluster lists none.
        is_admins: Whether its owner is a member of admin, however indirect.
        is_operators: Whether the operator is its owner, or a member of the role that is.
    """

    kind: str
    name: str
    owner: str
    is_admins: bool = False
    is_operators: bool = False

    @property
    def is_trusted(self) -> bool:
        """Whether nobody but an admin, the operator and their like decides what is in it."""
        return self.owner in _ABOVE_ALL or self.is_admins or self.is_operators


@dataclass(frozen=True, slots=True)
class TakeOver:
    """What an admin takes over.

    Attributes:
        owned: What it is.
        rows: The number of rows of each table.
        grantees: Whoever was granted something on it.
    """

    owned: tuple[Owned, ...]
    rows: Mapping[str, int]
    grantees: frozenset[str] = frozenset()

    @property
    def losers(self) -> tuple[str, ...]:
        """Who can do nothing more with it afterwards: its owners, and whom rights were granted."""
        owners = {each.owner for each in self.owned} - {""}
        return tuple(sorted((owners | self.grantees) - _ABOVE_ALL))


def owned_by_strangers(owned: Iterable[Owned]) -> tuple[Owned, ...]:
    """Return what belongs to somebody whose word does not count."""
    return tuple(each for each in owned if not each.is_trusted)


def check_owners(database: str, owned: Iterable[Owned]) -> None:
    """Check that the word of whoever owns the claim tables counts.

    Raises:
        GuardRefused: A part of them belongs to a stranger; names part and owner.
    """
    strangers = owned_by_strangers(owned)
    if not strangers:
        return
    owners = _listed(sorted({_spoken(each.owner) for each in strangers}))
    raise GuardRefused(
        f"the claims of all stacks are kept in database {database}, and {ownership(strangers)}:"
        " the owner decides what others' runs believe",
        hint="No row was read, and no setting, user or claim was changed. If one of your operators"
        f" made it, have an admin run `crdb-sso init --database {database} --registry-role ROLE`,"
        " which shows what is there, asks, and takes it over; then GRANT ROLE to the operators. If"
        " you don't"
        f" know why {owners} made it, have an admin drop it:"
        f' DROP DATABASE "{database}" CASCADE;',
    )


def check_takeable(database: str, owned: Iterable[Owned]) -> None:
    """Check that an admin can take things over: a view in place of a table is not what we made.

    Raises:
        GuardRefused: One is neither the database, nor its schema, nor a table.
    """
    strange = [each for each in owned if each.kind not in (DATABASE, SCHEMA, TABLE)]
    if strange:
        raise GuardRefused(
            f"in database {database} {ownership(strange)}, where this program makes tables",
            hint="Nothing was read or written. As an admin, find out who made it and why; then"
            f' DROP DATABASE "{database}" CASCADE;',
        )


def ownership(owned: Iterable[Owned]) -> str:
    """Return who owns what: `mallory owns the database, and the tables claims, lease`."""
    by_owner: dict[str, list[Owned]] = {}
    for each in owned:
        by_owner.setdefault(each.owner, []).append(each)
    return "; ".join(
        f"{_spoken(owner)} owns {_listed(_parts(by_owner[owner]))}" for owner in sorted(by_owner)
    )


def _parts(owned: Iterable[Owned]) -> list[str]:
    names: dict[str, list[str]] = {}
    for each in owned:
        names.setdefault(each.kind, []).append(each.name)
    return [_part(kind, sorted(found)) for kind, found in names.items()]


def _part(kind: str, names: list[str]) -> str:
    if kind == DATABASE:
        return "the database"
    if kind == SCHEMA:
        return "its schema"
    return f"the {kind}{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _listed(parts: list[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _spoken(owner: str) -> str:
    return owner or "somebody whom the cluster does not list"
