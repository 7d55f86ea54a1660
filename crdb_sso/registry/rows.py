"""What the claim tables hold, read as input: a row says what somebody wrote, not what is true.

Everybody who may write the tables may write anything into them. So a row passes the same checks as
what a program gives; one that does not is left alone, and named. It stops nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crdb_sso.crdb import hba
from crdb_sso.crdb.identity_map import MapLine, check_subject
from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.sql_users import LoginState
from crdb_sso.crdb.user_names import check_login_name, check_role_name
from crdb_sso.errors import CrdbSsoError, GuardRefused, InvalidInput, UnsupportedVersion
from crdb_sso.printing import printable
from crdb_sso.registry.claims import SCHEMA_VERSION, Claim, Entry, Kind, Owner, Registry
from crdb_sso.registry.stale_reads import read_written
from crdb_sso.tokens.issuers import Issuer, is_https
from crdb_sso.tokens.jwks import parse_given

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
    if not version.isdecimal() or len(version) > _LONGEST_VERSION:
        raise _edited(database, f"the schema_version {printable(version[:20])!r}")
    if int(version) > SCHEMA_VERSION:
        raise UnsupportedVersion(
            f"the claim tables in database {database} are of version {version}; this program"
            f" knows up to {SCHEMA_VERSION}",
            hint="Another stack runs a newer crdb-sso: upgrade this one. Nothing was written.",
        )
    if "cluster_id" not in rows.meta:
        raise _edited(database, "no cluster_id")
    owners = {
        instance: Owner(instance, name, begun, completed)
        for instance, name, begun, completed in rows.owners
    }
    read = [_claim_or_reason(row, owners, rows.retiring) for row in rows.claims]
    claims = tuple(claim for claim in read if isinstance(claim, Claim))
    unreadable = sorted(reason for reason in read if isinstance(reason, str))
    return Registry(
        rows.meta["cluster_id"],
        claims,
        rows.found_texts,
        owners,
        read_written(rows.meta),
        tuple(unreadable),
    )


_LONGEST_VERSION = 9
"""Digits; Python refuses to read thousands of them."""


def _claim_or_reason(
    row: ClaimRow, owners: Mapping[str, Owner], retiring: Mapping[tuple[str, str], datetime]
) -> Claim | str:
    """Return the claim of a row, or in a line for people why it is left alone."""
    try:
        return _claim(row, owners, retiring)
    except (CrdbSsoError, ValueError) as exc:
        return _left_alone(row, owners, exc)


def _claim(
    row: ClaimRow, owners: Mapping[str, Owner], retiring: Mapping[tuple[str, str], datetime]
) -> Claim:
    kind, name, holder, text, found, since = row
    entry = Entry(Kind(kind), name)
    _check(entry, text)
    until = retiring.get((name, holder)) if entry.kind is Kind.KEY else None
    owner = owners.get(holder)
    if owner is None:
        return Claim(entry, holder, text, found, since, until)
    return Claim(entry, owner.name, text, found, since, until, instance=holder)


def _left_alone(row: ClaimRow, owners: Mapping[str, Owner], exc: Exception) -> str:
    kind, name, holder, *_ = row
    owner = owners[holder].name if holder in owners else holder
    reason = exc.what if isinstance(exc, CrdbSsoError) else f"{kind!r} is not a kind of entry"
    return printable(f"{kind} {name!r}, claimed by {owner}: {reason}")


# the door that a program's input passes too


def _check(entry: Entry, text: str) -> None:
    """Check that a claim says something that this program would write.

    Raises:
        CrdbSsoError: It does not.
    """
    match entry.kind:
        case Kind.ISSUER:
            Issuer(entry.name)
            _require(not text or is_https(text), f"{text!r} is not an https URL")
        case Kind.AUDIENCE:
            _require(bool(entry.name) and text == entry.name, "it says something else")
        case Kind.KEY:
            keys = parse_given(text).text_by_kid()
            _require(list(keys) == [entry.name], "it is not one public JWK with that kid")
        case Kind.LINE:
            _check_line(entry.value)
            _require(text == entry.name, "it says something else")
        case Kind.USER:
            check_login_name(entry.name)
            LoginState(text)
        case Kind.MEMBERSHIP:
            check_role_name(entry.name.partition(" ")[0])
            check_login_name(entry.name.partition(" ")[2])
        case Kind.SETTING:
            _check_scalar(Setting(entry.name), text)
        case _ if entry.kind.setting:
            form = entry.kind.setting.spec.format
            _require(form.is_entry(entry.name, text), "it is the text of another entry")


def _check_line(line: object) -> None:
    _require(isinstance(line, MapLine), "it is not a line of the identity map")
    if isinstance(line, MapLine) and not line.is_closing:
        check_subject(line.subject)
        check_role_name(line.user)


def _check_scalar(setting: Setting, text: str) -> None:
    if setting is Setting.HOST_RULES:
        _require(hba.block_lines(text) is not None, "it is not a block of host-based rules")
        for rule in hba.rules("\n".join(hba.block_lines(text) or ())):
            hba.check_door(hba.Door((rule.users or ("",))[0], rule.address), rule.method)
    keywords = setting.spec.format.keywords
    _require(not keywords or text in keywords, f"{text!r} is not a value of it")


def _require(is_fine: bool, reason: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not is_fine:
        raise InvalidInput(reason, hint="")


def _edited(database: str, what: str) -> GuardRefused:
    return GuardRefused(
        f"the claim tables in database {database} hold {what}, which this program never writes",
        hint="Nothing was written. Somebody edited them by hand: put back what was there.",
    )
