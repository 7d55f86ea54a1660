"""What the claim tables hold, read as input: a row says what somebody wrote, not what is true.

Everybody who may write the tables may write anything into them. So a row passes the same checks as
what a program gives; one that does not is left alone, and named. It stops nobody. Only the owner
whose state remembers having written it may still release it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.crdb.user_names import check_login_name, check_role_name
from crdb_sso.errors import CrdbSsoError, GuardRefused, InvalidInput, UnsupportedVersion
from crdb_sso.printing import printable, shown
from crdb_sso.registry.acceptances import check_acceptance
from crdb_sso.registry.claims import SCHEMA_VERSION, Claim, Entry, Kind, Owner, Registry
from crdb_sso.registry.stale_reads import read_written

ClaimRow = tuple[str, str, str, str, bool, datetime]
"""Kind, entry, holder, text, found and since, as stored."""

OwnerRow = tuple[str, str, datetime, datetime | None]
"""Uuid, name, begun and completed, as stored."""


@dataclass(frozen=True, slots=True)
class RegistryRows:
    """What the claim tables hold, as stored.

    Attributes:
        meta: Value by key.
        claims: Rows of the claims.
        found_texts: Text by setting, or by `user NAME`.
        owners: Rows of the owners.
        retiring: When a retired key is removed, by kid and holder.
    """

    meta: Mapping[str, str]
    claims: Iterable[ClaimRow] = ()
    found_texts: Mapping[str, str | None] = field(default_factory=dict)
    owners: Iterable[OwnerRow] = ()
    retiring: Mapping[tuple[str, str], datetime] = field(default_factory=dict)


def read_registry(database: str, rows: RegistryRows) -> Registry | None:
    """Return what the claim tables hold, None if their creation never finished.

    Args:
        database: Where they are; for messages.
        rows: What they hold.

    Raises:
        UnsupportedVersion: A newer version of this program made them.
        GuardRefused: Nobody can tell whose they are: `meta` was edited.
    """
    version = rows.meta.get("schema_version")
    if version is None:
        return None
    if not re.fullmatch("[0-9]{1,9}", version):
        raise _edited(database, f"the schema_version {shown(version)}")
    if int(version) > SCHEMA_VERSION:
        raise UnsupportedVersion(
            f"the claim tables in database {database} are of version {version}; this program"
            f" knows up to {SCHEMA_VERSION}",
            hint="Another stack runs a newer crdb-sso: upgrade this one. No setting, user or claim"
            " was changed.",
        )
    if "cluster_id" not in rows.meta:
        raise _edited(database, "no cluster_id")
    owners = {
        instance: Owner(instance, name, begun, completed)
        for instance, name, begun, completed in rows.owners
    }
    sound, flawed, left = [], [], []
    for row in rows.claims:
        claim = _claim(row, owners, rows.retiring)
        if claim is None:
            owner = owners[row[2]].name if row[2] in owners else row[2]
            left.append(_left_alone(row[0], row[1], owner, "there is no such entry"))
        elif flaw := _flaw(claim):
            flawed.append(claim)
            entry = claim.entry
            left.append(_left_alone(entry.kind.value, entry.name, claim.owner, flaw))
        else:
            sound.append(claim)
    return Registry(
        rows.meta["cluster_id"],
        tuple(sound),
        rows.found_texts,
        owners,
        read_written(rows.meta),
        tuple(flawed),
        tuple(sorted(left)),
    )


def _claim(
    row: ClaimRow, owners: Mapping[str, Owner], retiring: Mapping[tuple[str, str], datetime]
) -> Claim | None:
    """Return the claim of a row, None if it claims nothing that there is."""
    kind, name, holder, text, found, since = row
    try:
        entry = Entry(Kind(kind), name)
    except (ValueError, InvalidInput):
        return None
    until = retiring.get((name, holder)) if entry.kind is Kind.KEY else None
    if holder not in owners:
        return Claim(entry, holder, text, found, since, until)
    return Claim(entry, owners[holder].name, text, found, since, until, instance=holder)


def _flaw(claim: Claim) -> str:
    """Return why a claim does not say what this program would write, "" if it does."""
    entry = claim.entry
    try:
        if entry.kind is Kind.USER:
            check_login_name(entry.name)
            LoginState(claim.text)
        elif isinstance(entry.value, Membership):
            check_role_name(entry.value.role)
            check_login_name(entry.value.user)
        elif entry.kind.is_said_only:
            check_acceptance(entry.name, claim.text)
        else:
            setting = entry.setting or Setting(entry.name)
            name = "" if entry.kind is Kind.SETTING else entry.name
            setting.spec.format.check_entry(name, claim.text)
    except CrdbSsoError as exc:
        return exc.what
    except ValueError:
        return "there is no such setting, or login state"
    return ""


def _left_alone(kind: str, name: str, owner: str, reason: str) -> str:
    return printable(f"{kind} {name!r}, claimed by {owner}: {reason}")


def _edited(database: str, what: str) -> GuardRefused:
    return GuardRefused(
        f"the claim tables in database {database} hold {what}, which this program never writes",
        hint="No setting, user or claim was changed. Somebody edited them by hand: put back what"
        " was there.",
    )
